package main

import (
	"context"
	"database/sql"
	"net/http"
	"runtime"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"github.com/ignisfox/ignisfox/core/token"
)

// lookup is the yardstick of a server that asks the database for the token at every request, by one prepared statement
// that reads one column by a unique index, and then only writes bytes.
type lookup struct {
	db *sql.DB
	by *sql.Stmt
}

// openLookup opens connections of its own to the store's database.
func openLookup(ctx context.Context, url string) (*lookup, error) {
	driver, dsn := "pgx", url+"&ignisfox.door=lookup"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	n := 4 * runtime.GOMAXPROCS(0)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	l := &lookup{db: db}
	if l.by, err = db.PrepareContext(ctx, `SELECT target_id FROM push_tokens WHERE hash = $1`); err != nil {
		_ = db.Close()
		return nil, err
	}
	return l, nil
}

// wrap answers a handler that looks up the token of a request and then gives a.
func (l *lookup) wrap(a *answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		_, hash, ok := token.Parse(raw)
		var target string
		if !ok || l.by.QueryRowContext(r.Context(), hash[:]).Scan(&target) != nil {
			http.Error(w, "no such token", http.StatusUnauthorized)
			return
		}
		a.bare(w, r)
	}
}

func (l *lookup) close() error { return l.db.Close() }
