package kit_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	outside "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// journal keeps what was logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(b) }
func (j *journal) String() string              { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

// server is a kit of its own behind the outside face, over the people of a rig: its base URL, limits and routes can be any.
type server struct {
	http.Handler
	host string
	log  *journal
}

type config struct {
	base  string
	host  string // that browsers name; that of base unless given
	rate  limit.Rate
	ups   limit.Rate // of sign-ups
	extra func(k *kit.Kit)
}

func serve(t *testing.T, r *webtest.Rig, c config) *server {
	t.Helper()
	s := &server{log: &journal{}, host: c.host}
	if s.host == "" {
		_, s.host, _ = strings.Cut(c.base, "://")
	}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	k := kit.New(kit.Deps{
		SignIn: r.SignIn, BaseURL: c.base, Now: r.Now, Log: log, SignInRate: c.rate, SignUpRate: c.ups,
		Sections: func(context.Context, core.Who) ([]view.Section, error) { return r.Sections, nil },
	})
	signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: c.base})
	if c.extra != nil {
		c.extra(k)
	}
	s.Handler = outside.New(outside.Deps{Web: k, Now: r.Now, Log: log, TLS: strings.HasPrefix(c.base, "https:")})
	return s
}

// ask is one request; header is name and value in turns.
func (s *server) ask(method, path, body string, header ...string) *httptest.ResponseRecorder {
	return s.askFrom("192.0.2.1:1234", method, path, body, header...)
}

// askFrom is ask from another place.
func (s *server) askFrom(addr, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = addr
	r.Host = s.host
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// local is a rig with pages for the tests of the kit beside those of signing in.
func local(t *testing.T) *webtest.Rig {
	t.Helper()
	return webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
		pages(k)
	})
}

// pages are routes of every sort.
func pages(k *kit.Kit) {
	page := func(rq *kit.Request) error { return rq.Render(http.StatusOK, part.Shell(rq.View, "Page", nil)) }
	k.Get("/dashboard", "overview", tenant.OverviewRead, page)
	k.Get("/dashboard/things/{id}", "overview", tenant.GroupRead, page)
	k.Get("/dashboard/fresh", "overview", tenant.GroupDelete, page)
	k.Post("/dashboard/fresh", "overview", tenant.GroupDelete, func(rq *kit.Request) error {
		return rq.Go("/dashboard", view.Toast{Text: "Done: " + rq.Text("name")})
	})
	k.Post("/dashboard/only-post", "overview", tenant.GroupDelete, func(rq *kit.Request) error { return rq.Go("/dashboard") })
	k.Poll("/dashboard/poll", "overview", tenant.OverviewRead, func(rq *kit.Request) error {
		rq.W.WriteHeader(http.StatusNoContent)
		return nil
	})
	k.Get("/dashboard/owners", "overview", tenant.TenantUpdate, page)
	k.Post("/dashboard/echo", "overview", tenant.ProfileUpdate, func(rq *kit.Request) error {
		rq.W.Header().Set("Content-Type", "text/plain")
		_, err := io.WriteString(rq.W, "got "+rq.Text("name"))
		return err
	})
	k.Get("/dashboard/panic", "overview", tenant.ProfileRead, func(*kit.Request) error { panic("PANICTEXT") })
	k.Get("/dashboard/broken", "overview", tenant.ProfileRead, func(*kit.Request) error { return io.ErrUnexpectedEOF })
	k.Get("/dashboard/once", "overview", tenant.ProfileRead, func(rq *kit.Request) error {
		return rq.RenderSecret(http.StatusOK, part.Shell(rq.View, "Page", nil))
	})
}
