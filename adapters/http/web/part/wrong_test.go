package part_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestMain(m *testing.M) { browser.Main(m) }

// What the server does with forms, files and timers.
const (
	fine    = "fine"
	breaks  = "breaks"  // 500
	gone    = "gone"    // no answer at all
	refuses = "refuses" // 422
	missing = "missing" // 404
	leads   = "leads"   // to the page for signing in
	stops   = "stops"   // the session is over
)

// shaky is a server that does as it is told.
type shaky struct {
	*webtest.Rig
	mood atomic.Value
}

func raw(html string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error { _, err := io.WriteString(w, html); return err })
}

func drawn(c, children templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error { return c.Render(templ.WithChildren(ctx, children), w) })
}

// face is the page that the tests begin at.
const face = `<h1>Start</h1><a class="btn" href="/dashboard/name" data-dialog>Rename</a> <a class="btn" href="/dashboard/file" data-dialog>Build</a>
<code id="secret">pt_shown_once</code>
<div class="callout" id="strip" hx-get="/dashboard/wait" hx-trigger="every 1s" hx-target="this" hx-swap="outerHTML"><div><b>Waiting</b></div></div>`

// nameForm is a form as the sections draw theirs; plain is one whose answer is a file.
func nameForm(v view.View, to, name string, plain bool, err error) templ.Component {
	fields := templ.Join(
		ui.Field(v, ui.FieldProps{Label: "Name", Name: "name", Value: name, Error: ui.FieldError(err, "name")}),
		ui.CopyButton(v, ui.CopyProps{Label: "Copy it", Text: "it", Words: true}),
	)
	form := ui.Form(v, ui.FormProps{ID: "of-name", Title: "Name it", Action: to, Submit: "Send", Back: "/dashboard", Plain: plain, Error: err})
	return drawn(part.DialogOrPage(v, "Name it", nil), drawn(form, fields))
}

// answer does what the server is told to; done is what it does when all is well.
func (s *shaky) answer(rq *kit.Request, plain bool, done func() error) error {
	switch s.mood.Load() {
	case breaks:
		return io.ErrUnexpectedEOF
	case gone:
		panic(http.ErrAbortHandler)
	case missing:
		return fault.Missing("thing")
	case leads:
		return rq.Go("/sign-in")
	case stops:
		rq.W.Header().Set("HX-Reswap", "none")
		rq.W.WriteHeader(kit.StopPolling)
		return nil
	case refuses:
		err := fault.New(fault.Invalid, "bad_name", "That name is taken.").Field("name", "Choose another.")
		return rq.Render(http.StatusUnprocessableEntity, nameForm(rq.View, rq.URL.Path, rq.Text("name"), plain, err))
	}
	return done()
}

func newShaky(t *testing.T) (*shaky, *browser.Page) {
	t.Helper()
	s := &shaky{}
	s.mood.Store(fine)
	s.Rig = webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
		s.pages(k)
	})
	p := browser.Open(t, s.URL, browser.Options{})
	p.SetCookie(s.As(t, tenant.Editor).Cookie())
	return s, p
}

func (s *shaky) pages(k *kit.Kit) {
	const section = "overview"
	k.Get("/dashboard", section, tenant.OverviewRead, func(rq *kit.Request) error {
		return rq.Render(http.StatusOK, drawn(part.Shell(rq.View, "Start", nil), raw(face)))
	})
	k.Get("/dashboard/wait", section, tenant.OverviewRead, func(rq *kit.Request) error {
		return s.answer(rq, false, func() error { rq.W.WriteHeader(http.StatusNoContent); return nil })
	})
	k.Get("/dashboard/search", section, tenant.OverviewRead, func(rq *kit.Request) error {
		return s.answer(rq, false, func() error { return rq.Render(http.StatusOK, raw("")) })
	})
	for path, plain := range map[string]bool{"/dashboard/name": false, "/dashboard/file": true} {
		k.Get(path, section, tenant.OverviewRead, func(rq *kit.Request) error {
			return s.answer(rq, plain, func() error { return rq.Render(http.StatusOK, nameForm(rq.View, path, "", plain, nil)) })
		})
		k.Post(path, section, tenant.ProfileUpdate, func(rq *kit.Request) error {
			return s.answer(rq, plain, func() error {
				if plain {
					download.Send(rq.W, "it.txt", "text/plain", []byte(rq.Text("name")))
					return nil
				}
				return rq.Go("/dashboard", view.Toast{Text: "Named " + rq.Text("name") + "."})
			})
		})
	}
}

// still turns the timer off, for tests that are not about it.
func still(p *browser.Page) {
	p.Eval("() => document.querySelector('#strip')?.remove()")
}

// noAnswer is what the browser and htmx log of requests that fail.
const noAnswer = `net::ERR_|htmx:(afterRequest|sendError)|Response Status Error Code 500`

// A form that fails says so in itself, with the reference, in words that are true of what may have been done; nothing typed is lost.
func TestAFormThatFailsSaysSoInItself(t *testing.T) {
	s, p := newShaky(t)
	for _, inDialog := range []bool{true, false} {
		place := "#main"
		p.Goto("/dashboard/name")
		if inDialog {
			place = "#dialog"
			p.Goto("/dashboard")
			still(p)
			p.ClickText("link", "Rename")
			p.WaitFor("#dialog[open]")
		}
		p.In(place).Fill("Name", "mail")
		s.mood.Store(breaks)
		p.Expect(http.StatusInternalServerError)
		p.In(place).ClickText("button", "Send")
		p.In(place).WaitText("It is not sure that your change was saved.")
		if ref := p.In(place).Text(`#of-name [role=alert] code`); !strings.HasPrefix(ref, "inc_") {
			t.Errorf("in %s the reference is %q", place, ref)
		}
		p.Accessible()
		s.mood.Store(gone)
		p.In(place).ClickText("button", "Send")
		p.In(place).WaitText("The server did not answer")
		if p.Count("[role=alert]") != 1 || p.Has("#toasts .toast") || p.In(place).Value("Name") != "mail" {
			t.Errorf("in %s: %d alerts, toasts %v, typed %q", place, p.Count("[role=alert]"), p.Has("#toasts .toast"), p.In(place).Value("Name"))
		}
		s.mood.Store(refuses)
		p.Expect(http.StatusUnprocessableEntity)
		p.In(place).ClickText("button", "Send")
		p.In(place).WaitText("That name is taken.")
		if p.Has("[data-wrong]") {
			t.Error("what was wrong before is said still")
		}
		s.mood.Store(fine)
		p.In(place).ClickText("button", "Send")
		p.In("#toasts").WaitText("Named mail.")
	}
	p.AllowConsole(noAnswer)
}

// What opens the dialog says in it that it could not be had, and where it is it can be heard.
func TestTheDialogSaysWhatWentWrongAndIsHeard(t *testing.T) {
	s, p := newShaky(t)
	p.Goto("/dashboard")
	still(p)
	s.mood.Store(gone)
	p.ClickText("link", "Rename")
	p.In("#dialog").WaitText("The server did not answer")
	p.Accessible()
	p.In("#dialog").ClickText("button", "Close")
	p.WaitGone("#dialog[open]")
	s.mood.Store(fine)
	p.ClickText("link", "Rename")
	p.In("#dialog").ClickText("button", "Copy it")
	p.WaitFor("#dialog [role=status]:not(:empty)")
	if got := p.Content("#dialog [role=status]"); got != "Copied" || p.Content("#live") != "" {
		t.Errorf("the dialog says %q, the page behind it %q", got, p.Content("#live"))
	}
	p.AllowConsole(noAnswer)
}

// What nobody pressed opens nothing, takes no page and no toast: the part that asks says itself that it gets no answer.
func TestATimerNeverTakesThePage(t *testing.T) {
	s, p := newShaky(t)
	for _, mood := range []string{missing, leads, stops} {
		s.mood.Store(fine)
		p.Goto("/dashboard")
		s.mood.Store(gone)
		p.In("#strip").WaitText("The server does not answer.")
		if p.Has("#toasts .toast") || p.Has("dialog[open]") || p.Count("#strip [data-note]") != 1 {
			t.Error("it is said elsewhere too, or more than once")
		}
		s.mood.Store(fine)
		p.WaitGone("[data-note]")
		s.mood.Store(mood)
		if mood == missing {
			p.Expect(http.StatusNotFound)
		}
		p.In("#strip").WaitText("This page looks no more")
		p.WaitGone("#strip[hx-get]")
		if p.URL() != "/dashboard" || p.Text("#secret") != "pt_shown_once" || p.Has("#toasts .toast") {
			t.Errorf("%s: the page is %s, and says %q", mood, p.URL(), p.Text("main"))
		}
	}
	p.Accessible()
	p.AllowConsole(noAnswer)
}

// A form whose answer is a file stays the page's form on a page and the dialog's in the dialog, whatever the server says.
func TestAFormForAFileStaysWhatItIs(t *testing.T) {
	s, p := newShaky(t)
	p.Goto("/dashboard/file")
	p.Fill("Name", "mail")
	s.mood.Store(refuses)
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Send")
	p.WaitText("That name is taken.")
	if p.Text("#main h1") != "Name it" || p.Has("#main [data-close]") || p.Value("Name") != "mail" || !p.Has("#main .card-foot") {
		t.Errorf("the page is no page any more: %s", p.Text("#main"))
	}
	p.Accessible()
	s.mood.Store(breaks)
	p.Expect(http.StatusInternalServerError)
	p.ClickText("button", "Send")
	p.WaitFor("#of-name [role=alert] code")
	s.mood.Store(gone)
	p.ClickText("button", "Send")
	p.In("#of-name").WaitText("The server did not answer")
	p.ClickText("link", "Cancel")
	p.WaitURL("/dashboard")
	still(p)
	s.mood.Store(fine)
	p.ClickText("link", "Build")
	p.In("#dialog").Fill("Name", "mail")
	s.mood.Store(refuses)
	p.Expect(http.StatusUnprocessableEntity)
	p.In("#dialog").ClickText("button", "Send")
	p.In("#dialog").WaitText("That name is taken.")
	if p.Text("#dialog h2") != "Name it" || p.Has("#dialog h1") {
		t.Error("the dialog shows what is for a page")
	}
	s.mood.Store(fine)
	if f := p.Download(func() { p.In("#dialog").ClickText("button", "Send") }); string(f.Body) != "mail" {
		t.Errorf("the file is %q", f.Body)
	}
	p.WaitGone("#dialog[open]")
	p.AllowConsole(noAnswer)
}

// The palette says that it found nothing, and that it could not look.
func TestThePaletteSaysThatNothingWasFound(t *testing.T) {
	s, p := newShaky(t)
	p.Goto("/dashboard")
	still(p)
	p.Press("Control+k")
	p.Fill("#palette-q", "nothing is called so")
	p.In("#palette").WaitText("No match")
	p.WaitFor("#palette [role=status]:not(:empty)")
	if got := p.Content("#palette [role=status]"); got != "No match" {
		t.Errorf("it is read as %q", got)
	}
	p.Accessible()
	p.Fill("#palette-q", "settings")
	p.WaitGone("#palette-none:not([hidden])")
	s.mood.Store(gone)
	p.Fill("#palette-q", "mail")
	p.In("#palette").WaitText("The server did not answer")
	if p.Has("#toasts .toast") || p.Sees("#palette-none") {
		t.Error("it is a toast, or said not to be there")
	}
	p.AllowConsole(noAnswer)
}
