package pull

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/token"
)

// Header values that are always the same. net/http only reads them.
var (
	noStore    = []string{"private, no-store"}
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	typeJSON   = []string{"application/json"}
	typePEM    = []string{"application/x-pem-file"}
	typePFX    = []string{"application/x-pkcs12"}
	challenge  = []string{"Bearer"}
)

// static sets what every answer carries.
func static(h http.Header) {
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
}

// Error bodies that never change. Scripts are written against these texts.
var (
	noPushToken   = body("Missing bearer token. Use Authorization: Bearer <push-token>.", "invalid_token")
	noIngestToken = body("Missing bearer token. Use Authorization: Bearer <ingest-token>.", "invalid_token")
	slowDown      = body(limit.SlowDown, "rate_limited")
	noPath        = body("There is nothing at this address.", "not_found")
	noMethod      = body("This method is not allowed here. See the Allow header.", "method_not_allowed")
	badKind       = body("Ask for one kind: cert, chain, fullchain, key, bundle or pfx, as in ?kind=fullchain.", "bad_kind")
	badGeneration = body("generation must be one whole number from 1 up, as in ?generation=3.", "bad_generation")
)

// body answers the JSON of an error, without advice by fields: devices and pipelines fill in no form.
func body(message, code string) []byte {
	return (&problem.Problem{Message: message, Code: code}).Body()
}

// write answers an error and its status.
func write(w http.ResponseWriter, status int, body []byte) int {
	h := w.Header()
	h["Content-Type"] = typeJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if status == http.StatusUnauthorized {
		h["Www-Authenticate"] = challenge
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return status
}

func tooMany(w http.ResponseWriter, wait time.Duration) int {
	w.Header()["Retry-After"] = []string{limit.Seconds(wait)}
	return write(w, http.StatusTooManyRequests, slowDown)
}

func wrongMethod(w http.ResponseWriter, allow string) int {
	w.Header()["Allow"] = []string{allow}
	return write(w, http.StatusMethodNotAllowed, noMethod)
}

func crashed(w http.ResponseWriter, incident string) int {
	return write(w, http.StatusInternalServerError, body("Handler crashed: "+incident, "internal"))
}

// fail answers err. What is inside of it goes to the log alone.
func (h *Handler) fail(ctx context.Context, w http.ResponseWriter, c call, err error) int {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		if ctx.Err() != nil { // the client went away; nobody reads the answer
			return write(w, http.StatusServiceUnavailable, body("The request was given up.", "cancelled"))
		}
		incident := id.New("inc", c.now)
		h.Log.ErrorContext(ctx, "internal error", "incident", incident, "route", c.route, "cause", token.Redact(err.Error()))
		return crashed(w, incident)
	}
	status := problem.Status(f.Kind)
	if f.Kind == fault.Unavailable {
		w.Header()["Retry-After"] = []string{limit.Seconds(f.RetryAfter)}
		h.Log.WarnContext(ctx, "unavailable", "route", c.route, "code", f.Code, "cause", token.Redact(err.Error()))
	} else {
		h.Log.LogAttrs(ctx, slog.LevelInfo, "refused", slog.String("route", c.route), slog.Int("status", status),
			slog.String("code", f.Code), slog.String("addr", c.from.String()))
	}
	if f.RetryAfter > 0 && f.Kind == fault.RateLimited {
		w.Header()["Retry-After"] = []string{limit.Seconds(f.RetryAfter)}
	}
	return write(w, status, body(f.Message, f.Code))
}
