// Package storage opens the database that a URL names, brings its schema up to date and answers it as a ports.Store.
//
//	st, err := storage.Open(ctx, storage.Config{URL: "sqlite:/var/lib/ignisfox/ignisfox.db", Migrate: true, Now: time.Now, Log: log})
//
// SQLite and PostgreSQL are two dialects of one implementation, sqlstore. Which one serves is decided here and seen nowhere else.
package storage

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage/sqlstore"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says what to open.
type Config struct {
	URL string // sqlite:PATH or postgres://…
	// Migrate brings the schema up to date. Without it another schema version is refused: fault Conflict, code schema_version.
	Migrate bool
	// CreateIfNew makes the schema in a database that has none, also without Migrate.
	CreateIfNew bool
	// Exclusive is for a server on SQLite, whose caches and limits are its own: a second one on the same file, whatever path
	// names it, is refused until this one is closed or dead. Admin commands do without. PostgreSQL serves several.
	Exclusive bool
	// Queue makes the queue that Tx.Enqueue puts jobs into, once the schema is current. Nil: there is none, and Enqueue fails.
	// Whatever works on the handles is stopped before the store is closed.
	Queue func(ctx context.Context, h Handles) (Enqueue, error)
	Now   func() time.Time
	Log   *slog.Logger // nil: nowhere
}

// Enqueue puts a job into the queue in an open transaction of its connection.
type Enqueue = sqlstore.Enqueue

// Handles are what a queue stands on; the one of the other engine is nil.
type Handles struct {
	Pool   *pgxpool.Pool // PostgreSQL: connections of the queue's own, closed with the store
	Writer *sql.DB       // SQLite: the one connection that writes, shared with the store
	// Migrate says whether the queue may bring its tables up to date.
	Migrate bool
}

// Open opens the database. Faults: Invalid database_url, Unavailable store_unavailable, Conflict schema_version, and those of
// the engine's own checks (database_file, not_a_database, database_in_use, database_read_only,
// database_role).
func Open(ctx context.Context, c Config) (ports.Store, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	deps, handles, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	deps.Now, deps.Log = c.Now, c.Log
	st := sqlstore.New(deps)
	if err := migrate(ctx, c, deps); err != nil {
		_ = st.Close()
		return nil, err
	}
	if err := st.Ping(ctx); err != nil {
		_ = st.Close()
		return nil, fmt.Errorf("first read of the database: %w", err)
	}
	if c.Queue == nil {
		return st, nil
	}
	handles.Migrate = c.Migrate || c.CreateIfNew
	enqueue, err := c.Queue(ctx, handles)
	if err != nil {
		_ = st.Close()
		return nil, fmt.Errorf("queue of jobs: %w", err)
	}
	st.SetQueue(enqueue)
	return st, nil
}

func connect(ctx context.Context, c Config) (sqlstore.Deps, Handles, error) {
	if path, ok := strings.CutPrefix(c.URL, "sqlite:"); ok {
		deps, err := connectSQLite(ctx, path, c)
		return deps, Handles{Writer: deps.Write}, err
	}
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		deps, pool, err := connectPostgres(ctx, c)
		return deps, Handles{Pool: pool}, err
	}
	return sqlstore.Deps{}, Handles{}, fault.New(fault.Invalid, "database_url",
		"The database URL is not usable. Give sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE.")
}

// unreachable is what a database that does not answer comes to. The cause, which may name the login, is for the log.
func unreachable(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "store_unavailable", "The database does not answer. Is it running, and is its URL right?")
}
