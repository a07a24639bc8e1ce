package upload

import (
	"context"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	// maxAtOnce bounds how many bodies are in memory at a time, ofOne how many of one workspace: slow senders of one keep nobody
	// else out. patience is how long one waits for a turn.
	maxAtOnce = 8
	ofOne     = 3
	patience  = 10 * time.Second
)

// turns are given to uploads, before their bodies are read.
type turns struct {
	all   chan struct{}
	mu    sync.Mutex
	lanes map[tenant.ID]*lane
}

// lane holds the turns of one workspace; it is there while somebody is in it.
type lane struct {
	turns chan struct{}
	users int
}

func newTurns() *turns {
	return &turns{all: make(chan struct{}, maxAtOnce), lanes: map[tenant.ID]*lane{}}
}

// enter waits for a turn; leave gives it back. Fault Unavailable, code busy.
func (t *turns) enter(ctx context.Context, id tenant.ID) (leave func(), err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	l := t.lane(id)
	if !take(ctx, l.turns) {
		t.drop(id)
		return nil, busy()
	}
	if !take(ctx, t.all) {
		<-l.turns
		t.drop(id)
		return nil, busy()
	}
	return func() {
		<-t.all
		<-l.turns
		t.drop(id)
	}, nil
}

func take(ctx context.Context, from chan struct{}) bool {
	select {
	case from <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *turns) lane(id tenant.ID) *lane {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lanes[id]
	if l == nil {
		l = &lane{turns: make(chan struct{}, ofOne)}
		t.lanes[id] = l
	}
	l.users++
	return l
}

func (t *turns) drop(id tenant.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.lanes[id]; l != nil {
		if l.users--; l.users == 0 {
			delete(t.lanes, id)
		}
	}
}

func busy() error {
	return fault.New(fault.Unavailable, "busy", "Too many uploads at a time. Try again in a moment.")
}
