package storage_test

import (
	"bytes"
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const markedBlob = "the wrapped keyset of tn_shredded, which is in no file once it was shredded"

// holds says which of the database's files hold the marked keyset.
func holds(t *testing.T, path string) (in []string) {
	t.Helper()
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + end)
		must(t, err)
		if bytes.Contains(b, []byte(markedBlob)) {
			in = append(in, "file"+end)
		}
	}
	return in
}

// Somebody reads while a tenant is shredded, so the log cannot be emptied: the sweep does it once nobody does, and a tenant
// counts as done with only then.
func TestAShreddedKeysetLeavesTheLogInTheEnd(t *testing.T) {
	url := sqliteURL(t)
	path := strings.TrimPrefix(url, "sqlite:")
	st := open(t, url)
	ctx := t.Context()
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		return tx.Tenants().Insert(ctx, tenant.Tenant{ID: "tn_shredded", Name: "Acme", TimeZone: "UTC", CreatedAt: then},
			ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte(markedBlob)})
	}))
	if len(holds(t, path)) == 0 {
		t.Fatal("the keyset is in no file")
	}
	db, err := sql.Open("sqlite", path) // a backup, say
	must(t, err)
	defer func() { _ = db.Close() }()
	tx, err := db.Begin()
	must(t, err)
	rows := func(q string) (n int) {
		must(t, tx.QueryRow(q).Scan(&n))
		return n
	}
	if rows("SELECT count(*) FROM keysets") != 1 {
		t.Fatal("the reader sees no keyset")
	}
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Tenants().Shred(ctx, "tn_shredded") }))
	if len(holds(t, path)) == 0 {
		t.Fatal("the reader sees a keyset that is in no file")
	}
	sweepAll := func() {
		for n := 1; n > 0; {
			n, err = st.Jobs().Sweep(ctx, time.Now(), 100)
			must(t, err)
		}
	}
	sweepAll()
	must(t, tx.Rollback())
	sweepAll() // of any process: the first has not forgotten, but need not remember
	if in := holds(t, path); len(in) != 0 {
		t.Errorf("the keyset is still in %v", in)
	}
	var left int
	must(t, db.QueryRow("SELECT count(*) FROM tenants").Scan(&left))
	if left != 0 {
		t.Errorf("%d rows of tenants are left", left)
	}
}

// Nobody reads: the log is empty of it when the shredding is answered.
func TestAShreddedKeysetIsGoneAtOnce(t *testing.T) {
	url := sqliteURL(t)
	st := open(t, url)
	ctx := t.Context()
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		return tx.Tenants().Insert(ctx, tenant.Tenant{ID: "tn_shredded", Name: "Acme", TimeZone: "UTC", CreatedAt: then},
			ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte(markedBlob)})
	}))
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Tenants().Shred(ctx, "tn_shredded") }))
	if in := holds(t, strings.TrimPrefix(url, "sqlite:")); len(in) != 0 {
		t.Errorf("the keyset is still in %v", in)
	}
}
