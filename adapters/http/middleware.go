package http

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/clientaddr"
	"github.com/ignisfox/ignisfox/adapters/http/logsafe"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/token"
)

// protect puts around next what every request outside the pull API gets: an id, a log line by route template, headers, a
// bounded body, and an answer when something panics.
func (s *Server) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Now()
		requestID := id.New("req", start)
		out := &response{ResponseWriter: w}
		s.headers(out.Header(), requestID)
		defer func() {
			level := slog.LevelInfo
			if out.status >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			took := s.Now().Sub(start)
			if s.Observe != nil {
				s.Observe(routeOf(r), logsafe.Method(r.Method), out.status, took)
			}
			// The template, never the path or the query: those may hold what must not be logged.
			s.Log.LogAttrs(r.Context(), level, "request", slog.String("id", requestID), slog.String("method", logsafe.Method(r.Method)),
				slog.String("route", routeOf(r)), slog.Int("status", out.status), slog.Int64("bytes", out.bytes),
				slog.Duration("took", took), slog.String("addr", clientaddr.Of(r, s.Trusted).String()))
		}()
		defer s.recover(out, r, requestID)
		if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
			problem.Write(out, r, s.Log, fault.New(fault.Malformed, "bad_content_encoding", "Send the body without compression."))
			return
		}
		r.Body = http.MaxBytesReader(out, r.Body, maxBody)
		next.ServeHTTP(out, r)
	})
}

// recover turns a panic into a 500 with an incident id. A deferred call.
func (s *Server) recover(out *response, r *http.Request, requestID string) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so too
		panic(v)
	}
	p := problem.Incident()
	stack := debug.Stack()
	s.Log.ErrorContext(r.Context(), "panic", "incident", p.Incident, "request", requestID, "route", routeOf(r),
		"cause", logsafe.Panic(v), "stack", token.Redact(string(stack)))
	if out.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	if strings.HasPrefix(r.URL.Path, "/api") {
		p.Render(out, r)
		return
	}
	s.Web.Failed(out, r, p)
}

func (s *Server) headers(h http.Header, requestID string) {
	h.Set("X-Request-Id", requestID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.TLS {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// routeOf answers the template that a mux found for r.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

// response remembers what was answered.
type response struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the bytes.
func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
