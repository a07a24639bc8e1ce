package sqlstore

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

const (
	maxPrepared  = 256 // statements kept ready; there are about 150 fixed ones, lists make more
	learnLimit   = 2 * time.Second
	learnTries   = 5
	seenAtOnce   = 4 * maxPrepared
	timesToLearn = 2
)

// pool is a database/sql pool with prepared statements. PostgreSQL's driver keeps its own, SQLite's does not.
type pool struct {
	db       *sql.DB
	prepares bool
	closing  context.Context // ended by close
	stop     context.CancelFunc
	work     sync.WaitGroup // the one that learns

	mu       sync.RWMutex
	ready    map[string]*sql.Stmt
	seen     map[string]int // how often a statement that is not ready was run
	next     []string       // to be prepared when a connection is free
	failed   map[string]int // how often one of next could not be
	learning bool
}

func newPool(db *sql.DB, prepares bool) *pool {
	p := &pool{db: db, prepares: prepares, ready: map[string]*sql.Stmt{}, seen: map[string]int{}, failed: map[string]int{}}
	p.closing, p.stop = context.WithCancel(context.Background())
	return p
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
	if len(p.ready)+len(p.next) >= maxPrepared || len(p.seen) >= seenAtOnce {
		return nil
	}
	if p.seen[q]++; p.seen[q] == timesToLearn {
		p.next = append(p.next, q)
	}
	return nil
}

// learn has what was noted prepared beside: a connection for it may be long in coming, and nobody's answer waits for that. It
// is called when a transaction has given its connection back.
func (p *pool) learn() {
	p.mu.RLock()
	idle := len(p.next) == 0 || p.learning
	p.mu.RUnlock()
	if idle {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.next) == 0 || p.learning || p.closing.Err() != nil {
		return
	}
	p.learning = true
	p.work.Go(p.prepare)
}

// prepare works through what is noted. At the first that fails it leaves the rest to the next call of learn; until then a
// statement works unprepared.
func (p *pool) prepare() {
	ctx, cancel := context.WithTimeout(p.closing, learnLimit)
	defer cancel()
	for {
		p.mu.Lock()
		if len(p.next) == 0 {
			p.learning = false
			p.mu.Unlock()
			return
		}
		q := p.next[0]
		p.next = p.next[1:]
		p.mu.Unlock()

		st, err := p.db.PrepareContext(ctx, q)

		p.mu.Lock()
		if err != nil {
			if p.failed[q]++; p.failed[q] < learnTries {
				p.next = append(p.next, q)
			}
			p.learning = false
			p.mu.Unlock()
			return
		}
		p.ready[q] = st
		delete(p.failed, q)
		p.mu.Unlock()
	}
}

func (p *pool) close() error {
	p.mu.Lock()
	p.stop()
	p.mu.Unlock()
	p.work.Wait()
	return p.db.Close()
}
