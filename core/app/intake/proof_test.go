package intake_test

import (
	"errors"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// stale is the owner in a browser that was left alone for long.
func stale(k *testkit.Kit) tenant.Actor {
	a := k.Owner
	a.Session = true
	return a
}

func uploadAs(k *testkit.Kit, a tenant.Actor, group string, files ...intake.File) error {
	_, err := k.Vault.Upload(ctx, a, intake.Request{Files: files, Group: group})
	return err
}

func groupOf(t *testing.T, k *testkit.Kit, name string) string {
	t.Helper()
	g, err := k.Vault.Group(ctx, k.Owner, name)
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}

func rowsOf(r intake.Result, kind cert.Kind) (ids []artifact.ID) {
	for _, f := range r.Files {
		for _, a := range f.Artifacts {
			if a.Kind == kind && !a.CA {
				ids = append(ids, a.ID)
			}
		}
	}
	return ids
}

// A key of the vault comes to the targets of a group that never served it: each way there needs a recent proof in a browser, and
// nothing happens without one. A token does it as before.
func TestAKeyOfTheVaultGoesToOtherTargetsWithAProofAlone(t *testing.T) {
	www := func() *testcert.Pair { return inter.Leaf("www.example.com", testcert.Days(60)) }
	dev := inter.Leaf("dev.example.com", testcert.Days(30))
	cases := map[string]struct {
		before string // states of dev, before and after a refusal
		after  string // with a proof
		set    func(t *testing.T, k *testkit.Kit) func(tenant.Actor) error
	}{
		"moving a pair": {"", "1 current", func(t *testing.T, k *testkit.Kit) func(tenant.Actor) error {
			p := www()
			r := upload(t, k, "www", file("www.pem", p.CertPEM), file("www.key", p.KeyPEM))
			if _, err := k.Vault.CreateGroup(ctx, k.Owner, "dev", secret.String{}); err != nil {
				t.Fatal(err)
			}
			ids := append(rowsOf(r, cert.KindCert), rowsOf(r, cert.KindKey)...)
			return func(a tenant.Actor) error { return k.Vault.MoveMany(ctx, a, ids, "dev", true) }
		}},
		"activating what never was": {"1 current, 2 staged", "1 previous, 2 current", func(t *testing.T, k *testkit.Kit) func(tenant.Actor) error {
			upload(t, k, "dev", file("dev.pem", dev.CertPEM, dev.KeyPEM))
			p := www()
			upload(t, k, "", file("www.key", p.KeyPEM))
			if err := uploadAs(k, stale(k), "dev", file("www.pem", p.CertPEM)); err != nil { // it only waits there
				t.Fatal(err)
			}
			return func(a tenant.Actor) error {
				_, err := k.Vault.Activate(ctx, a, groupOf(t, k, "dev"), 2)
				return err
			}
		}},
		"uploading its certificate": {"", "1 current", func(t *testing.T, k *testkit.Kit) func(tenant.Actor) error {
			p := www()
			upload(t, k, "", file("www.key", p.KeyPEM))
			if _, err := k.Vault.CreateGroup(ctx, k.Owner, "dev", secret.String{}); err != nil {
				t.Fatal(err)
			}
			return func(a tenant.Actor) error { return uploadAs(k, a, "dev", file("www.pem", p.CertPEM)) }
		}},
		"freeing the key of a certificate that is served alone": {"1 current", "1 current", func(t *testing.T, k *testkit.Kit) func(tenant.Actor) error {
			p := www()
			r := upload(t, k, "locker", file("www.key", p.KeyPEM))
			upload(t, k, "dev", file("www.pem", p.CertPEM))
			nowhere := ""
			return func(a tenant.Actor) error {
				_, err := k.Vault.Change(ctx, a, rowsOf(r, cert.KindKey)[0], vault.Change{Group: &nowhere})
				return err
			}
		}},
		"freeing the key of one that was served alone": {"1 previous, 2 current", "1 previous, 2 current", func(t *testing.T, k *testkit.Kit) func(tenant.Actor) error {
			p, next := www(), inter.Leaf("www.example.com", testcert.Days(90))
			r := upload(t, k, "locker", file("www.key", p.KeyPEM))
			upload(t, k, "dev", file("www.pem", p.CertPEM))
			upload(t, k, "dev", file("next.pem", next.CertPEM, next.KeyPEM))
			nowhere := ""
			return func(a tenant.Actor) error {
				_, err := k.Vault.Change(ctx, a, rowsOf(r, cert.KindKey)[0], vault.Change{Group: &nowhere})
				return err
			}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, who := range []string{"token", "fresh"} {
				k := testkit.Open(t, testkit.SQLite(t), nil)
				do := c.set(t, k)
				want(t, k, "dev", c.before)
				if err := do(stale(k)); !errors.Is(err, tenant.NotFresh) {
					t.Fatalf("without a proof: %v", err)
				}
				want(t, k, "dev", c.before)
				a := k.Owner
				if who == "fresh" {
					a.Session, a.Fresh = true, true
				}
				if err := do(a); err != nil {
					t.Fatalf("%s: %v", who, err)
				}
				want(t, k, "dev", c.after)
			}
		})
	}
}

// What whoever asks has themselves, and what the group's targets have had, goes on without a question.
func TestWhatNeedsNoProof(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	kim := stale(k)
	first, second := inter.Leaf("a.example.com", testcert.Days(30)), inter.Leaf("a.example.com", testcert.Days(60))
	for _, f := range [][]intake.File{
		{file("1.pem", first.CertPEM, first.KeyPEM)},
		{file("2.pem", second.CertPEM), file("2.key", second.KeyPEM)}, // a renewal with its own key
	} {
		if err := uploadAs(k, kim, "a", f...); err != nil {
			t.Fatal(err)
		}
	}
	want(t, k, "a", "1 previous, 2 current")
	for _, n := range []int{1, 2} { // back, and forth again
		if _, err := k.Vault.Activate(ctx, kim, groupOf(t, k, "a"), n); err != nil {
			t.Fatalf("to %d: %v", n, err)
		}
	}
	third := inter.Leaf("a.example.com", testcert.Days(90), testcert.Key(second.Key))
	if err := uploadAs(k, kim, "a", file("3.pem", third.CertPEM)); err != nil { // the same key goes on
		t.Fatal(err)
	}
	want(t, k, "a", "1 previous, 2 previous, 3 current")
	fourth := inter.Leaf("a.example.com", testcert.Days(120))
	if err := uploadAs(k, kim, "a", file("4.pem", fourth.CertPEM)); err != nil {
		t.Fatal(err)
	}
	if err := uploadAs(k, kim, "", file("4.key", fourth.KeyPEM)); err != nil { // the key that it waits for
		t.Fatal(err)
	}
	want(t, k, "a", "1 previous, 2 previous, 3 previous, 4 current")
	fifth := inter.Leaf("b.example.com")
	upload(t, k, "", file("5.key", fifth.KeyPEM))
	if err := uploadAs(k, kim, "b", file("5.pem", fifth.CertPEM, fifth.KeyPEM)); err != nil { // who brings a key has it, even when the vault has it too
		t.Fatal(err)
	}
	want(t, k, "b", "1 current")
	lone := rowsOf(upload(t, k, "c", file("lone.pem", inter.Leaf("c.example.com").CertPEM)), cert.KindCert)
	if err := k.Vault.MoveMany(ctx, kim, lone, "d", true); err != nil { // no key goes with it
		t.Fatal(err)
	}
	want(t, k, "d", "1 current")
}
