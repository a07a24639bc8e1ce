package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ignisfox/ignisfox/ports"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

type sqlite struct {
	db     *sql.DB
	client *river.Client[*sql.Tx]
	deps   Deps
}

func newSQLite(d Deps) (*sqlite, error) {
	client, err := inserter(riversqlite.New(d.SQLite), d.Log)
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &sqlite{db: d.SQLite, client: client, deps: d}, nil
}

func (s *sqlite) migrate(ctx context.Context, may bool) error {
	if err := up(ctx, riversqlite.New(s.db), may, s.deps.Log); err != nil || !may {
		return err
	}
	if _, err := s.db.ExecContext(ctx, waitingIndex); err != nil {
		return fmt.Errorf("schema of the queue: %w", err)
	}
	return nil
}

func (s *sqlite) insert(ctx context.Context, _ *sql.Conn, tx *sql.Tx, a jobArgs, w when) error {
	return put(ctx, sqlTransaction{s.client, tx}, a, w)
}

// start gives back what a process that is dead was doing: one server works on the file, and it is this one. So nobody leads either.
func (s *sqlite) start(ctx context.Context, d Deps, workers map[ports.JobKind]ports.Worker) (func(context.Context) error, error) {
	if err := s.release(ctx); err != nil {
		return nil, err
	}
	return work(ctx, riversqlite.New(s.db), d, workers)
}

// releases make every job that was running available again. Sweeps come anew by themselves.
var releases = []string{
	`DELETE FROM river_leader`,
	`DELETE FROM river_job WHERE state = 'running' AND kind = 'sweep'`,
	`UPDATE river_job SET state = 'available' WHERE state = 'running'`,
}

const sqliteEarliest = `SELECT id, CAST(unixepoch(scheduled_at, 'subsec') * 1000000 AS INTEGER), priority` + waitingJobs + ` LIMIT 1`

func (s *sqlite) release(ctx context.Context) (err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if rerr := tx.Rollback(); !errors.Is(rerr, sql.ErrTxDone) {
			err = errors.Join(err, rerr)
		}
	}()
	for _, q := range releases {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return tx.Commit()
}

type sqlTransaction struct {
	client *river.Client[*sql.Tx]
	tx     *sql.Tx
}

// earliest needs no lock: nobody else writes.
func (t sqlTransaction) earliest(ctx context.Context, key []byte) (found waiting, err error) {
	err = t.tx.QueryRowContext(ctx, sqliteEarliest, key).Scan(&found.id, &found.micros, &found.priority)
	if errors.Is(err, sql.ErrNoRows) {
		return waiting{}, nil
	}
	return found, err
}

func (t sqlTransaction) insert(ctx context.Context, a jobArgs, o *river.InsertOpts) error {
	_, err := t.client.InsertTx(ctx, t.tx, a, o)
	return err
}

func (t sqlTransaction) exec(ctx context.Context, q string, args ...any) error {
	_, err := t.tx.ExecContext(ctx, q, args...)
	return err
}
