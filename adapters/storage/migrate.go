package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage/migrations"
	"github.com/ignisfox/ignisfox/adapters/storage/sqlstore"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/pressly/goose/v3"
)

const (
	versionTable   = "ignisfox_schema"
	migrationLimit = 10 * time.Minute
	migrationLock  = 4921937402811 // of the advisory lock on PostgreSQL
	migrationTries = 40
	migrationPause = 250 * time.Millisecond
)

// migrate brings the schema to the version of this program, or refuses another one.
func migrate(ctx context.Context, c Config, d sqlstore.Deps) error {
	files := migrations.FS(d.Dialect.Name())
	want, err := newest(files)
	if err != nil {
		return err
	}
	have, err := version(ctx, d)
	if err != nil {
		return err
	}
	switch {
	case have == want:
		return nil
	case have > want:
		return fault.New(fault.Conflict, "schema_version", fmt.Sprintf("The database has schema version %d and this program knows "+
			"%d at most. Install the newer version of Ignisfox, or restore a backup made by this one.", have, want))
	case c.Migrate, have == 0 && c.CreateIfNew:
		return up(ctx, d, files, want)
	case have == 0:
		return fault.New(fault.Conflict, "schema_version", "The database is empty. Start the server once; it makes the schema.")
	default:
		return fault.New(fault.Conflict, "schema_version", fmt.Sprintf("The database has schema version %d and this program needs %d. "+
			"Start the server of this version once; it brings the database up to date.", have, want))
	}
}

// newest answers the number of the last step.
func newest(files fs.FS) (n int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("no migrations: %w", err)
	}
	v, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		return 0, fmt.Errorf("migration %s: %w", strconv.Quote(names[len(names)-1]), err)
	}
	return v, nil
}

// version answers the schema version, 0 for a database without our schema.
func version(ctx context.Context, d sqlstore.Deps) (v int64, err error) {
	there := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
	if d.Dialect.Name() == "postgres" {
		there = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1"
	}
	var n int
	if err := d.Side.QueryRowContext(ctx, there, versionTable).Scan(&n); err != nil {
		return 0, unreachable(err)
	}
	if n == 0 {
		return 0, nil
	}
	err = d.Side.QueryRowContext(ctx, "SELECT COALESCE(max(version_id), 0) FROM ignisfox_schema WHERE is_applied").Scan(&v)
	if err != nil {
		return 0, unreachable(err)
	}
	return v, nil
}

// up runs the steps that are missing, one process at a time: PostgreSQL has a lock for that. On SQLite a second process is
// turned away by the first one's changes and finds, looking again, that nothing is left to do.
func up(ctx context.Context, d sqlstore.Deps, files fs.FS, want int64) error {
	ctx, cancel := context.WithTimeout(ctx, migrationLimit)
	defer cancel()
	dialect := goose.DialectSQLite3
	if d.Dialect.Name() == "postgres" {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.Write, files, goose.WithTableName(versionTable), goose.WithLogger(goose.NopLogger()),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if dialect == goose.DialectPostgres {
		return locked(ctx, d.Side, func() error { return applied(p.Up(ctx)) })
	}
	for try := 0; ; try++ {
		err := applied(p.Up(ctx))
		if err == nil || try == migrationTries {
			return err
		}
		if have, verr := version(ctx, d); verr == nil && have == want {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(migrationPause):
		}
	}
}

func applied(_ []*goose.MigrationResult, err error) error {
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "migration_failed",
			"The database could not be brought up to date; nothing was changed by the step that failed. The log says why.")
	}
	return nil
}

// locked runs fn while it holds the advisory lock.
func locked(ctx context.Context, db *sql.DB, fn func() error) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return unreachable(err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return unreachable(err)
	}
	defer func() {
		_, uerr := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		err = errors.Join(err, uerr)
	}()
	return fn()
}
