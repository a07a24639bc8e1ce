// Package webtest runs sections of the dashboard over the real use cases, for tests that are a browser or act like one.
//
//	r := webtest.New(t, func(k *kit.Kit, r *webtest.Rig) { settings.Register(k, settings.Deps{SignIn: r.SignIn, …}) })
//	kim := r.As(t, tenant.Editor)
//	a := kim.Get("/dashboard/settings/profile")    // a.Status, a.Body, a.Header
//	a = kim.Post("/dashboard/settings/profile", url.Values{"name": {"Kim"}})
//	r.Pass(tenant.FreshFor + time.Second)           // the last proof of identity is now too old
//
// For a real browser give it the cookie: page.SetCookie(kim.Cookie()).
package webtest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/adapters/cron"
	outside "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/static"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

// Rig is a server that runs, with its use cases and a clock that can be moved.
type Rig struct {
	*testkit.Kit
	SignIn    *signin.Service
	Account   *account.Service
	Overview  *overview.Service
	Push      *push.Service
	Ingest    *ingest.Service
	Once      *idempotency.Service
	Device    *testdevice.Device // is what Deploy reaches, and its plugin
	Deploy    *deploy.Service
	Web       *kit.Kit
	URL       string // http://localhost:PORT
	Sections  []view.Section
	passwords *auth.Passwords

	mu  sync.Mutex
	now time.Time
}

// Setup is how a server differs from what tests usually need.
type Setup struct {
	SignUp bool       // anybody may sign up
	Rate   limit.Rate // of tries of one client; none unless given
	// Plugins answers the plugins that there are in the place of the device itself; nil for that.
	Plugins func(d *testdevice.Device) ports.Plugins
}

// New starts a server with the routes that register adds. It is closed when the test ends.
func New(t testing.TB, register func(k *kit.Kit, r *Rig)) *Rig { return NewWith(t, Setup{}, register) }

// NewWith is New for another server.
func NewWith(t testing.TB, o Setup, register func(k *kit.Kit, r *Rig)) *Rig {
	t.Helper()
	files, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	r := &Rig{now: time.Now().UTC().Truncate(time.Second), URL: "http://localhost:" + port}
	r.Kit = testkit.OpenAt(t, testkit.SQLite(t), nil, r.Now)
	r.services(t, o)
	r.Sections = []view.Section{
		{ID: "overview", Title: "Overview", Path: "/dashboard", Icon: "overview", Key: "o"},
		{ID: "settings", Title: "Settings", Path: "/dashboard/settings/profile", Icon: "settings", Group: "Workspace", Key: "s", Docs: "/docs/settings"},
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	r.Web = kit.New(kit.Deps{
		SignIn: r.SignIn, Assets: files.Assets(), BaseURL: r.URL, Once: r.Once, Now: r.Now, Log: log, SignInRate: o.Rate,
		Sections: func(context.Context, signin.Who) ([]view.Section, error) { return r.Sections, nil },
	})
	register(r.Web, r)
	server := &httptest.Server{Listener: listener, Config: outside.New(outside.Deps{Web: pages{r.Web, files}, Now: r.Now, Log: log}).HTTP()}
	server.Start()
	t.Cleanup(server.Close)
	return r
}

func (r *Rig) services(t testing.TB, o Setup) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	r.passwords = auth.NewPasswords(auth.PasswordDeps{Params: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	r.SignIn = signin.New(signin.Deps{
		Store: r.Store, Sealer: r.Sealer, Passwords: r.passwords, Codes: auth.NewOneTimeCodes("Ignisfox"), Passkeys: passkeys(t, r.URL, r.Now), Now: r.Now,
		Log: log, SignUp: o.SignUp,
	})
	r.Account = account.New(account.Deps{Store: r.Store, Sealer: r.Sealer, Passwords: r.passwords, Now: r.Now, Log: log})
	r.Overview = overview.New(overview.Deps{Store: r.Store, Now: r.Now})
	r.Push = push.New(push.Deps{Store: r.Store, Sealer: r.Sealer, Now: r.Now, Log: log, BaseURL: r.URL})
	r.Once = idempotency.New(idempotency.Deps{Store: r.Store, Sealer: r.Sealer, Now: r.Now, Log: log})
	r.Ingest = ingest.New(ingest.Deps{Store: r.Store, Sealer: r.Sealer, Intake: r.Intake, Now: r.Now, Log: log})
	r.Device = testdevice.New(t)
	plugins := ports.Plugins(r.Device)
	if o.Plugins != nil {
		plugins = o.Plugins(r.Device)
	}
	r.Deploy = deploy.New(deploy.Deps{
		Store: r.Store, Sealer: r.Sealer, Forms: r.Forms, Plugins: plugins, Prober: r.Device, Cron: cron.New(), Now: r.Now, Log: log,
	})
}

// Work does one job that is due; false when none is.
func (r *Rig) Work(t testing.TB) bool {
	t.Helper()
	j, ok := r.Queue.Take(r.Now())
	if !ok {
		return false
	}
	workers := map[ports.JobKind]ports.Worker{ports.JobReconcile: r.Deploy.Reconcile, ports.JobFanOut: r.Deploy.FanOut, ports.JobSweep: r.Deploy.Sweep}
	if err := workers[j.Kind](context.Background(), j); err != nil {
		t.Fatalf("%s: %v", j.Kind, err)
	}
	return true
}

// WorkFor does jobs until none is due before d has passed, and has the clock show that time then.
func (r *Rig) WorkFor(t testing.TB, d time.Duration) {
	t.Helper()
	end := r.Now().Add(d)
	for range 1000 {
		if r.Work(t) {
			continue
		}
		at, ok := r.Queue.Next()
		if !ok || at.After(end) {
			r.Pass(end.Sub(r.Now()))
			return
		}
		r.Pass(at.Sub(r.Now()))
	}
	t.Fatal("jobs without end")
}

// Now is the server's clock. It stands still.
func (r *Rig) Now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// Pass moves the clock on.
func (r *Rig) Pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// pages are the routes of a kit with the files they need.
type pages struct {
	*kit.Kit
	files *static.Static
}

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.Path) > len(static.Prefix) && r.URL.Path[:len(static.Prefix)] == static.Prefix {
		p.files.ServeHTTP(w, r)
		return
	}
	p.Kit.ServeHTTP(w, r)
}
