package main

import (
	"context"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/ports"
)

const readyWait = 3 * time.Second // one question to the database

// readiness asks the database whether it can be read, one question at a time for all who want to know: /readyz is open to
// everybody and must not press the database. No answer is kept, so that a database that is gone or back is seen at once.
type readiness struct {
	ping   func(context.Context) error
	failed func() // told once for each question that was answered with an error

	mu  sync.Mutex
	now *pinging // under way; nil when nobody asks
}

// readyOf answers the check behind /readyz.
func readyOf(store ports.Store, m *metrics.Metrics) func(context.Context) error {
	return (&readiness{ping: store.Ping, failed: func() { m.StoreError("ready") }}).check
}

// pinging is a question and, once done is closed, its answer.
type pinging struct {
	done chan struct{}
	err  error
}

// check answers nil when the database can be read. Who hangs up gets the error of ctx; the question goes on for the others.
func (r *readiness) check(ctx context.Context) error {
	p := r.current(ctx)
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// current answers the question under way, or a new one.
func (r *readiness) current(ctx context.Context) *pinging {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = &pinging{done: make(chan struct{})}
		go r.ask(context.WithoutCancel(ctx), r.now)
	}
	return r.now
}

func (r *readiness) ask(ctx context.Context, p *pinging) {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	if p.err = r.ping(ctx); p.err != nil {
		r.failed()
	}
	r.mu.Lock()
	r.now = nil
	r.mu.Unlock()
	close(p.done)
}
