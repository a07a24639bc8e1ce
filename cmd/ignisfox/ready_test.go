package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// asked is a readiness with a database that answers when it is told to.
type asked struct {
	readiness
	asks, fails atomic.Int32
	answer      chan error
}

func newAsked() *asked {
	a := &asked{answer: make(chan error)}
	a.readiness = readiness{
		ping: func(ctx context.Context) error {
			a.asks.Add(1)
			select {
			case err := <-a.answer:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		failed: func() { a.fails.Add(1) },
	}
	return a
}

func TestProbesShareOneQuestion(t *testing.T) {
	a := newAsked()
	first := a.current(t.Context()) // under way from here on
	for range 50 {
		if a.current(t.Context()) != first {
			t.Fatal("two questions at a time")
		}
	}
	a.answer <- nil
	<-first.done
	if a.asks.Load() != 1 || first.err != nil {
		t.Errorf("%d questions, %v", a.asks.Load(), first.err)
	}
}

func TestNoAnswerIsKept(t *testing.T) {
	a := newAsked()
	for _, want := range []error{nil, errors.New("gone"), nil} {
		go func() { a.answer <- want }()
		if err := a.check(t.Context()); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if a.asks.Load() != 3 || a.fails.Load() != 1 {
		t.Errorf("%d questions, %d failures counted", a.asks.Load(), a.fails.Load())
	}
}

func TestAProberThatHangsUpIsNoFailureOfTheStore(t *testing.T) {
	a := newAsked()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	p := a.current(t.Context())
	a.answer <- nil // the question was not called off
	<-p.done
	if p.err != nil || a.asks.Load() != 1 || a.fails.Load() != 0 {
		t.Errorf("%v, %d questions, %d failures", p.err, a.asks.Load(), a.fails.Load())
	}
}

// brokenJobs is a store that takes nothing.
type brokenJobs struct{ ports.Jobs }

var errDisk = errors.New("disk gone")

func (brokenJobs) RecordFetches(context.Context, []target.Fetch) error { return errDisk }
func (brokenJobs) RecordUses(context.Context, []ports.TokenUse) error  { return errDisk }
func (brokenJobs) Sweep(context.Context, time.Time, int) (int, error)  { return 0, errDisk }

type brokenStore struct{ ports.Store }

func (brokenStore) Jobs() ports.Jobs { return brokenJobs{} }

func TestWhatCannotBeStoredBesideRequestsIsCounted(t *testing.T) {
	m := metrics.New("test")
	jobs := watchedStore{brokenStore{}, m.StoreError}.Jobs()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	for _, ctx := range []context.Context{t.Context(), gone, late} { // the second counts for nothing
		if jobs.RecordFetches(ctx, nil) == nil || jobs.RecordUses(ctx, nil) == nil {
			t.Error("a failure is swallowed")
		}
	}
	(&sweeper{jobs: jobs, now: time.Now, log: slog.New(slog.DiscardHandler)}).sweep(t.Context())
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`{during="fetches"} 2`, `{during="uses"} 2`, `{during="sweep"} 1`} {
		if !strings.Contains(w.Body.String(), "ignisfox_store_errors_total"+want) {
			t.Errorf("%s is missing", want)
		}
	}
}
