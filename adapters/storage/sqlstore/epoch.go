package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strconv"
	"sync"
	"time"
)

// epochTimeout is how long one read may take; whoever waits for it is answered 503 then.
const epochTimeout = 5 * time.Second

// freshTries is how many connections that turn out to be dead are replaced at once: a few more than the side pool has.
const freshTries = 4

// epoch reads the counter on a connection of its own, past database/sql. Reads of one Store follow one another; a gate
// shares each among all who wait.
type epoch struct {
	db   *sql.DB
	read func(ctx context.Context, conn any) (func(context.Context) (int64, error), error)

	mu   sync.Mutex
	conn *sql.Conn
	next func(context.Context) (int64, error)
	done bool
}

// Epoch implements ports.Store. After an error the connection is thrown away and the next call takes another. One that fails at
// its first use was dead in the pool and tells nothing about the database: another is tried at once.
func (s *Store) Epoch(ctx context.Context) (int64, error) {
	e := &s.epoch
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for try := 0; ; try++ {
		fresh := e.next == nil
		v, err := e.value(ctx)
		if err == nil {
			return v, nil
		}
		e.drop()
		if !fresh || try == freshTries || e.done || ctx.Err() != nil {
			return 0, unavailable(err)
		}
	}
}

func (e *epoch) value(ctx context.Context) (v int64, err error) {
	if e.done {
		return 0, sql.ErrConnDone
	}
	ctx, cancel := context.WithTimeout(ctx, epochTimeout)
	defer cancel()
	if e.conn == nil {
		if e.conn, err = e.db.Conn(ctx); err != nil {
			return 0, err
		}
		e.next = nil
	}
	err = e.conn.Raw(func(c any) error {
		if e.next == nil {
			if e.next, err = e.read(ctx, c); err != nil {
				return err
			}
		}
		v, err = e.next(ctx)
		return err
	})
	return v, err
}

// drop closes the connection for good rather than giving it back to the pool.
func (e *epoch) drop() {
	if e.conn != nil {
		_ = e.conn.Raw(func(any) error { return driver.ErrBadConn })
		_ = e.conn.Close()
	}
	e.conn, e.next = nil, nil
}

func (e *epoch) stop() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done = true
	if e.conn == nil {
		return nil
	}
	err := e.conn.Close()
	e.conn, e.next = nil, nil
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

func parseInt(b []byte) (int64, error) { return strconv.ParseInt(string(b), 10, 64) }
