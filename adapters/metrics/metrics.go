// Package metrics counts what the server does, for Prometheus.
//
//	m := metrics.New(version)
//	web.Deps{…, Observe: m.Observe}; pull.Deps{…, Observe: m.Observe, Fetched: m.Fetched}
//	http.Server{Handler: m.Handler()} // on a listener of its own: there is no sign-in
//
// Labels come from fixed sets (route templates, methods, kinds): never a name, an address or a token.
package metrics

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is the counters of one process. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	fetches  *prometheus.CounterVec
	failures *prometheus.CounterVec
}

// New makes a registry of its own, with the Go runtime, the process and the version in it.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ignisfox_http_requests_total", Help: "Requests answered, by route template, method and status class.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ignisfox_http_request_duration_seconds", Help: "Time to answer a request, by route template and method.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
		fetches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ignisfox_pull_fetches_total", Help: "Authorized fetches by devices, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ignisfox_store_errors_total", Help: "Times the database failed at what is done beside requests, by what for: ready, fetches, uses, sweep.",
		}, []string{"during"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "ignisfox_build_info", Help: "1, with the version as a label.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.fetches, m.failures, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe counts one answered request. route is the template of the route, never the path.
func (m *Metrics) Observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status/100)+"xx").Inc()
	m.duration.WithLabelValues(route, method).Observe(took.Seconds())
}

// Fetched counts one authorized fetch of a device.
func (m *Metrics) Fetched(kind string, status int) {
	m.fetches.WithLabelValues(kind, outcomeOf(status)).Inc()
}

func outcomeOf(status int) string {
	switch {
	case status == http.StatusOK:
		return "sent"
	case status == http.StatusNotModified:
		return "not_modified"
	case status >= http.StatusInternalServerError:
		return "failed"
	}
	return "refused"
}

// StoreError counts a time the database failed at what is done beside requests; during is a fixed word.
func (m *Metrics) StoreError(during string) { m.failures.WithLabelValues(during).Inc() }

// Handler serves /metrics and nothing else.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}
