// Package problem is the one place where an error becomes an HTTP answer.
//
// Every error body of the program is {"error":"plain words","code":"snake_case","fields":{…}}; a 500 carries an
// incident id beside it, by which the cause is found in the log and nowhere else:
//
//	problem.Write(w, r, log, err)          // in a plain handler
//	return nil, problem.From(ctx, log, err) // where huma writes the answer
package problem

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/plainjson"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/token"
)

// Problem is the error body. It satisfies huma's StatusError, HeadersError and ContentTypeFilter.
type Problem struct {
	status     int
	retryAfter time.Duration
	allow      string

	Message  string            `json:"error" doc:"What happened and what to do, in plain words."`
	Code     string            `json:"code" doc:"Stable name of the error, in snake case."`
	Fields   map[string]string `json:"fields,omitempty" doc:"Advice by the name of the field."`
	Incident string            `json:"incident,omitempty" doc:"Only with 500: what to name when asking for help."`
}

// Error is for logs.
func (p *Problem) Error() string { return p.Code + ": " + p.Message }

// GetStatus answers the HTTP status.
func (p *Problem) GetStatus() int { return p.status }

// ContentType answers the type of the body, whatever was negotiated.
func (p *Problem) ContentType(string) string { return "application/json" }

// GetHeaders answers Retry-After and Allow where they belong.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", limit.Seconds(p.retryAfter))
	}
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	return h
}

var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.Malformed: http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.RateLimited: http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// Status answers the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// From answers what err looks like from outside. What is no fault, or a fault of kind Internal, gets an incident id and
// goes to the log; ctx is for that log line alone.
func From(ctx context.Context, log *slog.Logger, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return TooLarge()
	}
	var f *fault.Fault
	if !errors.As(err, &f) || statuses[f.Kind] == 0 {
		return internal(ctx, log, err)
	}
	p = &Problem{status: statuses[f.Kind], Message: f.Message, Code: f.Code, Fields: f.Fields}
	if f.Kind == fault.RateLimited || f.Kind == fault.Unavailable || f.Kind == fault.Conflict {
		p.retryAfter = f.RetryAfter
	}
	if f.Kind == fault.Unavailable {
		p.retryAfter = max(p.retryAfter, time.Second)
		log.WarnContext(ctx, "unavailable", "code", f.Code, "cause", token.Redact(err.Error()))
	}
	return p
}

func internal(ctx context.Context, log *slog.Logger, err error) *Problem {
	p := Incident()
	log.ErrorContext(ctx, "internal error", "incident", p.Incident, "cause", token.Redact(err.Error()))
	return p
}

// Incident answers a 500 with a new incident id. The caller logs what happened under that id.
func Incident() *Problem {
	return &Problem{
		status: http.StatusInternalServerError, Code: "internal", Incident: id.New("inc", time.Now()),
		Message: "Something went wrong on the server. Try again, and give the incident id when you ask for help.",
	}
}

// TooLarge is the answer to a body beyond its limit.
func TooLarge() *Problem {
	return &Problem{
		status: http.StatusRequestEntityTooLarge, Code: "too_large",
		Message: "The request is too large. Nothing of it was stored.",
	}
}

// NoSuchPath is the answer where no route is.
func NoSuchPath() *Problem {
	return &Problem{status: http.StatusNotFound, Code: "not_found", Message: "There is nothing at this address."}
}

// WrongMethod is the answer where the path is known and the method is not; allow lists those that are.
func WrongMethod(allow string) *Problem {
	return &Problem{
		status: http.StatusMethodNotAllowed, Code: "method_not_allowed", allow: allow,
		Message: "This address does not take that method. The header Allow names those it takes.",
	}
}

// Write renders err on w.
func Write(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	From(r.Context(), log, err).Render(w, r)
}

// Body answers p as JSON with a line break behind it.
func (p *Problem) Body() []byte {
	var b bytes.Buffer
	_ = plainjson.Write(&b, p) // strings always encode, and a buffer takes them
	return b.Bytes()
}

// Render writes p on w, without a body for HEAD.
func (p *Problem) Render(w http.ResponseWriter, r *http.Request) {
	body := p.Body()
	h := w.Header()
	for k, v := range p.GetHeaders() {
		h[k] = v
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
