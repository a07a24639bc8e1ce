package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/storage/sqlstore"
	"github.com/ignisfox/ignisfox/core/fault"
	"modernc.org/sqlite"
)

// sqliteBoth is what every connection is told. secure_delete overwrites what is deleted, trusted_schema distrusts a file that
// somebody else may have written.
var sqliteBoth = []string{
	"busy_timeout(1000)", "foreign_keys(1)", "trusted_schema(0)", "secure_delete(1)", "temp_store(memory)", "cache_size(-8000)",
}

// sqliteWriter is for the one connection that writes: a commit is on disk before it is answered.
var sqliteWriter = []string{"journal_mode(wal)", "synchronous(full)", "journal_size_limit(67108864)"}

// connectSQLite opens the file, made where it is not there, after it has the lock of servers where that is asked for: one
// connection writes, a few read.
func connectSQLite(ctx context.Context, path string, c Config) (sqlstore.Deps, error) {
	if path == "" || path == ":memory:" {
		return sqlstore.Deps{}, fault.New(fault.Invalid, "database_url", "Give the path of the SQLite file: sqlite:PATH.")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return sqlstore.Deps{}, fmt.Errorf("path of the SQLite file: %w", err)
	}
	path, err = placeFile(ctx, path, c.Migrate || c.CreateIfNew)
	if err != nil {
		return sqlstore.Deps{}, err
	}
	release := func() error { return nil }
	if c.Exclusive {
		if release, err = lockFile(path + ".lock"); err != nil {
			return sqlstore.Deps{}, err
		}
	}
	deps, err := sqlitePools(ctx, path)
	if err != nil {
		return sqlstore.Deps{}, errors.Join(err, release())
	}
	deps.Close = release
	return deps, nil
}

func sqlitePools(ctx context.Context, path string) (sqlstore.Deps, error) {
	readOnly := append(sqliteBoth[:len(sqliteBoth):len(sqliteBoth)], "query_only(1)")
	side, err := openPool(path, 3, readOnly, "deferred")
	if err != nil {
		return sqlstore.Deps{}, err
	}
	if err := checkFile(ctx, side); err != nil { // before a connection that may write turns to the file
		return sqlstore.Deps{}, errors.Join(err, side.Close())
	}
	write, err := openPool(path, 1, append(sqliteBoth[:len(sqliteBoth):len(sqliteBoth)], sqliteWriter...), "immediate")
	if err != nil {
		return sqlstore.Deps{}, errors.Join(err, side.Close())
	}
	read, err := openPool(path, max(4, 2*runtime.GOMAXPROCS(0)), readOnly, "deferred")
	if err != nil {
		return sqlstore.Deps{}, errors.Join(err, side.Close(), write.Close())
	}
	return sqlstore.Deps{Dialect: sqlstore.SQLite, Write: write, Read: read, Side: side}, nil
}

// openPool opens the file; how is further parameters of its name.
func openPool(path string, size int, pragmas []string, lock string, how ...string) (*sql.DB, error) {
	query := append(how, url.Values{"_pragma": pragmas, "_txlock": {lock}}.Encode())
	u := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(query, "&")}
	connector, err := sqlite.NewConnector(u.String())
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// checkFile reads the header and the schema: a file that is damaged, or another program's, is refused before anything is written.
func checkFile(ctx context.Context, db *sql.DB) error {
	id, tables, err := describeFile(ctx, db)
	if unreadable(err) {
		return fault.Wrap(err, errDamaged.Kind, errDamaged.Code, errDamaged.Message)
	}
	if err != nil {
		return unreachable(err)
	}
	if tables > 0 && id != applicationID {
		return errForeign
	}
	return nil
}

// describeFile answers the application id and how many tables there are, both of one moment: another process may be making the
// schema. The table of versions is made first, before the header says whose the file is, so it does not count.
func describeFile(ctx context.Context, db *sql.DB) (id, tables int, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = tx.Rollback() }()
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT IN ($1, 'sqlite_sequence')",
		versionTable).Scan(&tables)
	if err == nil {
		err = tx.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id)
	}
	return id, tables, err
}
