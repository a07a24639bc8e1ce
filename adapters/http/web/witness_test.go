package web_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"github.com/ignisfox/ignisfox/internal/pgtest"
)

// witness reads every table by a connection of its own, past all doors and policies: it sees whatever a request has changed.
type witness struct {
	t      *testing.T
	db     *sql.DB
	tables []string
}

// state is all rows by table and owner: "targets ten_x", "sessions usr_y", "ceremonies ".
type state map[string]string

func newWitness(t *testing.T, url string) *witness {
	t.Helper()
	driver, source, list := "pgx", "", `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1`
	if path, is := strings.CutPrefix(url, "sqlite:"); is {
		driver, source, list = "sqlite", "file:"+path+"?_pragma=query_only(1)", `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1`
	} else {
		source = pgtest.SuperURL(t, url)
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	w := &witness{t: t, db: db}
	rows, err := db.QueryContext(context.Background(), list)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		w.tables = append(w.tables, name)
	}
	if err := rows.Err(); err != nil || len(w.tables) < 25 {
		t.Fatalf("only %d tables: %v", len(w.tables), err)
	}
	return w
}

// look answers the state as it is committed now.
func (w *witness) look() state {
	w.t.Helper()
	tx, err := w.db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	lines := map[string][]string{}
	for _, table := range w.tables {
		w.read(tx, table, lines)
	}
	out := state{}
	for k, l := range lines {
		sort.Strings(l)
		out[k] = strings.Join(l, "\n")
	}
	return out
}

func (w *witness) read(tx *sql.Tx, table string, lines map[string][]string) {
	w.t.Helper()
	rows, err := tx.QueryContext(context.Background(), `SELECT * FROM `+table) //nolint:gosec // a name from the schema
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	owner := ownerColumn(table, columns)
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			w.t.Fatal(err)
		}
		key := table + " "
		if owner >= 0 {
			key += fmt.Sprint(values[owner])
		}
		lines[key] = append(lines[key], fmt.Sprint(values...))
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
}

// ownerColumn answers which column says whose a row is, -1 for none.
func ownerColumn(table string, columns []string) int {
	for _, name := range []string{"tenant_id", "user_id"} {
		if i := slices.Index(columns, name); i >= 0 {
			return i
		}
	}
	if table == "users" || table == "tenants" {
		return slices.Index(columns, "id")
	}
	return -1
}

// changed answers the keys that differ.
func changed(before, after state) []string {
	var out []string
	for k := range maps.Keys(before) {
		if after[k] != before[k] {
			out = append(out, k)
		}
	}
	for k := range maps.Keys(after) {
		if _, was := before[k]; !was {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

// difference answers the rows that came and went, cut.
func difference(before, after string) string {
	out := ""
	for _, l := range strings.Split(after, "\n") {
		if !strings.Contains("\n"+before+"\n", "\n"+l+"\n") {
			out += "\n  + " + l[:min(len(l), 300)]
		}
	}
	for _, l := range strings.Split(before, "\n") {
		if !strings.Contains("\n"+after+"\n", "\n"+l+"\n") {
			out += "\n  - " + l[:min(len(l), 300)]
		}
	}
	return out
}
