package sshtest

import "sync"

// gate holds back what goes over a wire from a number of bytes on, whichever connection they belong to.
type gate struct {
	mu      sync.Mutex
	armed   bool
	left    int           // bytes that still pass
	holds   bool          // reached is closed
	reached chan struct{} // closed when the first byte is held
	open    chan struct{} // closed when everything may pass
}

func (g *gate) arm(n int64) <-chan struct{} {
	g.letGo()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed, g.holds, g.left = true, false, int(n)
	g.reached, g.open = make(chan struct{}), make(chan struct{})
	return g.reached
}

func (g *gate) letGo() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.armed {
		g.armed = false
		close(g.open)
	}
}

// pass answers how many of n bytes may go on, and what those behind them wait for.
func (g *gate) pass(n int) (now int, open <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.armed {
		return n, nil
	}
	now = min(n, g.left)
	g.left -= now
	if now == n {
		return n, nil
	}
	if !g.holds {
		g.holds = true
		close(g.reached)
	}
	return now, g.open
}

// HoldAfter lets so many more bytes through, those of all connections and both directions counted, and holds the ones after them until
// LetGo, as a network does that stands still. The channel is closed when the first is held.
func (h *Host) HoldAfter(n int64) (reached <-chan struct{}) { return h.wire.gate.arm(n) }

// LetGo ends HoldAfter: what was held goes on, unless Drop has ended its connection.
func (h *Host) LetGo() { h.wire.gate.letGo() }

// Traffic answers how many bytes went over each connection so far, in the order in which they were made.
func (h *Host) Traffic() []int64 {
	h.wire.mu.Lock()
	defer h.wire.mu.Unlock()
	all := make([]int64, len(h.wire.all))
	for i, n := range h.wire.all {
		all[i] = n.Load()
	}
	return all
}
