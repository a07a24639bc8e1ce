package sqlstore

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"

	"github.com/ignisfox/ignisfox/core/fault"
)

// guard refuses a second transaction inside one that writes. On SQLite, where one connection writes, a second writer would wait
// for itself; on PostgreSQL any could, for a row or for the last connection of the pool; and a reader would not see what the
// open one wrote. The function that is run is given no
// context of ours, so nothing it passes on could carry a mark: the guard knows it by its goroutine. One that hands the
// work to another goroutine and waits is not seen; it ends after patienceLimit.
type guard struct {
	mu   sync.RWMutex
	held map[uint64]struct{}
}

// enter marks the goroutine as writing, when it wants to write, until leave is called. Inner is let in anywhere.
func (g *guard) enter(write, inner bool) (leave func(), err error) {
	if inner {
		return func() {}, nil
	}
	id := goroutine()
	g.mu.RLock()
	_, held := g.held[id]
	g.mu.RUnlock()
	if held {
		return nil, fault.New(fault.Internal, "nested_update", "The server tried to use the database inside an open transaction.")
	}
	if !write {
		return func() {}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held == nil {
		g.held = map[uint64]struct{}{}
	}
	g.held[id] = struct{}{}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.held, id)
	}, nil
}

// goroutine answers the number that a stack trace begins with: "goroutine 18 [running]:".
func goroutine() uint64 {
	var buf [64]byte
	b := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	if i := bytes.IndexByte(b, ' '); i > 0 {
		b = b[:i]
	}
	n, _ := strconv.ParseUint(string(b), 10, 64)
	return n
}
