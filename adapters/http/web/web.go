// Package web is the dashboard: pages that the server draws, over the same use cases as the REST API.
//
//	w, err := web.New(web.Deps{…})
//	mux.Handle("/", w) // /dashboard…, /sign-in, /setup, /static/…
//
// Each section is a package of its own; which of them there are is said in sections.go and nowhere else.
package web

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/static"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/app/vault"
)

// signInRate is how often one client address may try a password, a code or a link.
var signInRate = limit.Rate{N: 30, Per: time.Minute, Burst: 30}

// signUpRate is how often one client address may make an account or a workspace.
var signUpRate = limit.Rate{N: 5, Per: time.Hour, Burst: 5}

// Deps of New.
type Deps struct {
	SignIn   *signin.Service
	Account  *account.Service
	Overview *overview.Service
	Vault    *vault.Service
	Push     *push.Service
	Ingest   *ingest.Service
	Deploy   *deploy.Service      // nil for a server that deploys to nothing: its pages say no word of it
	Once     *idempotency.Service // has a form that shows a secret do its work once; nil for as often as it is sent
	BaseURL  string
	Trusted  []netip.Prefix
	Now      func() time.Time
	Log      *slog.Logger
	Server   Server
	Manual   fs.FS // pages of the manual, *.md; nil for none
}

// Server is what the set-up page tells about the server.
type Server struct {
	Version string
	Engine  string // "SQLite", "PostgreSQL"
	KEK     string // where the key-encryption key lies, as a sentence: "It is the file /var/lib/ignisfox/kek."
}

// Web serves the pages and what they are made of. It is safe for concurrent use.
type Web struct {
	Deps
	kit    *kit.Kit
	static *static.Static
}

// New registers every route. It fails when the assets were not built, and when a page of the manual cannot be drawn.
func New(d Deps) (*Web, error) {
	files, err := static.Load()
	if err != nil {
		return nil, err
	}
	w := &Web{Deps: d, static: files}
	w.kit = kit.New(kit.Deps{
		SignIn: d.SignIn, Assets: files.Assets(), Sections: w.sections, BaseURL: d.BaseURL, Once: d.Once, Trusted: d.Trusted, Now: d.Now,
		Log: d.Log, SignInRate: signInRate, SignUpRate: signUpRate,
	})
	w.register()
	if err := w.registerManual(); err != nil {
		return nil, err
	}
	return w, nil
}

// ServeHTTP answers pages and files.
func (w *Web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/static/") {
		r.Pattern = "/static/"
		w.static.ServeHTTP(out, r)
		return
	}
	w.kit.ServeHTTP(out, r)
}

// Failed shows a failure that happened outside of any page of its own.
func (w *Web) Failed(out http.ResponseWriter, r *http.Request, p *problem.Problem) {
	w.kit.Failed(out, r, p)
}

// Routes answers every route: for the test that holds each against the policy.
func (w *Web) Routes() []kit.Route { return w.kit.Routes() }
