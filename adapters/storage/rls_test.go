package storage_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// raw is a connection of the store's own role, past the store.
func raw(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// as runs fn in a transaction with these settings and rolls it back.
func as(t *testing.T, c *pgx.Conn, tenantID, door string, fn func(pgx.Tx)) {
	t.Helper()
	tx, err := c.Begin(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), "SELECT set_config('ignisfox.tenant', $1, true), set_config('ignisfox.door', $2, true)", tenantID, door)
	must(t, err)
	fn(tx)
}

// owned answers the tables that hold what belongs to somebody, by the column that says to whom.
func owned(t *testing.T, c *pgx.Conn) map[string]string {
	t.Helper()
	rows, err := c.Query(t.Context(), `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND (column_name = 'tenant_id' OR table_name = 'tenants' AND column_name = 'id')`)
	must(t, err)
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var table, column string
		must(t, rows.Scan(&table, &column))
		out[table] = column
	}
	must(t, rows.Err())
	return out
}

// A query that forgets its tenant answers nothing when none is set, and nobody else's rows when one is.
func TestRowLevelSecurityKeepsTenantsApart(t *testing.T) {
	url := pgtest.URL(t)
	st := open(t, url)
	furnish(t, st, "tn_a")
	furnish(t, st, "tn_b")
	c := raw(t, url)
	tables := owned(t, c)
	if len(tables) < 30 {
		t.Fatalf("only %d tables were found", len(tables))
	}
	count := func(tx pgx.Tx, q string, args ...any) (n int) {
		must(t, tx.QueryRow(t.Context(), q, args...).Scan(&n))
		return n
	}
	for table, column := range tables {
		name := pgx.Identifier{table}.Sanitize()
		as(t, c, "", "", func(tx pgx.Tx) {
			if n := count(tx, "SELECT count(*) FROM "+name); n != 0 {
				t.Errorf("%s shows %d rows to a query without a tenant", table, n)
			}
		})
		as(t, c, "", "nosuch", func(tx pgx.Tx) {
			if n := count(tx, "SELECT count(*) FROM "+name); n != 0 {
				t.Errorf("%s shows %d rows through a door that does not exist", table, n)
			}
		})
		as(t, c, "tn_a", "", func(tx pgx.Tx) {
			mine := count(tx, "SELECT count(*) FROM "+name+" WHERE "+column+" = 'tn_a'")
			all := count(tx, "SELECT count(*) FROM "+name)
			if all != mine || mine == 0 && table != "keysets" {
				t.Errorf("%s shows %d rows to tn_a, %d of them its own", table, all, mine)
			}
			if tag, err := tx.Exec(t.Context(), "UPDATE "+name+" SET "+column+" = "+column+" WHERE "+column+" = 'tn_b'"); err != nil || tag.RowsAffected() != 0 {
				t.Errorf("%s: tn_a changed %d rows of tn_b (%v)", table, tag.RowsAffected(), err)
			}
		})
	}
	as(t, c, "tn_a", "", func(tx pgx.Tx) {
		if n := count(tx, "SELECT count(*) FROM users"); n != 1 {
			t.Errorf("tn_a sees %d users", n)
		}
	})
	if got, want := unguarded(t, c), []string{"auth_epoch", "ignisfox_schema"}; !slices.Equal(got, want) {
		t.Errorf("tables without row-level security: %v, want %v", got, want)
	}
}

// unguarded answers the tables without row-level security that binds their owner too.
func unguarded(t *testing.T, c *pgx.Conn) []string {
	t.Helper()
	rows, err := c.Query(t.Context(), `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
		AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname`)
	must(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	return names
}

func TestRowLevelSecurityRefusesForeignRows(t *testing.T) {
	url := pgtest.URL(t)
	st := open(t, url)
	furnish(t, st, "tn_a")
	furnish(t, st, "tn_b")
	c := raw(t, url)
	refused := func(err error) bool {
		var e *pgconn.PgError
		return errors.As(err, &e) && e.Code == "42501"
	}
	const insert = `INSERT INTO cert_groups (tenant_id, id, name, name_key, created_at) VALUES ('tn_b', 'gr_evil', 'evil', 'evil', 1)`
	for door, what := range map[string]string{
		"":         insert,
		"lookup":   insert,
		"jobs":     insert,
		"platform": insert,
		"keysets":  `INSERT INTO members (tenant_id, user_id, role, created_at) VALUES ('tn_b', 'us_tn_a', 'owner', 1)`,
	} {
		as(t, c, "tn_a", door, func(tx pgx.Tx) {
			if _, err := tx.Exec(t.Context(), what); !refused(err) {
				t.Errorf("door %q: got %v, want a refusal by row-level security", door, err)
			}
		})
	}
	as(t, c, "tn_a", "", func(tx pgx.Tx) { // taking a row over is no different
		if _, err := tx.Exec(t.Context(), `UPDATE targets SET tenant_id = 'tn_b'`); !refused(err) {
			t.Errorf("got %v, want a refusal by row-level security", err)
		}
	})
	// No door shows payloads, forms' owners to background work, or keys to any but the sealer.
	for door, hidden := range map[string][]string{
		"lookup": {"artifacts", "artifact_terms", "keysets", "group_passwords", "audit", "idempotency", "recovery_codes", "ceremonies",
			"setup_links", "counters", "expiry_quarters", "expiring_certs", "deploy_settings", "target_secrets", "target_status", "target_due",
			"deployments", "deployment_steps", "deployment_transcripts"},
		"jobs": {"deploy_settings", "target_secrets", "target_status", "deployments", "deployment_steps", "deployment_transcripts",
			"artifacts", "forms", "keysets", "group_passwords", "generations", "members", "users", "audit", "authenticators", "passkeys",
			"recovery_codes", "counters", "expiry_quarters", "expiring_certs"},
		"platform": {"artifacts", "forms", "push_tokens", "api_tokens", "group_passwords", "audit", "invites", "counters", "expiring_certs", "deploy_settings",
			"target_secrets", "target_due", "deployments", "deployment_transcripts"},
		"keysets": {"artifacts", "forms", "users", "members", "tenants", "push_tokens", "sessions", "authenticators", "invites", "setup_links",
			"deploy_settings", "target_secrets", "target_status", "target_due"},
	} {
		as(t, c, "", door, func(tx pgx.Tx) {
			for _, table := range hidden {
				var n int
				must(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n))
				if n != 0 {
					t.Errorf("door %s shows %d rows of %s", door, n, table)
				}
			}
		})
	}
}

func TestLoginsThatPassBySecurityAreRefused(t *testing.T) {
	url := pgtest.URL(t)
	super := pgtest.SuperURL(t, url)
	_, err := storage.Open(t.Context(), storage.Config{URL: super, Migrate: true})
	if fault.CodeOf(err) != "database_role" {
		t.Errorf("superuser: got %v", err)
	}
	c := raw(t, super)
	role := pgx.Identifier{raw(t, url).Config().User}.Sanitize()
	_, err = c.Exec(t.Context(), "ALTER ROLE "+role+" BYPASSRLS")
	must(t, err)
	_, err = storage.Open(t.Context(), storage.Config{URL: url, Migrate: true})
	if fault.CodeOf(err) != "database_role" {
		t.Errorf("BYPASSRLS: got %v", err)
	}
	_, err = c.Exec(t.Context(), "ALTER ROLE "+role+" NOBYPASSRLS")
	must(t, err)
	open(t, url)
}
