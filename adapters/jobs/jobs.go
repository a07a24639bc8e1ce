// Package jobs is the queue of background work: River behind ports.Job, on PostgreSQL and SQLite.
//
// A job is put into the queue in the transaction that has the reason for it, through ports.Tx.Enqueue, and in no other way: nothing
// here inserts on a connection of its own, which on SQLite, where one connection writes, would wait for itself inside a transaction.
// The queue stands on the store's handles and the store puts jobs into the queue, so cmd joins the two while the store is opened:
//
//	var q *jobs.Queue
//	st, err := storage.Open(ctx, storage.Config{…, Queue: func(ctx context.Context, h storage.Handles) (_ storage.Enqueue, err error) {
//		q, err = jobs.New(ctx, jobs.Deps{PostgreSQL: h.Pool, SQLite: h.Writer, Migrate: h.Migrate, Log: log})
//		return q.Insert, err
//	}})
//	err = q.Start(ctx, map[ports.JobKind]ports.Worker{ports.JobReconcile: deploy.Reconcile, …}) // a server; admin commands do without
//	err = q.Stop(ctx)                                                                          // before st.Close
//
// Two jobs of one kind, tenant and object that wait are one, and the earlier time wins. One that runs does not count: whatever comes
// up while it runs is looked at after it. A worker that fails is called again after 1 s, 16 s, 81 s, 256 s and so on (River's back-off,
// the fourth power), ten times at most; a process that dies leaves its jobs to others, who take them after a minute, or to its next
// start on SQLite.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Deps is what a Queue stands on: one of the two databases, both with the schema that storage made.
type Deps struct {
	PostgreSQL *pgxpool.Pool // 4 connections at least, which nobody else needs; one of them listens
	SQLite     *sql.DB       // the pool of the one connection that writes, shared with the store
	// Migrate brings River's tables up to date. Without it others are refused: fault Conflict, code schema_version.
	Migrate bool
	Log     *slog.Logger // nil: nowhere

	Reconcilers int           // how many targets are worked on at a time; 0: 25
	SweepEvery  time.Duration // 0: 15 s
	// Limit is how long a job may take; 0: 45 s. Rescue is after how long a job that has not ended is taken for dead, on PostgreSQL,
	// more than Limit; 0: 60 s.
	Limit, Rescue time.Duration
	// Grace is how long Stop waits for jobs before their contexts end; 0: 5 s.
	Grace time.Duration
}

const (
	maxAttempts = 10
	stopLimit   = 30 * time.Second // of Stop, whatever its context allows
)

// Queue is the queue of one database, seen by one process.
type Queue struct {
	deps   Deps
	engine engine

	mu   sync.Mutex
	stop func(context.Context) error // nil: not started
}

// New makes a queue that jobs can be put into. Start has them done.
func New(ctx context.Context, d Deps) (*Queue, error) {
	d = d.withDefaults()
	q := &Queue{deps: d}
	var err error
	switch {
	case (d.PostgreSQL == nil) == (d.SQLite == nil):
		err = errors.New("jobs: one database is needed")
	case d.PostgreSQL != nil:
		q.engine, err = newPostgres(d)
	default:
		q.engine, err = newSQLite(d)
	}
	if err != nil {
		return nil, err
	}
	if err := q.engine.migrate(ctx, d.Migrate); err != nil {
		return nil, err
	}
	return q, nil
}

func (d Deps) withDefaults() Deps {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	for _, v := range []struct {
		of    *time.Duration
		usual time.Duration
	}{{&d.SweepEvery, 15 * time.Second}, {&d.Limit, 45 * time.Second}, {&d.Rescue, time.Minute}, {&d.Grace, 5 * time.Second}} {
		if *v.of == 0 {
			*v.of = v.usual
		}
	}
	if d.Reconcilers == 0 {
		d.Reconcilers = 25
	}
	return d
}

// Insert puts a job into the queue in the transaction tx, which is open on conn: storage calls it for ports.Tx.Enqueue. When it
// fails the transaction cannot go on.
func (q *Queue) Insert(ctx context.Context, conn *sql.Conn, tx *sql.Tx, j ports.Job) error {
	args, err := argsOf(j)
	if err != nil {
		return err
	}
	if err := q.engine.insert(ctx, conn, tx, args, when{j.At, j.Last}); err != nil {
		return fmt.Errorf("put job %s into the queue: %w", j.Kind, err)
	}
	return nil
}

// Start has jobs done by these workers until Stop; ctx is for the start alone. A kind without a worker is not touched.
func (q *Queue) Start(ctx context.Context, workers map[ports.JobKind]ports.Worker) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stop != nil {
		return errors.New("jobs: started already")
	}
	stop, err := q.engine.start(ctx, q.deps, workers)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "jobs_unavailable", "Background work could not be started. The log says why.")
	}
	q.stop = stop
	return nil
}

// Stop begins no more jobs and waits for those that run, half a minute at most; after Grace their contexts end. What did not come to
// its end is done again by whoever is started next. A queue that was not started, or is stopped, has nothing to stop.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	stop := q.stop
	q.stop = nil
	q.mu.Unlock()
	if stop == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	if err := stop(ctx); err != nil {
		return fmt.Errorf("wait for background work to end: %w", err)
	}
	return nil
}
