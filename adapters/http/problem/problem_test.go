package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/token"
)

func render(err error) (*httptest.ResponseRecorder, string) {
	var log bytes.Buffer
	w := httptest.NewRecorder()
	problem.Write(w, httptest.NewRequest(http.MethodGet, "/", nil), slog.New(slog.NewTextHandler(&log, nil)), err)
	return w, log.String()
}

func TestStatusesAndHeaders(t *testing.T) {
	limited := fault.New(fault.RateLimited, "rate_limited", "Slow down.")
	limited.RetryAfter = 1500 * time.Millisecond
	for _, c := range []struct {
		err    error
		status int
		retry  string
	}{
		{fault.New(fault.Invalid, "x", "X."), 422, ""}, {fault.New(fault.Malformed, "x", "X."), 400, ""},
		{fault.New(fault.Unauthenticated, "x", "X."), 401, ""}, {fault.New(fault.Forbidden, "x", "X."), 403, ""},
		{fault.Missing("x"), 404, ""}, {fault.New(fault.Conflict, "x", "X."), 409, ""}, {fault.New(fault.TooLarge, "x", "X."), 413, ""},
		{limited, 429, "2"}, {fault.New(fault.Unavailable, "x", "X."), 503, "1"}, {&http.MaxBytesError{Limit: 5}, 413, ""},
	} {
		w, _ := render(c.err)
		if w.Code != c.status || w.Header().Get("Retry-After") != c.retry || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%v: %d %v", c.err, w.Code, w.Header())
		}
	}
	w, _ := render(fault.New(fault.Unauthenticated, "x", "Use Authorization: Bearer <api-token> & more."))
	if got := w.Body.String(); got != `{"error":"Use Authorization: Bearer <api-token> & more.","code":"x"}`+"\n" {
		t.Errorf("not as people read it: %s", got)
	}
	w, _ = render(fault.New(fault.Invalid, "bad", "Words.").Field("name", "Advice."))
	if got := strings.TrimSpace(w.Body.String()); got != `{"error":"Words.","code":"bad","fields":{"name":"Advice."}}` {
		t.Error(got)
	}
}

func TestInternalTextStaysInside(t *testing.T) {
	tok, _ := token.New(token.API)
	for _, err := range []error{
		errors.New("sql: SECRETTABLE with " + tok.Reveal()), fault.Wrap(errors.New("SECRETTABLE"), fault.Internal, "odd", "SECRETTABLE odd"),
	} {
		w, log := render(err)
		var p struct{ Code, Incident string }
		if e := json.Unmarshal(w.Body.Bytes(), &p); e != nil || w.Code != 500 || p.Code != "internal" || p.Incident == "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "SECRET") {
			t.Errorf("it came out: %s", w.Body)
		}
		if !strings.Contains(log, p.Incident) || !strings.Contains(log, "SECRETTABLE") || strings.Contains(log, tok.Reveal()) {
			t.Errorf("the log: %s", log)
		}
	}
	if _, log := render(fault.Wrap(errors.New("cause"), fault.Invalid, "x", "X.")); log != "" {
		t.Errorf("a refusal was logged as a failure: %s", log)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	problem.NoSuchPath().Render(w, httptest.NewRequest(http.MethodHead, "/", nil))
	if w.Code != 404 || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAProblemPassesThroughAsItIs(t *testing.T) {
	p := problem.WrongMethod("GET")
	if problem.From(context.Background(), slog.Default(), p) != p || p.GetHeaders().Get("Allow") != "GET" {
		t.Error("changed on the way")
	}
}

// What huma says of a value holds the value; what we say of it does not.
func TestHumasWordsAreReplaced(t *testing.T) {
	problem.Install()
	const value = "-----BEGIN PRIVATE KEY-----"
	for location, want := range map[string]string{
		"body.name": "name", "body.settings.allowed_cidrs[3]": "settings.allowed_cidrs[3]", "query.limit": "limit",
		"body." + value: "", "body.api_AbC": "", "body": "", "body." + strings.Repeat("a", 41): "",
	} {
		err := huma.NewError(422, "validation failed "+value, &huma.ErrorDetail{Location: location, Message: "expected string " + value, Value: secret.Redacted + value})
		b, _ := json.Marshal(err)
		var p struct{ Fields map[string]string }
		_ = json.Unmarshal(b, &p)
		if strings.Contains(string(b), "PRIVATE") || want != "" && p.Fields[want] == "" || want == "" && len(p.Fields) != 0 {
			t.Errorf("%s: %s", location, b)
		}
	}
	for status, want := range map[int]int{400: 400, 413: 413, 415: 400, 406: 406, 408: 400, 422: 422, 500: 500, 502: 500, 0: 500} {
		if got := huma.NewError(status, value).GetStatus(); got != want {
			t.Errorf("%d became %d", status, got)
		}
	}
}
