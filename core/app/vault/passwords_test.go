package vault_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

// A browser left open renames a group; the password under which its keys are handed out takes a proof.
func TestTheGroupsPasswordNeedsAProof(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("pw.example.com")
		upload(t, k, "pw", "p.pem", leaf.CertPEM, leaf.KeyPEM)
		gid, name, pw := groupID(t, k, "pw"), "renamed", secret.NewString("the group's own")
		stale := k.Owner
		stale.Session = true
		if _, err := k.Vault.ChangeGroup(ctx, stale, gid, vault.GroupChange{Name: &name}); err != nil {
			t.Errorf("a name: %v", err)
		}
		set, clear := vault.GroupChange{Password: &pw}, vault.GroupChange{ClearPassword: true}
		_, err := k.Vault.ChangeGroup(ctx, stale, gid, set)
		code(t, err, "confirm_identity")
		fresh := stale
		fresh.Fresh = true
		g, err := k.Vault.ChangeGroup(ctx, fresh, gid, set)
		if err != nil || g.PasswordVersion == 0 {
			t.Errorf("after a proof: %+v, %v", g, err)
		}
		_, err = k.Vault.ChangeGroup(ctx, stale, gid, clear)
		code(t, err, "confirm_identity")
		if g, err = k.Vault.Group(ctx, stale, gid); err != nil || g.PasswordVersion == 0 {
			t.Errorf("a refusal cleared it: %+v, %v", g, err)
		}
		if _, err = k.Vault.ChangeGroup(ctx, k.Owner, gid, clear); err != nil { // a token is asked for none
			t.Error(err)
		}
	})
}

// Builds under passwords of the moment neither push out the group's own password nor forget one another, and are bounded.
func TestManyPasswordsDoNotPushOutTheGroupsOwn(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("pw.example.com")
		upload(t, k, "pw", "p.pem", leaf.CertPEM, leaf.KeyPEM)
		own := secret.NewString("the group's own")
		gid := groupID(t, k, "pw")
		g, err := k.Vault.ChangeGroup(ctx, k.Owner, gid, vault.GroupChange{Password: &own})
		if err != nil {
			t.Fatal(err)
		}
		build := func(password string) ([]byte, error) {
			d, err := k.Vault.BuildPFX(ctx, k.Owner, gid, secret.NewString(password), "modern")
			return d.Body.Reveal(), err
		}
		first, err := build("ad hoc 0")
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < 60; i++ {
			if _, err := build(fmt.Sprintf("ad hoc %d", i)); err != nil {
				t.Fatal(err)
			}
		}
		var gen group.Generation
		err = k.Store.Tenant(k.Tenant).Update(ctx, func(tx ports.Tx) error {
			newest, err := tx.Groups().Passwords(ctx, gid, 1)
			if err != nil {
				return err
			}
			if newest[0].Version != 61 {
				t.Fatalf("%d versions", newest[0].Version)
			}
			for n := newest[0].Version + 1; n <= vault.PasswordsMax; n++ { // the rest of what is allowed
				p := group.Password{ID: fmt.Sprintf("gpw_%d", n), Group: gid, Version: n, Sealed: []byte("x")}
				if err := tx.Groups().AddPassword(ctx, p, []byte(p.ID)); err != nil {
					return err
				}
			}
			gen, err = tx.Generations().Get(ctx, gid, 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// what a pull asks for: the group's own version
		if _, err := k.Forms.Ensure(ctx, k.Tenant, gid, group.FormKey{Generation: gen.ID, Kind: group.FormPFX, PasswordVersion: g.PasswordVersion}); err != nil {
			t.Errorf("the group's own password is lost: %v", err)
		}
		if again, err := build("ad hoc 0"); err != nil || !bytes.Equal(again, first) {
			t.Errorf("a password that was used before gives another file, %v", err)
		}
		_, err = build("one too many")
		code(t, err, "too_many_passwords")
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("kind %v", fault.KindOf(err))
		}
		for _, next := range []string{"a new own one", "ad hoc 1"} {
			pw := secret.NewString(next)
			if _, err := k.Vault.ChangeGroup(ctx, k.Owner, gid, vault.GroupChange{Password: &pw}); err != nil {
				t.Errorf("the group's password cannot be set any more: %v", err)
			}
			byName, err := build(next)
			if err != nil {
				t.Fatal(err)
			}
			if own, err := build(""); err != nil || !bytes.Equal(own, byName) {
				t.Errorf("the group's own password, %q, is not used: %v", next, err)
			}
		}
	})
}

// The same password is another one in another group, and in another tenant's group: nothing can be compared.
func TestPasswordsAreTheGroupsAlone(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		pw := secret.NewString("same")
		for _, name := range []string{"a", "b"} {
			g, err := k.Vault.CreateGroup(ctx, k.Owner, name, pw)
			if err != nil || g.PasswordVersion != 1 {
				t.Errorf("%s: version %d, %v", name, g.PasswordVersion, err)
			}
		}
	})
}
