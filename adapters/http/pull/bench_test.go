package pull_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/target"
)

// To profile: go test -bench . -run '^$' -cpuprofile cpu.out ./adapters/http/pull. The figures that count are those of
// make bench, which takes turns and has its clients apart.

func benchRig(b *testing.B) (*rig, http.Handler, string) {
	b.Helper()
	k := sqlite(b)
	r, _ := keyed(b, k, options{})
	_, tok := r.newTarget("www", target.Settings{})
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	forms := form.New(form.Deps{Store: k.Store, Sealer: k.Sealer})
	p := push.NewPuller(push.PullerDeps{Store: k.Store, Sealer: k.Sealer, Forms: forms, Now: time.Now, Log: log})
	wide := limit.Rate{N: 1_000_000_000, Per: time.Second, Burst: 1_000_000_000}
	return r, pull.New(pull.Deps{Puller: p, ClientRate: wide, TargetRate: wide, Now: time.Now, Log: log}), tok
}

// overTCP sends the request on many connections at once.
func overTCP(b *testing.B, h http.Handler, path, header string, status int) {
	b.Helper()
	s := httptest.NewServer(h)
	defer s.Close()
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + header + "\r\n")
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	before := processor(b)
	defer func() { b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op") }()
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		for pb.Next() {
			if _, err := c.Write(request); err != nil {
				b.Error(err)
				return
			}
			res, err := http.ReadResponse(in, nil)
			if err != nil || res.StatusCode != status {
				b.Error(res, err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
		}
	})
}

// processor answers how much processor time the process has used: on a busy machine it says more than the clock.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bare writes what the first answer was, and nothing more.
func bare(b *testing.B, h http.Handler, path string, headers ...string) http.Handler {
	b.Helper()
	req := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	header, body, status := rec.Header(), rec.Body.Bytes(), rec.Code
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		to := w.Header()
		for k, v := range header {
			to[k] = v
		}
		w.WriteHeader(status)
		if len(body) > 0 {
			_, _ = w.Write(body)
		}
	})
}

func BenchmarkBare(b *testing.B) {
	_, h, tok := benchRig(b)
	path := "/api/push/" + tok + "/fetch?kind=key"
	overTCP(b, bare(b, h, path), path, "", 200)
}

func BenchmarkFetchKey(b *testing.B) {
	_, h, tok := benchRig(b)
	overTCP(b, h, "/api/push/"+tok+"/fetch?kind=key", "", 200)
}

func BenchmarkBare304(b *testing.B) {
	r, h, tok := benchRig(b)
	path := "/api/push/" + tok + "/fetch?kind=key"
	etag := r.fetch(tok, "kind=key").header.Get("Etag")
	overTCP(b, bare(b, h, path, "If-None-Match", etag), path, "If-None-Match: "+etag+"\r\n", 304)
}

func Benchmark304(b *testing.B) {
	r, h, tok := benchRig(b)
	etag := r.fetch(tok, "kind=key").header.Get("Etag")
	overTCP(b, h, "/api/push/"+tok+"/fetch?kind=key", fmt.Sprintf("If-None-Match: %s\r\n", etag), 304)
}

// nowhere throws an answer away.
type nowhere struct{ h http.Header }

func (n nowhere) Header() http.Header         { return n.h }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}

// BenchmarkHandler304 is the handler alone: what it costs beside net/http.
func BenchmarkHandler304(b *testing.B) {
	r, h, tok := benchRig(b)
	etag := r.fetch(tok, "kind=key").header.Get("Etag")
	handlerAlone(b, h, tok, etag)
}

// BenchmarkHandlerKey is the same with a body.
func BenchmarkHandlerKey(b *testing.B) {
	_, h, tok := benchRig(b)
	handlerAlone(b, h, tok, "")
}

func handlerAlone(b *testing.B, h http.Handler, tok, etag string) {
	b.Helper()
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		req := httptest.NewRequest("GET", "/api/push/"+tok+"/fetch?kind=key", nil)
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
		}
		w := nowhere{http.Header{}}
		for pb.Next() {
			clear(w.h)
			h.ServeHTTP(w, req)
		}
	})
}
