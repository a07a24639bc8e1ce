// Package kit is what every section of the dashboard stands on: routes that name their permission, the guard before
// them, and one way to answer.
//
//	k := kit.New(kit.Deps{…})
//	k.Get("/dashboard/groups/{id}/rename", "vault", tenant.GroupUpdate, h.renameForm)
//	k.Post("/dashboard/groups/{id}/rename", "vault", tenant.GroupUpdate, h.rename)
//
//	func (h *handlers) rename(rq *kit.Request) error {
//		_, err := h.Vault.ChangeGroup(rq.Context(), rq.Who.Actor, rq.ID(), change)
//		if status, ok := rq.Refused(err); ok {
//			return rq.Render(status, renameForm(rq.View, form, err)) // the same form, with advice under its fields
//		}
//		if err != nil {
//			return err // the guard shows it as a page
//		}
//		return rq.Go("/dashboard/groups/"+rq.ID(), view.Toast{Text: "Group renamed."})
//	}
//
// A handler parses, calls one use case and renders. Before it runs, the guard has found out who asks, asked the policy
// table, and, for what needs it, that the person proved lately who they are.
package kit

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Deps of New.
type Deps struct {
	SignIn   *signin.Service
	Assets   view.Assets
	Sections func(ctx context.Context, who signin.Who) ([]view.Section, error) // that work here and who may see
	BaseURL  string                                                            // decides about cookies
	Once     *idempotency.Service                                              // see Request.Once; nil: a form that is sent again is done again
	Trusted  []netip.Prefix
	Now      func() time.Time
	Log      *slog.Logger
	// SignInRate is how often one client address may try a password, a code or a link; the zero Rate does not limit.
	SignInRate limit.Rate
	// SignUpRate is how often one client address may make an account or a workspace; the zero Rate does not limit.
	SignUpRate limit.Rate
}

// Handler answers one request. An error is shown as a page.
type Handler func(rq *Request) error

// Route is a row of the table that the matrix test goes through.
type Route struct {
	Method  string
	Path    string // template
	Section string // ID; empty for pages that belong to none
	Action  tenant.Action
	Upload  bool
	File    bool // the answer is no page
	// Unfinished routes are open to people who have yet to do something: see signin.Who.Must.
	Unfinished bool
	Throttled  bool
	// AnyView routes take forms of pages of any workspace: what they do is the same from each.
	AnyView bool
	// Keeps routes take forms that are shown again with what was typed when a proof of identity is wanting and no script repeats them:
	// the handler meets tenant.NotProved itself.
	Keeps bool
	// Poll routes are asked by pages that nobody may be looking at: see Kit.Poll.
	Poll bool
}

// Pattern is the route as the mux knows it.
func (r Route) Pattern() string { return r.Method + " " + r.Path }

// Kit holds the routes. It is safe for concurrent use once all are registered.
type Kit struct {
	Deps
	mux     *http.ServeMux
	list    []Route
	doors   map[string]bool // paths of throttled routes
	secure  bool            // the browser sees https
	origins *http.CrossOriginProtection
	clients *limit.Keyed[netip.Addr]
	tries   *tries
}

// New makes a Kit without routes.
func New(d Deps) *Kit {
	k := &Kit{
		Deps: d, mux: http.NewServeMux(), doors: map[string]bool{}, secure: isHTTPS(d.BaseURL), origins: http.NewCrossOriginProtection(),
		clients: limit.New[netip.Addr](d.SignInRate, limit.DefaultKeys), tries: newTries(d.SignUpRate),
	}
	// A proxy may hand on another Host; the address people use is known all the same. New checked it.
	_ = k.origins.AddTrustedOrigin(d.BaseURL)
	return k
}

// Get registers a page. It needs a signed-in person who may do action.
func (k *Kit) Get(path, section string, action tenant.Action, h Handler) {
	k.register(Route{Method: http.MethodGet, Path: path, Section: section, Action: action}, h)
}

// File registers a GET whose answer is a file: nobody is sent there in the place of a page.
func (k *Kit) File(path, section string, action tenant.Action, h Handler) {
	k.register(Route{Method: http.MethodGet, Path: path, Section: section, Action: action, File: true}, h)
}

// Post registers what changes something.
func (k *Kit) Post(path, section string, action tenant.Action, h Handler) {
	k.register(Route{Method: http.MethodPost, Path: path, Section: section, Action: action}, h)
}

// Keep registers a Post whose form comes again with what was typed, where without our script a proof of identity would cost it.
func (k *Kit) Keep(path, section string, action tenant.Action, h Handler) {
	k.register(Route{Method: http.MethodPost, Path: path, Section: section, Action: action, Keeps: true}, h)
}

// Upload registers a POST whose body the handler reads itself from the request.
func (k *Kit) Upload(path, section string, action tenant.Action, h Handler) {
	k.register(Route{Method: http.MethodPost, Path: path, Section: section, Action: action, Upload: true}, h)
}

// Unfinished registers a route that stays open while signin.Who.Must says that something has to be done first.
func (k *Kit) Unfinished(method, path, section string, action tenant.Action, h Handler) {
	k.register(Route{Method: method, Path: path, Section: section, Action: action, Unfinished: true}, h)
}

// AnyView registers an Unfinished POST that does the same whichever workspace the page was of that it is sent from: signing
// out, changing to another workspace.
func (k *Kit) AnyView(path string, action tenant.Action, h Handler) {
	k.register(Route{Method: http.MethodPost, Path: path, Action: action, Unfinished: true, AnyView: true}, h)
}

// Poll registers what a page asks for again and again by itself. It does not count as use: a tab that was left open does not
// keep a session alive. When the session is over the page stays as it is, and asks no more.
func (k *Kit) Poll(path, section string, action tenant.Action, h Handler) {
	k.register(Route{Method: http.MethodGet, Path: path, Section: section, Action: action, Poll: true}, h)
}

// Open registers a route for everybody, signed in or not.
func (k *Kit) Open(method, path string, h Handler) {
	k.register(Route{Method: method, Path: path, Action: tenant.Open}, h)
}

// Throttled registers an open route at which secrets can be guessed.
func (k *Kit) Throttled(method, path string, h Handler) {
	k.register(Route{Method: method, Path: path, Action: tenant.Open, Throttled: true}, h)
}

func (k *Kit) register(r Route, h Handler) {
	if r.Action == "" {
		panic("kit: " + r.Pattern() + " names no action")
	}
	k.list = append(k.list, r)
	if r.Throttled {
		k.doors[r.Path] = true
	}
	k.mux.HandleFunc(r.Pattern(), k.guard(r, h))
}

// Routes answers every route, in the order of registration.
func (k *Kit) Routes() []Route { return k.list }
