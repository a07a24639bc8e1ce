package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/metrics"
)

// scrape answers what Prometheus would read.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	return w.Body.String()
}

func TestWhatIsCountedIsServed(t *testing.T) {
	m := metrics.New("v1.2.3")
	m.Observe("/api/push/fetch", "GET", 200, time.Millisecond)
	m.Observe("/api/push/fetch", "GET", 204, time.Second)
	m.Observe("/api/push/fetch", "GET", 429, time.Millisecond)
	for kind, status := range map[string]int{"key": 200, "cert": 304, "pfx": 404, "chain": 503} {
		m.Fetched(kind, status)
	}
	m.StoreError("ready")
	got := scrape(t, m)
	for _, want := range []string{
		`ignisfox_http_requests_total{method="GET",route="/api/push/fetch",status="2xx"} 2`,
		`ignisfox_http_requests_total{method="GET",route="/api/push/fetch",status="4xx"} 1`,
		`ignisfox_http_request_duration_seconds_count{method="GET",route="/api/push/fetch"} 3`,
		`ignisfox_pull_fetches_total{kind="key",outcome="sent"} 1`,
		`ignisfox_pull_fetches_total{kind="cert",outcome="not_modified"} 1`,
		`ignisfox_pull_fetches_total{kind="pfx",outcome="refused"} 1`,
		`ignisfox_pull_fetches_total{kind="chain",outcome="failed"} 1`,
		`ignisfox_store_errors_total{during="ready"} 1`,
		`version="v1.2.3"`, "go_goroutines ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	for _, path := range []string{"/", "/debug/pprof/", "/metrics/x"} {
		w := httptest.NewRecorder()
		metrics.New("x").Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}
