package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/adapters/http/bearer"
	"github.com/ignisfox/ignisfox/adapters/http/clientaddr"
	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// request is what the guard found out, on its way to the handler.
type request struct {
	who  Who
	body []byte
	typ  string // Content-Type
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// guard stands before every route: who asks, how often, may they, and only then the body.
func (a *API) guard(route Route, next http.HandlerFunc) http.HandlerFunc {
	if route.Action == tenant.Open {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		who, err := a.admit(r, route)
		if err != nil {
			if fault.KindOf(err) == fault.Unauthenticated {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			problem.Write(w, r, a.Log, err)
			return
		}
		if err := plainRequest(r); err != nil {
			problem.Write(w, r, a.Log, err)
			return
		}
		leave, err := a.enterUpload(r, route)
		if err != nil {
			problem.Write(w, r, a.Log, err)
			return
		}
		defer leave()
		body, err := readBody(w, r, route)
		if err != nil {
			problem.Write(w, r, a.Log, err)
			return
		}
		defer clear(body)
		req := &request{who: who, body: body, typ: r.Header.Get("Content-Type")}
		a.once(w, r, route, req, next)
	}
}

// admit answers who asks, when they may.
func (a *API) admit(r *http.Request, route Route) (Who, error) {
	addr := clientaddr.Of(r, a.Trusted)
	if ok, wait := a.perClient.Take(limit.Client(addr), a.Now()); !ok {
		return Who{}, limited(wait)
	}
	raw, _ := bearer.Of(r) // no token opens nothing
	who, err := a.Account.Authenticate(r.Context(), raw, addr)
	if err != nil {
		return Who{}, err
	}
	if ok, wait := a.perToken.Take(who.Credential, a.Now()); !ok {
		return Who{}, limited(wait)
	}
	return who, who.Allow(route.Action)
}

// enterUpload bounds how many upload bodies are in memory at a time; leave gives the place back.
func (a *API) enterUpload(r *http.Request, route Route) (leave func(), err error) {
	if !route.Upload {
		return func() {}, nil
	}
	patience := time.NewTimer(uploadWait)
	defer patience.Stop()
	select {
	case a.uploads <- struct{}{}:
		return func() { <-a.uploads }, nil
	case <-patience.C:
	case <-r.Context().Done():
	}
	return nil, fault.New(fault.Unavailable, "busy", "Too many uploads at a time. Try again in a moment.")
}

// readBody reads all of a write's body and puts a reader of it in the place of r.Body.
func readBody(w http.ResponseWriter, r *http.Request, route Route) ([]byte, error) {
	if route.Method == http.MethodGet {
		r.Body = http.NoBody
		return nil, nil
	}
	most := int64(jsonBody)
	if route.Upload {
		most = uploadBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return nil, problem.TooLarge()
		}
		return nil, fault.New(fault.Malformed, "malformed", "The body did not arrive whole.")
	}
	return body, nil
}

// plainRequest refuses ids that no row can have, and queries with bytes that no store takes.
func plainRequest(r *http.Request) error {
	if v := r.PathValue("id"); v != "" && !id.Valid(v) {
		return fault.Missing("thing")
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Malformed, "malformed", "The query could not be read.")
	}
	for _, values := range q {
		for _, v := range values {
			if !storable(v) {
				return fault.New(fault.Malformed, "malformed", "The query holds bytes that are no text.")
			}
		}
	}
	return nil
}

// storable says whether s is text that every store keeps as it is: whole UTF-8 without NUL.
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// validID is asked of ids in bodies, as plainRequest asks it of those in paths.
func validID(s string) bool { return id.Valid(s) }

func limited(wait time.Duration) error {
	f := fault.New(fault.RateLimited, "rate_limited", limit.SlowDown)
	f.RetryAfter = wait
	return f
}
