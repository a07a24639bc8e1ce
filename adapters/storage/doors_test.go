package storage_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// sqlState answers the code of a PostgreSQL error, empty for none.
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// mayDo answers what row-level security lets a transaction do with one tenant's row of a table: s(elect), i(nsert), u(pdate),
// d(elete). A command that passes it and fails at a key has passed.
func mayDo(t *testing.T, c *pgx.Conn, as func(func(pgx.Tx)), table, where, row string) (may string) {
	t.Helper()
	name := pgx.Identifier{table}.Sanitize()
	var column string
	must(t, c.QueryRow(t.Context(), `SELECT column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position LIMIT 1`, table).Scan(&column))
	column = pgx.Identifier{column}.Sanitize()
	for letter, q := range map[string]string{
		"s": "SELECT 1 FROM " + name + where,
		"i": "INSERT INTO " + name + " SELECT * FROM json_populate_record(NULL::" + name + ", '" + row + "')",
		"u": "UPDATE " + name + " SET " + column + " = " + column + where,
		"d": "DELETE FROM " + name + where,
	} {
		as(func(tx pgx.Tx) {
			tag, err := tx.Exec(t.Context(), q)
			switch state := sqlState(err); {
			case err == nil && tag.RowsAffected() > 0, state == "23505", state == "23503":
				may += letter
			case err != nil && state != "42501":
				t.Errorf("%s: %v", q, err)
			}
		})
	}
	sorted := []byte(may)
	slices.SortFunc(sorted, func(a, b byte) int { return slices.Index([]byte("siud"), a) - slices.Index([]byte("siud"), b) })
	return string(sorted)
}

// What each door may do with a row of somebody else, and, where that is more, when it works inside that tenant. What is not
// named it may not even see.
func TestDoorsReachOnlyWhatTheyNeed(t *testing.T) {
	url := pgtest.URL(t)
	st := open(t, url)
	furnish(t, st, "tn_a")
	furnish(t, st, "tn_b")
	must(t, st.Keysets().PutKEK(t.Context(), ports.KEKCheck{ID: "0badcafe", Check: []byte("c")}))
	super, c := raw(t, pgtest.SuperURL(t, url)), raw(t, url)
	_, err := super.Exec(t.Context(), "UPDATE push_tokens SET expires_at = 1")
	must(t, err)
	where := map[string]string{"users": " WHERE id = 'us_tn_b'", "keks": " WHERE id = '0badcafe'",
		"setup_links": fmt.Sprintf(` WHERE hash = '\x%x'`, sha256.Sum256([]byte("setuptn_b")))}
	people := []string{"sessions", "authenticators", "passkeys", "recovery_codes", "ceremonies"} // belong to somebody, to no tenant
	for _, table := range people {
		where[table] = " WHERE user_id = 'us_tn_b'"
	}
	for table, column := range owned(t, super) {
		where[table] = " WHERE " + column + " = 'tn_b'"
	}
	rows, err := super.Query(t.Context(), `SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relnamespace = current_schema()::regnamespace`)
	must(t, err)
	guarded, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	for _, table := range guarded {
		if where[table] == "" {
			t.Errorf("nobody says which row of %s is tn_b's", table)
		}
	}
	all := map[string]string{} // everything of a tenant's own
	for table := range where {
		all[table] = "siud"
	}
	for table, may := range map[string]string{"users": "s", "tenants": "su", "keysets": "", "keks": "", "audit": "si", "audit_heads": "siu", "setup_links": ""} {
		all[table] = may
	}
	platform := map[string]string{"tenants": "siu", "users": "siud", "members": "s", "keks": "s", "setup_links": "siud"}
	for _, table := range people {
		all[table] = ""
		platform[table] = "siud"
	}
	with := func(base, more map[string]string) map[string]string {
		out := maps.Clone(base)
		maps.Copy(out, more)
		return out
	}
	lookup := map[string]string{
		"tenants": "s", "users": "s", "members": "s", "cert_groups": "s", "generations": "s", "generation_chain": "s", "forms": "s",
		"targets": "s", "push_tokens": "s", "ingest_tokens": "s", "api_tokens": "s",
		"sessions": "s", "authenticators": "s", "passkeys": "s", "invites": "s",
	}
	jobs := map[string]string{
		"tenants": "s", "targets": "s", "target_due": "s", "target_fetches": "siu", "push_tokens": "sd", "token_uses": "siu", "ingest_tokens": "su",
		"api_tokens": "su", "idempotency": "sd", "sessions": "sud", "ceremonies": "sd", "setup_links": "sd", "invites": "sd",
	}
	for _, d := range []struct {
		tenant, door string
		may          map[string]string
	}{
		{"", "", nil},
		{"", "nosuch", nil},
		{"tn_a", "", map[string]string{}},
		{"tn_b", "", all},
		{"tn_a", "lookup", lookup},
		{"", "lookup", lookup},
		{"tn_a", "platform", platform},
		{"", "platform", platform},
		{"tn_b", "platform", with(with(all, platform), map[string]string{"members": "siud", "keysets": "sid"})},
		{"tn_a", "jobs", jobs},
		{"", "jobs", jobs},
		{"tn_b", "jobs", with(all, map[string]string{"audit": "sid", "audit_heads": "siud", "tenants": "su",
			"sessions": "sud", "ceremonies": "sd", "setup_links": "sd"})},
		{"tn_a", "keysets", map[string]string{"keysets": "su", "keks": "siu"}},
		{"", "keysets", map[string]string{"keysets": "su", "keks": "siu"}},
	} {
		for table, cond := range where {
			var row string
			must(t, super.QueryRow(t.Context(), "SELECT replace(row_to_json(r)::text, '''', '''''') FROM "+
				pgx.Identifier{table}.Sanitize()+" r"+cond+" LIMIT 1").Scan(&row))
			got := mayDo(t, super, func(fn func(pgx.Tx)) { as(t, c, d.tenant, d.door, fn) }, table, cond, row)
			if got != d.may[table] {
				t.Errorf("tenant %q, door %q may %q rows of tn_b in %s, want %q", d.tenant, d.door, got, table, d.may[table])
			}
		}
	}
}

// The narrower a policy, the more it is worth: these hold for some rows only.
func TestDoorsDeleteOnlyWhatHasHadItsTime(t *testing.T) {
	url := pgtest.URL(t)
	st := open(t, url)
	furnish(t, st, "tn_a")
	must(t, st.Platform().Update(t.Context(), func(tx ports.PlatformTx) error { return tx.Tenants().Shred(t.Context(), "tn_a") }))
	furnish(t, st, "tn_b")
	must(t, st.Platform().Update(t.Context(), func(tx ports.PlatformTx) error { // not confirmed: no second factor yet
		return tx.Factors().PutAuthenticator(t.Context(), tenant.Authenticator{ID: "au_new", User: "us_tn_b", CreatedAt: then})
	}))
	c := raw(t, url)
	for _, try := range []struct {
		tenant, door, q, state string
		rows                   int64
	}{
		{"", "jobs", "DELETE FROM push_tokens WHERE expires_at = 0", "", 0},
		{"tn_b", "jobs", "DELETE FROM tenants WHERE id = 'tn_b'", "", 0}, // not deleted
		{"", "jobs", "DELETE FROM tenants WHERE id = 'tn_a'", "", 0},     // without going in
		{"tn_a", "jobs", "DELETE FROM tenants WHERE id = 'tn_a'", "23503", 0},
		{"", "keysets", "INSERT INTO keysets (tenant_id, kek, blob) VALUES ('tn_a', '0badcafe', 'x')", "42501", 0},
		{"", "keysets", "INSERT INTO keysets (tenant_id, kek, blob) VALUES ('', '0badcafe', 'x')", "", 1},
		{"tn_b", "platform", "INSERT INTO keysets (tenant_id, kek, blob) VALUES ('', '0badcafe', 'x')", "42501", 0},
		{"", "lookup", "SELECT 1 FROM authenticators WHERE confirmed_at > 0", "", 1},
		{"", "lookup", "SELECT 1 FROM authenticators WHERE confirmed_at = 0", "", 0},
		{"", "platform", "SELECT 1 FROM authenticators WHERE confirmed_at = 0", "", 1},
		{"", "platform", "DELETE FROM users WHERE id = 'us_tn_b'", "23503", 0}, // a member
		{"", "platform", "DELETE FROM members WHERE user_id = 'us_tn_b'", "", 0},
		{"", "jobs", "UPDATE targets SET name = 'x' WHERE tenant_id = 'tn_b'", "42501", 0},
		{"", "jobs", "SELECT 1 FROM targets WHERE tenant_id = 'tn_b' FOR KEY SHARE", "", 2},
	} {
		as(t, c, try.tenant, try.door, func(tx pgx.Tx) {
			tag, err := tx.Exec(t.Context(), try.q)
			if sqlState(err) != try.state || err == nil && tag.RowsAffected() != try.rows {
				t.Errorf("tenant %q, door %q, %s: %d rows, %v", try.tenant, try.door, try.q, tag.RowsAffected(), err)
			}
		})
	}
}
