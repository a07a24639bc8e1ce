package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ignisfox/ignisfox/ports"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

const (
	migrationLock = 4921937402812 // of the advisory lock; storage has the number before

	// A row for each key that ever was, to be locked by whoever puts a job with it into the queue: jobs come and go. There are not
	// more than targets and groups. Advisory locks would do, were their number not bounded for the whole server.
	keyTable   = `CREATE TABLE IF NOT EXISTS ignisfox_job_keys (key BYTEA PRIMARY KEY)`
	keyMake    = `INSERT INTO ignisfox_job_keys (key) VALUES ($1) ON CONFLICT DO NOTHING`
	keyLock    = `SELECT 1 FROM ignisfox_job_keys WHERE key = $1 FOR UPDATE`
	pgEarliest = `SELECT id, (extract(epoch FROM scheduled_at) * 1000000)::bigint, priority` + waitingJobs + ` FOR UPDATE`
)

type postgres struct {
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	deps   Deps
}

func newPostgres(d Deps) (*postgres, error) {
	client, err := inserter(riverpgxv5.New(d.PostgreSQL), d.Log)
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &postgres{pool: d.PostgreSQL, client: client, deps: d}, nil
}

// migrate works alone: several servers may start at once.
func (p *postgres) migrate(ctx context.Context, may bool) (err error) {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connection of the queue: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return fmt.Errorf("lock of the queue's schema: %w", err)
	}
	defer func() {
		_, uerr := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		err = errors.Join(err, uerr)
	}()
	if err := up(ctx, riverpgxv5.New(p.pool), may, p.deps.Log); err != nil || !may {
		return err
	}
	for _, q := range []string{waitingIndex, keyTable} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return fmt.Errorf("schema of the queue: %w", err)
		}
	}
	return nil
}

func (p *postgres) insert(ctx context.Context, conn *sql.Conn, _ *sql.Tx, a jobArgs, w when) error {
	return conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("%T is no connection of pgx", raw)
		}
		return put(ctx, pgTransaction{p.client, c.Conn()}, a, w)
	})
}

func (p *postgres) start(ctx context.Context, d Deps, workers map[ports.JobKind]ports.Worker) (func(context.Context) error, error) {
	return work(ctx, riverpgxv5.New(p.pool), d, workers)
}

type pgTransaction struct {
	client *river.Client[pgx.Tx]
	conn   *pgx.Conn
}

func (t pgTransaction) earliest(ctx context.Context, key []byte) (found waiting, err error) {
	if err := t.exec(ctx, keyMake, key); err != nil {
		return found, err
	}
	if err := t.exec(ctx, keyLock, key); err != nil {
		return found, err
	}
	err = t.conn.QueryRow(ctx, pgEarliest, key).Scan(&found.id, &found.micros, &found.priority)
	if errors.Is(err, pgx.ErrNoRows) {
		return waiting{}, nil
	}
	return found, err
}

func (t pgTransaction) insert(ctx context.Context, a jobArgs, o *river.InsertOpts) error {
	_, err := t.client.InsertTx(ctx, bridge{t.conn}, a, o)
	return err
}

func (t pgTransaction) exec(ctx context.Context, q string, args ...any) error {
	_, err := t.conn.Exec(ctx, q, args...)
	return err
}

// bridge is a transaction that database/sql began, as pgx would have it. database/sql ends it too.
type pgxConn = pgx.Conn

type bridge struct{ *pgxConn }

var _ pgx.Tx = bridge{}

var errBridge = errors.New("jobs: the transaction is not the queue's to begin or to end")

func (b bridge) Begin(context.Context) (pgx.Tx, error) { return nil, errBridge }
func (b bridge) Commit(context.Context) error          { return errBridge }
func (b bridge) Rollback(context.Context) error        { return errBridge }
func (b bridge) LargeObjects() pgx.LargeObjects        { return pgx.LargeObjects{} }
func (b bridge) Conn() *pgx.Conn                       { return b.pgxConn }
