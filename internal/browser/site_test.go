package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	if victimWanted() {
		victim()
		return
	}
	Main(m)
}

// few is how often tests try that want a wait to end in vain. What they wait for cannot come.
const few = 4

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// site serves pages by their path: HTML, or a script or style by its extension. What is not there is answered 404.
func site(t *testing.T, pages map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range pages {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(path, ".js"):
				w.Header().Set("Content-Type", "text/javascript")
			case strings.HasSuffix(path, ".css"):
				w.Header().Set("Content-Type", "text/css")
			default:
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				body = page(body)
			}
			w.Header().Set("Content-Security-Policy", policy)
			fmt.Fprint(w, body)
		})
	}
	return serve(t, mux)
}

// page makes a faultless document of a body.
func page(body string) string {
	if strings.HasPrefix(body, "<!doctype") {
		return body
	}
	return `<!doctype html><html lang="en"><head><title>A page</title><meta name="viewport" content="width=device-width">` +
		`<link rel="icon" href="data:,"></head><body><main>` + body + `</main></body></html>`
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// sink is a test that fails in memory.
type sink struct {
	testing.TB
	mu       sync.Mutex
	errors   []string
	logs     []string
	cleanups []func()
}

func (s *sink) Helper() {}

func (s *sink) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors = append(s.errors, fmt.Sprintf(format, args...))
}

func (s *sink) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	runtime.Goexit()
}

func (s *sink) Fatal(args ...any) { s.Fatalf("%s", fmt.Sprint(args...)) }

func (s *sink) Logf(format string, args ...any) {
	s.logs = append(s.logs, fmt.Sprintf(format, args...))
}

func (s *sink) Log(args ...any) { s.Logf("%s", fmt.Sprint(args...)) }

func (s *sink) Failed() bool { return len(s.errors) > 0 }

func (s *sink) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// try runs a test to its end, clean-up included, and answers what it failed for.
func try(t *testing.T, test func(testing.TB)) *sink {
	t.Helper()
	s := &sink{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(s.cleanups) {
				f()
			}
		}()
		test(s)
	}()
	<-done
	return s
}

// wantFailure fails when none of the errors holds the text, or when there are more errors than that one.
func (s *sink) wantFailure(t *testing.T, text string) {
	t.Helper()
	if len(s.errors) != 1 || !strings.Contains(s.errors[0], text) {
		t.Errorf("the test failed for %q; want one failure with %q in it", s.errors, text)
	}
}

func (s *sink) wantNone(t *testing.T) {
	t.Helper()
	if len(s.errors) > 0 {
		t.Errorf("the test failed for %q", s.errors)
	}
}
