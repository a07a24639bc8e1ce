package kit

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
)

// Request is one request with what the guard found out.
type Request struct {
	*http.Request
	W    http.ResponseWriter
	Who  signin.Who // the zero Who when nobody is signed in
	View view.View
	Addr netip.Addr

	kit    *Kit
	route  Route
	cookie secret.String
	before *repeated // the form was sent before
}

// ID answers the {id} of the path.
func (rq *Request) ID() string { return rq.PathValue("id") }

// Text answers a field of the form, or of the query of a GET, without space around it.
func (rq *Request) Text(name string) string {
	if rq.Method == http.MethodPost {
		return strings.TrimSpace(rq.PostFormValue(name))
	}
	return strings.TrimSpace(rq.URL.Query().Get(name))
}

// Texts answers all values of a field of that name.
func (rq *Request) Texts(name string) []string {
	if rq.Method == http.MethodPost {
		return rq.PostForm[name]
	}
	return rq.URL.Query()[name]
}

// Checked says whether a box of the form is ticked.
func (rq *Request) Checked(name string) bool { return rq.Text(name) != "" }

// Secret answers a field that must not be printed, as it was typed.
func (rq *Request) Secret(name string) secret.String { return secret.NewString(rq.PostFormValue(name)) }

// Visit is the browser that asks.
func (rq *Request) Visit() signin.Visit {
	return signin.Visit{Address: rq.Addr, Agent: rq.UserAgent(), Stay: rq.Checked("stay"), Held: rq.cookie}
}

// Cookie of the session as it was presented.
func (rq *Request) SessionCookie() secret.String { return rq.cookie }

// wantsPage says whether people are shown the answer: a program, and the part of our script that speaks JSON, are not.
func (rq *Request) wantsPage() bool {
	accept := rq.Header.Get("Accept")
	return strings.Contains(accept, "text/html") || rq.View.Script && !strings.Contains(accept, "application/json")
}

// look fills the view with what a stranger's request says: how it wants the page.
func (rq *Request) look() {
	rq.View = view.View{
		Path: rq.here(), Now: rq.kit.Now(), Zone: time.UTC, BaseURL: rq.kit.BaseURL, Assets: rq.kit.Assets, Nonce: nonce(),
		Script: rq.Header.Get("HX-Request") == "true", Dialog: rq.Header.Get("X-Dialog") == "1",
	}
	if c, err := rq.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		rq.View.Theme = c.Value
	}
	if c, err := rq.Cookie(densityCookie); err == nil && c.Value == "compact" {
		rq.View.Compact = true
	}
}

// recognise fills in the person.
func (rq *Request) recognise(who signin.Who) {
	rq.Who = who
	v := &rq.View
	v.SignedIn, v.Actor, v.Person, v.Workspace, v.Dates = true, who.Actor, who.Person, who.Workspace, who.Person.DateFormat
	for _, name := range []string{who.Person.TimeZone, who.Workspace.TimeZone} {
		if zone, err := time.LoadLocation(name); err == nil && name != "" {
			v.Zone = zone
			return
		}
	}
}

// sections fills in the navigation. Fragments have none.
func (rq *Request) sections() error {
	rq.View.Current = rq.route.Section
	if rq.Method == http.MethodGet && !rq.View.Script {
		rq.takeToasts()
	}
	if rq.Who.Must == "" { // else nothing is open yet but what has to be done first
		var err error
		if rq.View.Sections, err = rq.kit.Sections(rq.Context(), rq.Who); err != nil {
			return err
		}
	}
	return rq.findWorkspaces()
}

// findWorkspaces fills in the workspaces of the person, once.
func (rq *Request) findWorkspaces() (err error) {
	if rq.View.Workspaces == nil {
		rq.View.Workspaces, err = rq.kit.SignIn.Workspaces(rq.Context(), rq.Who)
	}
	return err
}
