package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds the statements kept ready; there are about 150 fixed ones, lists make more.
const maxPrepared = 256

// pool is a database/sql pool with prepared statements. PostgreSQL's driver keeps its own, SQLite's does not.
type pool struct {
	db       *sql.DB
	prepares bool

	mu    sync.RWMutex
	ready map[string]*sql.Stmt
	seen  map[string]int // how often a statement that is not ready was run
	next  []string       // to be prepared when a connection is free
}

func newPool(db *sql.DB, prepares bool) *pool {
	return &pool{db: db, prepares: prepares, ready: map[string]*sql.Stmt{}, seen: map[string]int{}}
}

// stmt answers the prepared form of q, nil when there is none. The second time that q is asked for it is noted; it cannot
// be prepared at once, as the one connection that writes is taken by the transaction that asks.
func (p *pool) stmt(q string) *sql.Stmt {
	if !p.prepares {
		return nil
	}
	p.mu.RLock()
	st := p.ready[q]
	p.mu.RUnlock()
	if st != nil {
		return st
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready)+len(p.next) >= maxPrepared || len(p.seen) >= 4*maxPrepared {
		return nil
	}
	if p.seen[q]++; p.seen[q] == 2 {
		p.next = append(p.next, q)
	}
	return nil
}

// learn prepares what was noted. It is called when the transaction has given its connection back. A statement that cannot
// be prepared now stays as it is: it works without.
func (p *pool) learn(ctx context.Context) {
	p.mu.RLock()
	n := len(p.next)
	p.mu.RUnlock()
	if n == 0 {
		return
	}
	p.mu.Lock()
	next := p.next
	p.next = nil
	p.mu.Unlock()
	for _, q := range next {
		st, err := p.db.PrepareContext(ctx, q)
		if err != nil {
			continue
		}
		p.mu.Lock()
		p.ready[q] = st
		p.mu.Unlock()
	}
}

func (p *pool) close() error { return p.db.Close() }
