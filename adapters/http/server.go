// Package http is the outside face of the server: one listener, and on it the pull API, the REST API, the dashboard and
// two addresses for probes.
//
//	s := http.New(http.Deps{…})
//	go s.HTTP().Serve(listener)
//	s.Drain(); s.HTTP().Shutdown(ctx) // when it ends: /readyz says so before connections are closed
//
// The pull API is handed its requests before anything else here looks at them: no middleware, no log line with its path.
package http

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/core/fault"
)

const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10
	// maxBody bounds every body outside the pull API; the REST API is stricter for each route.
	maxBody      = 8 << 20
	readyTimeout = 3 * time.Second
)

// Deps of New.
type Deps struct {
	Pull    http.Handler                    // /api/push/… and /api/ingest
	API     http.Handler                    // /api/v1/…
	Web     Pages                           // all else
	Ready   func(ctx context.Context) error // nil error: store and sealer can be used
	TLS     bool                            // the browser sees https: HSTS is sent
	Trusted []netip.Prefix                  // proxies whose X-Forwarded-For counts
	Now     func() time.Time
	Log     *slog.Logger
	// Observe, when set, is told of every answer outside the pull API: route template, method ("other" when unknown),
	// status and duration.
	Observe func(route, method string, status int, took time.Duration)
}

// Pages is the dashboard.
type Pages interface {
	http.Handler
	// Failed shows a failure that happened outside of any page of its own.
	Failed(w http.ResponseWriter, r *http.Request, p *problem.Problem)
}

// Server routes and protects. It is safe for concurrent use.
type Server struct {
	Deps
	draining atomic.Bool
	rest     http.Handler
}

// New makes the server.
func New(d Deps) *Server {
	s := &Server{Deps: d}
	s.rest = s.protect(http.HandlerFunc(s.route))
	return s
}

// HTTP answers an http.Server with every timeout set. The caller brings the listener and, when it serves TLS itself, the
// TLS configuration.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}

// Drain makes /readyz answer 503 from now on, so that load balancers send nobody more.
func (s *Server) Drain() { s.draining.Store(true) }

// ServeHTTP parts the pull API from the rest.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if pull.Owns(r.URL.Path) {
		s.Pull.ServeHTTP(w, r)
		return
	}
	s.rest.ServeHTTP(w, r)
}

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	switch p := r.URL.Path; {
	case strings.HasPrefix(p, "/api/v1/"):
		s.API.ServeHTTP(w, r)
	case p == "/healthz":
		s.probe(w, r, s.alive)
	case p == "/readyz":
		s.probe(w, r, s.ready)
	case strings.HasPrefix(p, "/api"):
		problem.NoSuchPath().Render(w, r)
	default:
		s.Web.ServeHTTP(w, r)
	}
}

func (s *Server) alive(context.Context) error { return nil }

func (s *Server) ready(ctx context.Context) error {
	if s.draining.Load() {
		return fault.New(fault.Unavailable, "shutting_down", "The server is shutting down.")
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "not_ready", "The server is not ready.")
	}
	return nil
}

func (s *Server) probe(w http.ResponseWriter, r *http.Request, check func(context.Context) error) {
	r.Pattern = r.URL.Path
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		problem.WrongMethod("GET, HEAD").Render(w, r)
		return
	}
	if err := check(r.Context()); err != nil {
		problem.Write(w, r, s.Log, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}
