package kit

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/adapters/http/clientaddr"
	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// maxForm bounds the body of a form. Uploads have bounds of their own.
const maxForm = 1 << 20

// ServeHTTP answers a request to a page: also where there is none.
func (k *Kit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.headers(w.Header())
	h, pattern := k.mux.Handler(r)
	if pattern == "" {
		k.nothing(w, r, h)
		return
	}
	if err := k.origins.Check(r); err != nil {
		k.fail(k.request(w, r), fault.Wrap(err, fault.Forbidden, "cross_origin", "This form was sent from another site, so nothing was done. Open the page here and try again."))
		return
	}
	// A form that asks for a page and has nothing to send leaves a question mark behind its address.
	if r.Method == http.MethodGet && r.URL.ForceQuery && strings.HasPrefix(r.URL.Path, "/dashboard") {
		http.Redirect(w, r, r.URL.EscapedPath(), http.StatusSeeOther)
		return
	}
	k.mux.ServeHTTP(w, r)
}

// nothing answers where the mux has no route: a redirect to the clean path, a wrong method, or not found.
func (k *Kit) nothing(w http.ResponseWriter, r *http.Request, h http.Handler) {
	rq := k.request(w, r)
	rq.View.Path = "" // it is no page of ours, and nothing leads back to it
	_ = rq.identify() // signed in or not: the page is not there
	said := unsent{}
	h.ServeHTTP(said, r)
	if allow := said.Header().Get("Allow"); allow != "" {
		k.show(rq, problem.WrongMethod(allow))
		return
	}
	k.fail(rq, fault.New(fault.NotFound, "not_found", "There is nothing at this address. It may have been deleted, or the link is wrong."))
}

// unsent is an answer of the mux that only its headers are wanted of.
type unsent http.Header

func (u unsent) Header() http.Header       { return http.Header(u) }
func (unsent) Write(b []byte) (int, error) { return len(b), nil }
func (unsent) WriteHeader(int)             {}

// guard stands before every route.
func (k *Kit) guard(route Route, h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rq := k.request(w, r)
		rq.route = route
		if err := rq.admit(); err != nil {
			if !errors.Is(err, answered) {
				k.fail(rq, err)
			}
			return
		}
		err := h(rq)
		if tenant.NotProved(err) { // what the row is decides: a page of this route may do without
			err = rq.askToConfirm(err)
		}
		if err != nil && !errors.Is(err, answered) {
			k.fail(rq, err)
		}
	}
}

// StopPolling is the status that has htmx ask no more.
const StopPolling = 286

const signOutPath = "/sign-out"

// answered says that the guard has answered the request itself.
var answered = errors.New("answered")

// admit finds out who asks and whether they may.
func (rq *Request) admit() error {
	if rq.kit.entrance(rq.route) && rq.overheard() {
		return rq.needsHTTPS()
	}
	if err := rq.throttle(); err != nil {
		return err
	}
	if rq.route.Action == tenant.Open {
		return rq.admitAnybody()
	}
	if err := rq.identify(); err != nil {
		return rq.signedOut(err)
	}
	if err := rq.plain(); err != nil {
		return err
	}
	if rq.Who.Must != "" && !rq.route.Unfinished {
		return rq.unfinished()
	}
	if err := rq.readForm(); err != nil {
		return err
	}
	if err := rq.fromHere(); err != nil {
		if rq.route.Poll {
			return rq.stopPolling()
		}
		return err
	}
	if err := rq.Who.Allow(rq.route.Action); err != nil && !rq.keeps(err) {
		if tenant.NotProved(err) {
			return rq.askToConfirm(err)
		}
		return err
	}
	return rq.sections()
}

// admitAnybody lets everybody in, and recognises those who are signed in.
func (rq *Request) admitAnybody() error {
	err := rq.identify()
	if err != nil && fault.KindOf(err) != fault.Unauthenticated {
		return err
	}
	if err := rq.plain(); err != nil {
		return err
	}
	if err == nil && rq.Who.Must == "" {
		if err := rq.sections(); err != nil {
			return err
		}
	}
	return rq.readForm()
}

// plain refuses ids that no row can have, and texts that no store takes.
func (rq *Request) plain() error {
	if v := rq.PathValue("id"); v != "" && !id.Valid(v) {
		return fault.Missing("thing")
	}
	q, err := url.ParseQuery(rq.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Malformed, "malformed", "The address could not be read. Go back and try again.")
	}
	return storable(q)
}

func storable(values url.Values) error {
	for _, list := range values {
		for _, v := range list {
			if !utf8.ValidString(v) || strings.Contains(v, "\x00") {
				return fault.New(fault.Malformed, "malformed", "What was sent holds bytes that are no text.")
			}
		}
	}
	return nil
}

func (rq *Request) throttle() error {
	if !rq.route.Throttled {
		return nil
	}
	if ok, wait := rq.kit.clients.Take(limit.Client(rq.Addr), rq.kit.Now()); !ok {
		f := fault.New(fault.RateLimited, "rate_limited", "Too many tries from this address. Wait a moment and try again.")
		f.RetryAfter = wait
		return f
	}
	return nil
}

// identify reads the session. Without one it is fault Unauthenticated, and the request is that of a stranger.
func (rq *Request) identify() error {
	cookie, err := rq.Cookie(rq.kit.sessionName())
	if err != nil || rq.overheard() {
		return fault.New(fault.Unauthenticated, "signed_out", "Sign in first.")
	}
	rq.cookie = secret.NewString(cookie.Value)
	authenticate := rq.kit.SignIn.Authenticate
	if rq.route.Poll {
		authenticate = rq.kit.SignIn.Glance
	}
	who, err := authenticate(rq.Context(), rq.cookie, rq.Addr)
	if err != nil {
		return err
	}
	if who.Previous && rq.Method != http.MethodGet && rq.Method != http.MethodHead && rq.URL.Path != signOutPath {
		return fault.New(fault.Unauthenticated, "signed_out", "Ask again: your cookie was just renewed.")
	}
	rq.recognise(who)
	return nil
}

// signedOut sends people to the sign-in page, and from there back to where they wanted to go.
func (rq *Request) signedOut(err error) error {
	if fault.KindOf(err) != fault.Unauthenticated {
		return err
	}
	if rq.route.Poll {
		return rq.stopPolling()
	}
	if rq.Method == http.MethodPost && rq.URL.Path == signOutPath { // it was over already
		rq.SignedOut()
	}
	to := "/sign-in"
	if next := rq.comeBack(); next != "" && next != "/dashboard" {
		to += "?next=" + url.QueryEscape(next)
	}
	if err := rq.Go(to); err != nil {
		return err
	}
	return answered
}

// stopPolling has the page ask no more. What it shows, perhaps for this once, stays.
func (rq *Request) stopPolling() error {
	rq.W.Header().Set("HX-Reswap", "none")
	rq.W.WriteHeader(StopPolling)
	return answered
}

// unfinished sends people to what they have to do first. Where anybody may sign up, a person who never had a workspace gets
// one here, this once, and asks again.
func (rq *Request) unfinished() error {
	to := "/dashboard/settings/security"
	if rq.Who.Must == signin.MustWorkspace {
		to = "/dashboard/welcome"
		if rq.kit.SignIn.Deps.SignUp && !rq.Who.Person.HadWorkspace {
			_, err := rq.kit.SignIn.Provision(rq.Context(), rq.Who)
			switch {
			case err == nil:
				to = cmp.Or(rq.comeBack(), "/dashboard")
			case fault.CodeOf(err) != "no_workspace": // else another tab was faster, and lost it again
				return err
			}
		}
	}
	if err := rq.Go(to); err != nil {
		return err
	}
	return answered
}

// readForm reads the body of a form.
func (rq *Request) readForm() error {
	if rq.Method != http.MethodPost || rq.route.Upload {
		return nil
	}
	rq.Body = http.MaxBytesReader(rq.W, rq.Body, maxForm)
	if strings.HasPrefix(rq.Header.Get("Content-Type"), "application/json") {
		return nil // passkeys: the handler reads it
	}
	var err error
	if strings.HasPrefix(rq.Header.Get("Content-Type"), "multipart/form-data") {
		err = rq.ParseMultipartForm(maxForm)
	} else {
		err = rq.ParseForm()
	}
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return fault.New(fault.TooLarge, "too_large", "The form is too large. Nothing was stored.")
	case err != nil:
		return fault.New(fault.Malformed, "malformed", "The form did not arrive whole. Go back and try again.")
	}
	return storable(rq.PostForm)
}

// request is that of a stranger, until identify says more.
func (k *Kit) request(w http.ResponseWriter, r *http.Request) *Request {
	rq := &Request{Request: r, W: w, kit: k, Addr: clientaddr.Of(r, k.Trusted)}
	rq.look()
	return rq
}
