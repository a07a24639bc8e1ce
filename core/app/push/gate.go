package push

import (
	"context"
	"runtime"
	"sync"
)

// gate answers the store's epoch as it is after the request came in, with one read for all who wait.
//
// A request joins the round that has not begun yet; whatever was committed before it came in is in what that round reads.
type gate struct {
	read func(context.Context) (stamp, error) // bounded by the store; called by one goroutine at a time

	mu   sync.Mutex
	busy bool   // somebody reads
	next *round // to be read next; nil when nobody waits for it
}

// round is one read; at and err are set before done is closed.
type round struct {
	done chan struct{}
	at   stamp
	err  error
}

// stamp is a value of the epoch. The term counts how often the epoch went backwards, as it may when another database
// takes over: values of different terms say nothing about one another.
type stamp struct {
	term  uint64
	epoch int64
}

// before says whether s is older than t.
func (s stamp) before(t stamp) bool {
	return s.term < t.term || s.term == t.term && s.epoch < t.epoch
}

// wait answers a read that began after the call. It takes at most the time of two reads, which the store bounds.
func (g *gate) wait() (stamp, error) {
	g.mu.Lock()
	r := g.next
	if r == nil {
		r = &round{done: make(chan struct{})}
		g.next = r
	}
	if !g.busy {
		g.busy = true
		go g.run()
	}
	g.mu.Unlock()
	<-r.done
	return r.at, r.err
}

// run reads for as long as somebody waits. It belongs to no request, so that none can take the others down with it.
func (g *gate) run() {
	for {
		runtime.Gosched() // requests that are ready to join come first
		g.mu.Lock()
		r := g.next
		g.next = nil
		if r == nil {
			g.busy = false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		r.at, r.err = g.read(context.Background())
		close(r.done)
	}
}
