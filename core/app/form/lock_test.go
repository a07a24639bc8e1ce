package form_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

// held is a store that calls before when a form is about to be put.
type held struct {
	ports.Store
	before func()
}

func (s held) Tenant(id tenant.ID) ports.TenantStore { return heldTenant{s.Store.Tenant(id), s.before} }

type heldTenant struct {
	ports.TenantStore
	before func()
}

func (s heldTenant) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return s.TenantStore.Update(ctx, func(tx ports.Tx) error { return fn(heldTx{tx, s.before}) })
}

type heldTx struct {
	ports.Tx
	before func()
}

func (tx heldTx) Forms() ports.Forms { return heldForms{tx.Tx.Forms(), tx.before} }

type heldForms struct {
	ports.Forms
	before func()
}

func (f heldForms) Put(ctx context.Context, form group.Form) (group.Form, error) {
	f.before()
	return f.Forms.Put(ctx, form)
}

// A key is deleted at the very moment when a form that holds it is stored: no such form is left behind.
func TestNoFormOutlivesItsKey(t *testing.T) {
	k := testkit.Open(t, pgtest.URL(t), nil)
	leaf := inter.Leaf("www.example.com")
	gid, gen := fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	watch, err := pgx.Connect(limit, pgtest.SuperURL(t, k.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watch.Close(ctx) }()
	deleted := make(chan error, 1)
	var once sync.Once
	before := func() {
		once.Do(func() {
			go func() { deleted <- k.Vault.Delete(limit, k.Owner, gen.Key, true) }()
			for waits := 0; waits == 0 && len(deleted) == 0; { // until the deletion is done, or waits for this transaction
				const q = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
				if err := watch.QueryRow(limit, q).Scan(&waits); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	forms := form.New(form.Deps{Store: held{k.Store, before}, Sealer: k.Sealer})
	key := group.FormKey{Generation: gen.ID, Kind: group.FormPrivateKey}
	if _, err := forms.Ensure(limit, k.Tenant, gid, key); err != nil && fault.CodeOf(err) != "no_key" {
		t.Fatal(err)
	}
	if err := <-deleted; err != nil {
		t.Fatal(err)
	}
	err = k.Store.Tenant(k.Tenant).View(ctx, func(tx ports.Tx) error {
		_, err := tx.Forms().Find(ctx, key)
		return err
	})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("a form with the deleted key is in the store: %v", err)
	}
	if _, err := forms.Ensure(limit, k.Tenant, gid, key); fault.CodeOf(err) != "no_key" {
		t.Errorf("the key is still handed out: %v", err)
	}
}
