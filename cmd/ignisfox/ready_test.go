package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
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
	at          atomic.Int64
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
		now: func() time.Time { return time.Unix(0, a.at.Load()) }, failed: func() { a.fails.Add(1) },
	}
	return a
}

func TestProbesShareOneQuestion(t *testing.T) {
	a := newAsked()
	var wg sync.WaitGroup
	var fine atomic.Int32
	first := a.current(t.Context()) // under way from here on
	for range 50 {
		wg.Go(func() {
			if a.check(t.Context()) == nil {
				fine.Add(1)
			}
		})
	}
	a.answer <- nil
	wg.Wait()
	<-first.done
	if a.asks.Load() != 1 || fine.Load() != 50 {
		t.Errorf("%d questions, %d good answers", a.asks.Load(), fine.Load())
	}
}

func TestAnAnswerServesForASecond(t *testing.T) {
	a := newAsked()
	go func() { a.answer <- nil }()
	if err := a.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.at.Add(int64(readyFor - 1))
	if err := a.check(t.Context()); err != nil || a.asks.Load() != 1 {
		t.Errorf("%v after %d questions", err, a.asks.Load())
	}
	a.at.Add(1)
	for range 2 { // a bad answer serves those alone who asked
		go func() { a.answer <- errors.New("gone") }()
		if err := a.check(t.Context()); err == nil {
			t.Error("a dead database is called ready")
		}
	}
	go func() { a.answer <- nil }()
	if err := a.check(t.Context()); err != nil {
		t.Errorf("a database that is back: %v", err)
	}
	if a.asks.Load() != 4 || a.fails.Load() != 2 {
		t.Errorf("%d questions, %d failures counted", a.asks.Load(), a.fails.Load())
	}
	a.at.Add(-int64(time.Hour)) // a clock that was set back does not make it last
	go func() { a.answer <- nil }()
	if err := a.check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAProberThatHangsUpIsNoFailureOfTheStore(t *testing.T) {
	a := newAsked()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	a.answer <- nil // the question was not called off
	if err := a.check(t.Context()); err != nil || a.asks.Load() != 1 || a.fails.Load() != 0 {
		t.Errorf("%v, %d questions, %d failures", err, a.asks.Load(), a.fails.Load())
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
