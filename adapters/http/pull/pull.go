// Package pull is the push-token API and the ingest API: what devices and pipelines call.
//
//	h := pull.New(pull.Deps{Puller: puller, Ingest: ingest, ClientRate: rate, TargetRate: perTarget, …})
//	if pull.Owns(r.URL.Path) { h.ServeHTTP(w, r) } // before any mux, middleware or log
//
// It serves
//
//	GET, HEAD  /api/push/{token}/fetch?kind=…   the token in the path, as the first scripts had it
//	GET, HEAD  /api/push/fetch?kind=…           Authorization: Bearer <push-token>
//	POST       /api/ingest                      Authorization: Bearer <ingest-token>
//
// with or without a slash at the end. Every other answer is {"error":"…","code":"…"}. It is a path of its own because it
// is called far more often than all the rest, and because a raw path of it, which may hold a token, must reach no log.
package pull

import (
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/bearer"
	"github.com/ignisfox/ignisfox/adapters/http/clientaddr"
	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/logsafe"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/token"
)

// The usual limits, as the settings write them.
const (
	DefaultClientRate = "120/min"
	DefaultTargetRate = "60/h,burst=20"
)

// Deps of New. A zero rate means no limit.
type Deps struct {
	Puller     *push.Puller
	Ingest     *ingest.Service
	ClientRate limit.Rate     // for each client address, over all paths here together
	TargetRate limit.Rate     // for each target
	Trusted    []netip.Prefix // proxies whose X-Forwarded-For counts
	Now        func() time.Time
	Log        *slog.Logger
	// Observe, when set, is told of every answer: route template, method ("other" when unknown), status and duration.
	Observe func(route, method string, status int, took time.Duration)
	// Fetched, when set, is told of every authorized fetch that asked for a kind, and how it was answered.
	Fetched func(kind string, status int)
}

// Handler serves both APIs. It is safe for concurrent use.
type Handler struct {
	Deps
	clients *limit.Keyed[netip.Addr]
	targets *limit.Keyed[string]
}

// New makes the handler.
func New(d Deps) *Handler {
	return &Handler{
		Deps:    d,
		clients: limit.New[netip.Addr](d.ClientRate, limit.DefaultKeys),
		targets: limit.New[string](d.TargetRate, limit.DefaultKeys),
	}
}

// Owns says whether the path belongs to this handler.
func Owns(path string) bool {
	return strings.HasPrefix(path, "/api/push/") || path == "/api/push" || strings.TrimRight(path, "/") == "/api/ingest"
}

// The routes, as logs and metrics name them.
const (
	routePath   = "/api/push/{token}/fetch"
	routeBearer = "/api/push/fetch"
	routeIngest = "/api/ingest"
	routeNone   = "none"
)

// routeOf answers the route of a path, and the token that stands in it.
func routeOf(path string) (route, token string) {
	for len(path) > 1 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	if path == routeIngest {
		return routeIngest, ""
	}
	rest, ok := strings.CutPrefix(path, "/api/push/")
	if !ok {
		return routeNone, ""
	}
	if rest == "fetch" {
		return routeBearer, ""
	}
	token, ok = strings.CutSuffix(rest, "/fetch")
	if !ok || token == "" || strings.IndexByte(token, '/') >= 0 {
		return routeNone, ""
	}
	return routePath, token
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, raw := routeOf(r.URL.Path)
	now := h.Now()
	status := h.guarded(w, r, route, raw, now)
	if h.Observe != nil {
		h.Observe(route, logsafe.Method(r.Method), status, h.Now().Sub(now))
	}
	if h.Log.Enabled(r.Context(), slog.LevelDebug) {
		h.Log.LogAttrs(r.Context(), slog.LevelDebug, "pull", slog.String("route", route),
			slog.String("method", logsafe.Method(r.Method)), slog.Int("status", status))
	}
}

// guarded turns a panic into a 500 whose body says no more than an incident id.
func (h *Handler) guarded(w http.ResponseWriter, r *http.Request, route, raw string, now time.Time) (status int) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so too
			panic(v)
		}
		incident := id.New("inc", now)
		h.Log.ErrorContext(r.Context(), "panic", "incident", incident, "route", route, "cause", logsafe.Panic(v),
			"stack", token.Redact(string(debug.Stack())))
		if _, begun := w.Header()["Content-Length"]; begun {
			panic(http.ErrAbortHandler) // half an answer must not look like a whole one
		}
		status = crashed(w, incident)
	}()
	return h.serve(w, r, route, raw, now)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, route, raw string, now time.Time) int {
	static(w.Header())
	from := clientaddr.Of(r, h.Trusted)
	if ok, wait := h.clients.Take(limit.Client(from), now); !ok {
		return tooMany(w, wait)
	}
	switch route {
	case routePath, routeBearer:
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return wrongMethod(w, "GET, HEAD")
		}
		if route == routePath {
			return h.fetch(w, r, call{route: route, token: raw, from: from, now: now})
		}
		raw, ok := bearer.Of(r)
		if !ok {
			return write(w, http.StatusUnauthorized, noPushToken)
		}
		return h.fetch(w, r, call{route: route, token: raw, from: from, now: now})
	case routeIngest:
		if r.Method != http.MethodPost {
			return wrongMethod(w, "POST")
		}
		return h.ingest(w, r, call{route: route, from: from, now: now})
	}
	return write(w, http.StatusNotFound, noPath)
}

// call is what is known of a request when its handler begins.
type call struct {
	route, token string
	from         netip.Addr
	now          time.Time
}
