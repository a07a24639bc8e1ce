// Package testkit sets up the real store, sealer and use cases for tests, on either engine.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestX(t *testing.T) {
//		testkit.Engines(t, func(t *testing.T, k *testkit.Kit) { … k.Vault.Upload(ctx, k.Owner, …) })
//	}
package testkit

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
)

// Kit is one store with a tenant in it and the use cases of the vault on top.
type Kit struct {
	URL    string
	KEK    string // source of the KEK
	Store  ports.Store
	Sealer *seal.Sealer
	Intake *intake.Service
	Forms  *form.Service
	Vault  *vault.Service
	Queue  *Queue
	Tenant tenant.ID
	Owner  tenant.Actor
}

// Engines runs fn once on SQLite and once on PostgreSQL.
func Engines(t *testing.T, fn func(t *testing.T, k *Kit)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, Open(t, SQLite(t), nil)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Open(t, pgtest.URL(t), nil)) })
}

// SQLite answers the URL of a new database file.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "ignisfox.db") }

// Open opens the store, makes a tenant and an owner in it, and closes everything when the test ends. roots may be nil.
func Open(t testing.TB, url string, roots *x509.CertPool) *Kit {
	t.Helper()
	return OpenAt(t, url, roots, time.Now)
}

// OpenAt is Open with another clock.
func OpenAt(t testing.TB, url string, roots *x509.CertPool, now func() time.Time) *Kit {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	k := &Kit{URL: url, Queue: &Queue{}, KEK: "file:" + filepath.Join(t.TempDir(), "kek", "kek")}
	ctx := context.Background()
	var err error
	k.Store, err = storage.Open(ctx, storage.Config{URL: url, Now: now, Log: log, Migrate: true, Queue: k.Queue.open})
	if err != nil {
		t.Fatal(err)
	}
	k.Sealer, err = seal.New(seal.Deps{Keysets: k.Store.Keysets(), Source: k.KEK, Now: now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Sealer.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Sealer.Stop(); _ = k.Store.Close() })
	k.Intake = intake.New(intake.Deps{Store: k.Store, Sealer: k.Sealer, Roots: roots, Log: log})
	k.Forms = form.New(form.Deps{Store: k.Store, Sealer: k.Sealer})
	k.Vault = vault.New(vault.Deps{Store: k.Store, Sealer: k.Sealer, Intake: k.Intake, Forms: k.Forms})
	k.Owner = k.NewTenant(t, "Test workspace")
	k.Tenant = k.Owner.Tenant
	return k
}

// NewTenant makes a tenant with an owner who holds every scope.
func (k *Kit) NewTenant(t testing.TB, name string) tenant.Actor {
	t.Helper()
	ctx := context.Background()
	now := time.Now()
	tid, uid := tenant.ID(id.New("ten", now)), tenant.UserID(id.New("usr", now))
	keyset, err := k.Sealer.NewKeyset(ctx, tid)
	if err != nil {
		t.Fatal(err)
	}
	email := string(uid) + "@example.com"
	err = k.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := tx.Users().Insert(ctx, tenant.User{ID: uid, Email: email, Name: name, PasswordHash: "x", CreatedAt: tx.Now()}); err != nil {
			return err
		}
		if err := tx.Tenants().Insert(ctx, tenant.Tenant{ID: tid, Name: name, TimeZone: "UTC", CreatedAt: tx.Now()}, keyset); err != nil {
			return err
		}
		return tx.In(tid).Members().Insert(ctx, tenant.Member{User: uid, Role: tenant.Owner, CreatedAt: tx.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	return tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: tid, User: uid, Name: email, Role: tenant.Owner,
		Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}, Credential: "test",
	}
}
