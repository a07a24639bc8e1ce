package sqlstore

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"

	"github.com/ignisfox/ignisfox/core/fault"
)

// guard refuses a second writing transaction inside an open one. On SQLite, where one connection writes, it would wait for
// itself; on PostgreSQL it could, for a row or for the last connection of the pool. The function that is run is given no
// context of ours, so nothing it passes on could carry a mark: the guard knows it by its goroutine. One that hands the
// work to another goroutine and waits is not seen; it ends after patienceLimit.
type guard struct {
	mu   sync.Mutex
	held map[uint64]struct{}
}

// enter marks the goroutine as writing until leave is called.
func (g *guard) enter() (leave func(), err error) {
	id := goroutine()
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.held[id]; ok {
		return nil, fault.New(fault.Internal, "nested_update", "The server tried to write inside an open transaction.")
	}
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
