package main

import (
	"context"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	readyFor  = time.Second     // a good answer serves so long, counted from when its question was asked
	readyWait = 3 * time.Second // one question to the database
)

// readiness asks the database whether it can be read, once for all who want to know at about the same time: /readyz is open
// to everybody and must not press the database. Nobody is told something good that is older than readyFor, but for how long
// the question itself took; a bad answer is not kept, so that a database that is back is seen at once.
type readiness struct {
	ping   func(context.Context) error
	now    func() time.Time
	failed func() // told once for each question that was answered with an error

	mu   sync.Mutex
	last *pinging
}

// readyOf answers the check behind /readyz.
func readyOf(store ports.Store, m *metrics.Metrics) func(context.Context) error {
	return (&readiness{ping: store.Ping, now: clock, failed: func() { m.StoreError("ready") }}).check
}

// pinging is a question and, once done is closed, its answer.
type pinging struct {
	began time.Time
	done  chan struct{}
	err   error
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

// current answers the question under way, or the last while it serves, or a new one.
func (r *readiness) current(ctx context.Context) *pinging {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if p := r.last; p != nil {
		select {
		case <-p.done:
			if age := now.Sub(p.began); p.err == nil && age >= 0 && age < readyFor {
				return p
			}
		default:
			return p
		}
	}
	p := &pinging{began: now, done: make(chan struct{})}
	r.last = p
	go r.ask(context.WithoutCancel(ctx), p)
	return p
}

func (r *readiness) ask(ctx context.Context, p *pinging) {
	defer close(p.done)
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	if p.err = r.ping(ctx); p.err != nil {
		r.failed()
	}
}
