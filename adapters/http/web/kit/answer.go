package kit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// smallest is the size below which a page is not worth compressing.
const smallest = 1024

const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

const features = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), " +
	"midi=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)"

func (k *Kit) headers(h http.Header) {
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Permissions-Policy", features)
}

// Render answers a page, or a fragment, with that status. It is drawn whole before anything is sent.
func (rq *Request) Render(status int, c templ.Component) error {
	page, err := rq.draw(c)
	if err != nil {
		return err
	}
	rq.send(status, page, true)
	return nil
}

// RenderSecret answers a page that shows a secret once: it is not compressed, so that its length tells nothing.
func (rq *Request) RenderSecret(status int, c templ.Component) error {
	page, err := rq.draw(c)
	if err != nil {
		return err
	}
	defer clear(page)
	rq.send(status, page, false)
	return nil
}

// draw answers the page as it is sent: the forms of somebody signed in say whose page they are on.
func (rq *Request) draw(c templ.Component) ([]byte, error) {
	var page bytes.Buffer
	if err := c.Render(rq.Context(), &page); err != nil {
		return nil, err
	}
	if !rq.View.SignedIn {
		return page.Bytes(), nil
	}
	defer clear(page.Bytes()) // it may show a secret
	return marked(page.Bytes(), viewOfWho(rq.Who)), nil
}

func (rq *Request) send(status int, page []byte, compress bool) {
	h := rq.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding, HX-Request, X-Dialog, Cookie")
	if compress && len(page) >= smallest && takesGzip(rq.Header.Values("Accept-Encoding")) {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level is a valid one
		_, _ = z.Write(page)
		_ = z.Close()
		page = b.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(page)))
	rq.W.WriteHeader(status)
	if rq.Method != http.MethodHead {
		_, _ = rq.W.Write(page)
	}
}

// takesGzip reads what the browser says of content codings. One that it gives no weight is not wanted.
func takesGzip(accept []string) bool {
	for one := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		coding, params, _ := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		weight, said := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(params, " ", "")), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !said || err == nil && q > 0
	}
	return false
}

// Go sends the browser to another page of ours. The toasts are shown there.
func (rq *Request) Go(to string, toasts ...view.Toast) error {
	rq.setToasts(append(rq.View.Toasts, toasts...)) // those that this page was to show wait for the next
	if rq.View.Script {
		rq.W.Header().Set("HX-Redirect", to)
		rq.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(rq.W, rq.Request, to, http.StatusSeeOther)
	return nil
}

// Refused says whether err is for the form that was sent: another input would mend it. The form is then drawn again with
// err (ui.FormErrors, ui.FieldError) and that status. It is false for nil, and for what a recent proof of identity would
// mend: the guard asks for that.
func (rq *Request) Refused(err error) (status int, ok bool) {
	var f *fault.Fault
	if !errors.As(err, &f) || tenant.NotProved(err) {
		return 0, false
	}
	switch f.Kind {
	case fault.Invalid, fault.Malformed, fault.Conflict, fault.Forbidden, fault.TooLarge, fault.RateLimited, fault.Unauthenticated:
		if f.RetryAfter > 0 {
			rq.W.Header().Set("Retry-After", limit.Seconds(f.RetryAfter))
		}
		return problem.Status(f.Kind), true
	default:
		return 0, false
	}
}

// fail shows err as a page, or in the dialog.
func (k *Kit) fail(rq *Request, err error) {
	if to := (*moved)(nil); errors.As(err, &to) {
		_ = rq.Go(to.to, to.toasts...)
		return
	}
	if errors.As(err, &rq.before) {
		err = rq.before.fault()
	}
	k.show(rq, problem.From(rq.Context(), k.Log, err))
}

// Failed shows a failure that happened before or outside of a handler: a panic.
func (k *Kit) Failed(w http.ResponseWriter, r *http.Request, p *problem.Problem) {
	k.headers(w.Header())
	k.show(k.request(w, r), p)
}

// show draws what went wrong: as a page, in the dialog, or as JSON for a program.
func (k *Kit) show(rq *Request, p *problem.Problem) {
	rq.W.Header().Add("Vary", "Accept")
	if !rq.wantsPage() {
		p.Render(rq.W, rq.Request)
		return
	}
	for name, values := range p.GetHeaders() {
		rq.W.Header()[name] = values
	}
	status := p.GetStatus()
	if rq.View.SignedIn && rq.View.Sections == nil && status != http.StatusInternalServerError && rq.Who.Must == "" {
		_ = rq.sections() // the page is shown without them when they cannot be had
	}
	shown := part.Problem{Status: status, Text: p.Message, Incident: p.Incident, Change: rq.Method != http.MethodGet && rq.Method != http.MethodHead}
	if status >= http.StatusInternalServerError || status == http.StatusMethodNotAllowed {
		shown.Text = "" // the page has better words for it
	}
	if p.Code == codeOtherView {
		shown = rq.otherView(shown)
	}
	if rq.before != nil {
		shown = rq.madeBefore(shown)
	}
	if err := rq.Render(status, part.ErrorPage(rq.View, shown)); err != nil {
		k.Log.ErrorContext(rq.Context(), "error page not drawn", "cause", err)
		p.Render(rq.W, rq.Request)
	}
}

// moved is an error that sends the browser elsewhere.
type moved struct {
	to     string
	toasts []view.Toast
}

func (*moved) Error() string { return "moved" }

// Elsewhere answers an error that sends the browser to another page of ours.
func Elsewhere(to string, toasts ...view.Toast) error { return &moved{to, toasts} }
