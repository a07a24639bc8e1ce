package vault_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

// newest answers the newest entry of the trail with that action.
func newest(t *testing.T, k *testkit.Kit, action tenant.Action) (found audit.Entry) {
	t.Helper()
	err := k.Store.Tenant(k.Tenant).View(ctx, func(tx ports.Tx) error {
		list, err := tx.Audit().List(ctx, audit.Query{Limit: 50})
		if i := slices.IndexFunc(list, func(e audit.Entry) bool { return e.Action == action }); i >= 0 {
			found = list[i]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Whoever confirms takes something away from generations; the trail says from which, and what.
func TestTheTrailSaysWhatGenerationsLost(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("lost.example.com")
		rows := upload(t, k, `a "b", c`, "l.pem", leaf.CertPEM, leaf.KeyPEM)
		of := func(kind cert.Kind) artifact.ID {
			return rows[slices.IndexFunc(rows, func(a artifact.Artifact) bool { return a.Kind == kind })].ID
		}
		lost := func(action tenant.Action, generations, nothing string) {
			t.Helper()
			e := newest(t, k, action)
			if e.Details["generations"] != generations || e.Details["nothing_current"] != nothing {
				t.Errorf("%s: %q", action, e.Details)
			}
		}
		name := "renamed"
		if _, err := k.Vault.Change(ctx, k.Owner, of(cert.KindCert), vault.Change{Name: &name}); err != nil {
			t.Fatal(err)
		}
		lost(tenant.ArtifactUpdate, "", "")
		if err := k.Vault.Delete(ctx, k.Owner, of(cert.KindKey), true); err != nil {
			t.Fatal(err)
		}
		lost(tenant.ArtifactDelete, `"a \"b\", c" #1: key`, "")
		if err := k.Vault.MoveMany(ctx, k.Owner, []artifact.ID{of(cert.KindCert)}, "other", true); err != nil {
			t.Fatal(err)
		}
		lost(tenant.ArtifactUpdate, `"a \"b\", c" #1: generation`, `"a \"b\", c"`)
		if err := k.Vault.Delete(ctx, k.Owner, of(cert.KindCert), true); err != nil {
			t.Fatal(err)
		}
		lost(tenant.ArtifactDelete, `"other" #1: generation`, `"other"`)
	})
}

// unknownRow puts a row into the vault that could not be read when it came in, and can be now.
func unknownRow(t *testing.T, k *testkit.Kit, payload []byte) artifact.ID {
	t.Helper()
	err := k.Store.Tenant(k.Tenant).Update(ctx, func(tx ports.Tx) error {
		a := artifact.Artifact{
			ID: artifact.ID(id.New("art", tx.Now())), Kind: cert.KindUnknown, Name: "old", Filename: "old.bin", Identity: "old",
			HoldsKey: true, Source: artifact.SourceUpload, CreatedAt: tx.Now(),
		}
		at := ports.Place{Tenant: k.Tenant, Table: artifact.Table, Column: artifact.PayloadColumn, Row: string(a.ID)}
		sealed, err := k.Sealer.Seal(ctx, at, secret.NewBytes(payload))
		if err != nil {
			return err
		}
		return tx.Artifacts().Insert(ctx, a, sealed)
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Kind: cert.KindUnknown})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d rows, %v", len(page.Items), err)
	}
	return page.Items[0].ID
}

// What an unknown row turns out to hold takes its place in one commit: a crash leaves the one or the other, never both.
func TestWhatIsReadAgainReplacesTheUnknownRowInOneCommit(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("again.example.com")
		row := unknownRow(t, k, slices.Concat(leaf.CertPEM, leaf.KeyPEM))
		s := counted{k.Store, new(atomic.Int64), new(atomic.Int64)}
		res, err := over(k, s).ParseAgain(ctx, k.Owner, row, secret.String{})
		if err != nil || res.Status != intake.Stored || res.Group == nil || res.Generation != 1 {
			t.Errorf("%+v %v", res, err)
		}
		if n := s.asked.Load(); n != 1 {
			t.Errorf("%d commits", n)
		}
		if _, err := k.Vault.Get(ctx, k.Owner, row); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the unknown row is still there: %v", err)
		}
	})
}

// A file that the vault kept unread may hold a key that nobody had in hand lately: when it turns out to, a browser needs a recent
// proof before that key is served.
func TestAKeyThatIsReadOutOfAFileNeedsAProof(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("again.example.com")
	row := unknownRow(t, k, slices.Concat(leaf.CertPEM, leaf.KeyPEM))
	kim := k.Owner
	kim.Session = true
	if _, err := k.Vault.ParseAgain(ctx, kim, row, secret.String{}); !errors.Is(err, tenant.NotFresh) {
		t.Fatalf("without a proof: %v", err)
	}
	if _, err := k.Vault.Get(ctx, k.Owner, row); err != nil {
		t.Errorf("the row is not as it was: %v", err)
	}
	kim.Fresh = true
	if res, err := k.Vault.ParseAgain(ctx, kim, row, secret.String{}); err != nil || res.Generation != 1 {
		t.Errorf("with a proof: %+v, %v", res, err)
	}
}
