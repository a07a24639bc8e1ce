// Package whole runs the dashboard as the program does, with every section that works, for tests that go from one to another.
//
//	s := whole.New(t)
//	p := browser.Open(t, s.URL, browser.Options{})
//	p.SetCookie(s.As(t, tenant.Editor).Cookie())
//	p.Goto("/dashboard")
//
// It stands on the services and the clock of a webtest.Rig. The API for devices and pipelines is not served.
package whole

import (
	"log/slog"
	"net"
	"net/http/httptest"
	"testing"

	outside "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/web"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/docs"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// Site is a server with the whole dashboard.
type Site struct {
	*webtest.Rig // its URL is that of this server
	Dashboard    *web.Web
}

// New starts the server. It is closed when the test ends.
func New(t testing.TB) *Site {
	t.Helper()
	r := webtest.New(t, func(*kit.Kit, *webtest.Rig) {})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	r.URL = "http://localhost:" + port
	log := slog.New(slog.DiscardHandler)
	w, err := web.New(web.Deps{
		SignIn: r.SignIn, Account: r.Account, Overview: r.Overview, Vault: r.Vault, Push: r.Push, Ingest: r.Ingest, Deploy: r.Deploy, Once: r.Once,
		BaseURL: r.URL, Now: r.Now, Log: log, Server: web.Server{Version: "test", Engine: "SQLite", KEK: "It is a file of the test."}, Manual: docs.Pages,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: outside.New(outside.Deps{Web: w, Now: r.Now, Log: log}).HTTP()}
	server.Start()
	t.Cleanup(server.Close)
	return &Site{Rig: r, Dashboard: w}
}
