package http_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	web "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
)

type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(b) }
func (j *journal) String() string              { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

type setup struct {
	server *web.Server
	url    string
	log    *journal
	ready  error
}

func start(t *testing.T, api http.HandlerFunc, tls bool) *setup {
	t.Helper()
	s := &setup{log: &journal{}}
	s.server = web.New(web.Deps{
		Pull: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Pull", r.URL.Path)
			if w.Header().Get("X-Request-Id") != "" {
				t.Error("a middleware came before the pull API")
			}
		}),
		API: api, Web: kit.New(kit.Deps{BaseURL: "http://localhost", Now: time.Now, Log: slog.New(slog.DiscardHandler)}), Ready: func(context.Context) error { return s.ready }, TLS: tls, Now: time.Now,
		Log: slog.New(slog.NewJSONHandler(s.log, nil)),
	})
	srv := httptest.NewUnstartedServer(s.server)
	srv.Config = s.server.HTTP()
	srv.Start()
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

func (s *setup) get(t *testing.T, path string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestProbes(t *testing.T) {
	s := start(t, nil, false)
	for _, p := range []string{"/healthz", "/readyz"} {
		if r, body := s.get(t, p); r.StatusCode != 200 || body != "ok\n" {
			t.Errorf("%s: %d %s", p, r.StatusCode, body)
		}
	}
	s.ready = errors.New("SECRET of the store")
	if r, body := s.get(t, "/readyz"); r.StatusCode != 503 || !strings.Contains(body, `"not_ready"`) || strings.Contains(body, "SECRET") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	if r, _ := s.get(t, "/healthz"); r.StatusCode != 200 {
		t.Error("alive, though not ready")
	}
	s.ready = nil
	s.server.Drain()
	if r, body := s.get(t, "/readyz"); r.StatusCode != 503 || !strings.Contains(body, `"shutting_down"`) {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

func TestThePullAPIIsHandedItsRequestsUntouched(t *testing.T) {
	s := start(t, nil, true)
	for _, p := range []string{"/api/push/pt_TOKEN/fetch", "/api/push/fetch", "/api/push//x/../fetch", "/api/ingest"} {
		if r, _ := s.get(t, p); r.Header.Get("X-Pull") != p {
			t.Errorf("%s came as %q", p, r.Header.Get("X-Pull"))
		}
	}
	if log := s.log.String(); strings.Contains(log, "pt_TOKEN") || strings.Contains(log, "request") {
		t.Errorf("logged: %s", log)
	}
}

func TestNothingElseIsThere(t *testing.T) {
	s := start(t, nil, false)
	for _, p := range []string{"/", "/api", "/api/", "/api/v2/x", "/api/pushx", "/apix", "/debug/pprof/"} {
		r, body := s.get(t, p)
		if r.StatusCode != 404 || !strings.HasPrefix(body, `{"error":`) {
			t.Errorf("%s: %d %s", p, r.StatusCode, body)
		}
	}
	r, body := s.get(t, "/some/page", "Accept", "text/html,*/*")
	if r.StatusCode != 404 || !strings.Contains(body, "<h1>") || strings.Contains(body, "some") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	s := start(t, nil, true)
	r, _ := s.get(t, "/healthz")
	for k, v := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if r.Header.Get(k) != v {
			t.Errorf("%s: %q", k, r.Header.Get(k))
		}
	}
	if r.Header.Get("X-Request-Id") == "" || !strings.Contains(s.log.String(), r.Header.Get("X-Request-Id")) {
		t.Error("the request id is not in the log")
	}
	plain := start(t, nil, false)
	if r, _ := plain.get(t, "/healthz"); r.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over plain HTTP")
	}
}

func TestAPanicIsAnIncident(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "late") {
			_, _ = w.Write([]byte("half an answer"))
			w.(interface{ Unwrap() http.ResponseWriter }).Unwrap().(http.Flusher).Flush()
		}
		panic("SECRET value")
	}, false)
	r, body := s.get(t, "/api/v1/x")
	if r.StatusCode != 500 || !strings.Contains(body, `"incident":"inc_`) || strings.Contains(body, "SECRET") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
	log := s.log.String()
	if !strings.Contains(log, "inc_") || !strings.Contains(log, "server_test.go") || strings.Contains(log, "SECRET") {
		t.Errorf("log: %s", log)
	}
	resp, err := http.Get(s.url + "/api/v1/late")
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looks like a whole one")
	}
}

func TestBodiesAreBounded(t *testing.T) {
	read := make(chan error, 1)
	s := start(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		read <- err
	}, false)
	resp, err := http.Post(s.url+"/api/v1/x", "text/plain", bytes.NewReader(make([]byte, 9<<20)))
	if err == nil {
		resp.Body.Close()
	}
	if err := <-read; err == nil {
		t.Error("9 MB were read")
	}
}

// A method that a client made up must not reach the log as it is.
func TestMadeUpMethods(t *testing.T) {
	s := start(t, func(http.ResponseWriter, *http.Request) {}, false)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "CANARYMETHOD /api/v1/CANARYPATH HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, c)
	if log := s.log.String(); strings.Contains(log, "CANARY") || !strings.Contains(log, `"method":"other"`) {
		t.Errorf("log: %s", log)
	}
}
