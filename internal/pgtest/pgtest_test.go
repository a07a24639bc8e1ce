package pgtest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		victim(dir)
		return
	}
	Main(m)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func one[T any](t *testing.T, c *pgx.Conn, query string) T {
	t.Helper()
	var v T
	if err := c.QueryRow(t.Context(), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func TestTheRoleIsPlainAndOwnsItsDatabase(t *testing.T) {
	c := connect(t, URL(t))
	if one[bool](t, c, `SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user`) {
		t.Error("the role has rights that would make row-level security void")
	}
	if !one[bool](t, c, `SELECT datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user) FROM pg_database WHERE datname = current_database()`) {
		t.Error("the role does not own its database")
	}
	if _, err := c.Exec(t.Context(), `CREATE TABLE things (id bigint PRIMARY KEY)`); err != nil {
		t.Errorf("the role cannot make a table: %v", err)
	}
	if got := one[string](t, c, `SHOW max_connections`); got != "200" {
		t.Errorf("max_connections is %s", got)
	}
}

func TestRowLevelSecurityBindsTheRoleAndNotTheSuperuser(t *testing.T) {
	url := URL(t)
	c := connect(t, url)
	for _, q := range []string{
		`CREATE TABLE kept (id bigint)`, `INSERT INTO kept VALUES (1)`,
		`ALTER TABLE kept ENABLE ROW LEVEL SECURITY`, `ALTER TABLE kept FORCE ROW LEVEL SECURITY`,
	} {
		if _, err := c.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if n := one[int](t, c, `SELECT count(*) FROM kept`); n != 0 {
		t.Errorf("the plain role sees %d rows through a table without policy", n)
	}
	super := connect(t, SuperURL(t, url))
	if !one[bool](t, super, `SELECT rolsuper FROM pg_roles WHERE rolname = current_user`) {
		t.Error("SuperURL does not connect as a superuser")
	}
	if n := one[int](t, super, `SELECT count(*) FROM kept`); n != 1 {
		t.Errorf("the superuser sees %d rows of the same database, want 1", n)
	}
}

func TestDatabasesAreApartAndDroppedWithTheTest(t *testing.T) {
	var first string
	t.Run("inner", func(t *testing.T) {
		first = URL(t)
		c := connect(t, first)
		if _, err := c.Exec(t.Context(), `CREATE TABLE mine (id bigint)`); err != nil {
			t.Fatal(err)
		}
		other := connect(t, URL(t))
		if one[int](t, other, `SELECT count(*) FROM pg_tables WHERE tablename = 'mine'`) != 0 {
			t.Error("two tests share a database")
		}
		left, err := pgx.Connect(context.Background(), first) // never closed: the drop must not wait for it
		if err != nil {
			t.Fatal(err)
		}
		_ = left
	})
	_, err := pgx.Connect(t.Context(), first)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		t.Fatalf("the database of an ended test answers: %v", err)
	}
	super := connect(t, SuperURL(t, URL(t)))
	name := first[strings.LastIndex(first, "/")+1 : strings.Index(first, "?")]
	if one[int](t, super, `SELECT count(*) FROM pg_roles WHERE rolname = '`+name+`'`) != 0 {
		t.Error("the role of an ended test is still there")
	}
}

func TestURLNeedsMain(t *testing.T) {
	var l lazy
	if _, err := l.get(); err == nil || !strings.Contains(err.Error(), "TestMain") {
		t.Errorf("without Main: %v, want words about TestMain", err)
	}
}

func TestTheEndLeavesNothingBehind(t *testing.T) {
	var l lazy
	l.begin()
	s, err := l.get()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := l.get(); err != nil || again != s {
		t.Errorf("the second call made another server: %v", err)
	}
	dir, pid := l.dir, s.proc.pid
	l.end()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	if runs(pid) {
		t.Error("the server is left")
	}
	if _, err := l.get(); err == nil {
		t.Error("a server is started after the end")
	}
}
