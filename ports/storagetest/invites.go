package storagetest

import (
	"fmt"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// invite makes up an invite, not stored yet.
func (k *kit) invite(email string) tenant.Invite {
	return tenant.Invite{ID: k.newID("in"), Email: email, Role: tenant.Editor, Hash: k.hash(), CreatedBy: "kim@example.com", Maker: "us_kim",
		CreatedAt: at(k.n), ExpiresAt: at(9999)}
}

func inviteRows(k *kit) {
	id, other := k.tenant(), k.tenant()
	a, b, elsewhere := k.invite("a@example.com"), k.invite("B@Example.com"), k.invite("a@example.com")
	k.update(other, func(tx ports.Tx) error { return tx.Invites().Insert(k.ctx, elsewhere) }) // addresses are the tenant's own
	list := func() (out []tenant.Invite) {
		k.view(id, func(tx ports.Tx) (err error) {
			out, err = tx.Invites().List(k.ctx)
			return err
		})
		return out
	}
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Invites().Insert(k.ctx, a))
		return tx.Invites().Insert(k.ctx, b)
	})
	same(k, list(), []tenant.Invite{b, a})

	// Asking the same address again puts the first link out of use.
	again := k.invite("A@example.COM")
	again.Role = tenant.Owner
	k.update(id, func(tx ports.Tx) error { return tx.Invites().Insert(k.ctx, again) })
	same(k, list(), []tenant.Invite{again, b})
	_, err := k.s.Lookup().InviteGrant(k.ctx, a.Hash)
	k.missing(err)
	k.update(id, func(tx ports.Tx) error {
		got, err := tx.Invites().Get(k.ctx, again.ID)
		k.ok(err)
		same(k, got, again)
		_, err = tx.Invites().Get(k.ctx, a.ID)
		k.missing(err)
		_, err = tx.Invites().Get(k.ctx, elsewhere.ID)
		k.missing(err)
		k.missing(tx.Invites().Delete(k.ctx, elsewhere.ID))
		return nil
	})

	// What the link stands for; whether it has expired is the caller's to judge.
	k.platform(func(tx ports.PlatformTx) error {
		return tx.Users().Insert(k.ctx, tenant.User{ID: "us_b", Email: "b@example.com", CreatedAt: start})
	})
	var w tenant.Tenant
	k.view(id, func(tx ports.Tx) (err error) {
		w, err = tx.Workspace().Get(k.ctx)
		return err
	})
	for _, want := range []tenant.InviteGrant{{Invite: again, Workspace: w}, {Invite: b, Workspace: w, Known: true}} {
		got, err := k.s.Lookup().InviteGrant(k.ctx, want.Invite.Hash)
		k.ok(err)
		same(k, got, want)
	}
	_, err = k.s.Lookup().InviteGrant(k.ctx, k.hash())
	k.missing(err)

	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Invites().Delete(k.ctx, b.ID))
		k.missing(tx.Invites().Delete(k.ctx, b.ID))
		return nil
	})
	_, err = k.s.Lookup().InviteGrant(k.ctx, b.Hash)
	k.missing(err)
	invitesOfMaker(k, id, elsewhere)
	k.missing(k.try("tn_nosuch", func(tx ports.Tx) error { return tx.Invites().Insert(k.ctx, k.invite("c@example.com")) }))

	k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, id) })
	_, err = k.s.Lookup().InviteGrant(k.ctx, again.Hash)
	k.missing(err)
	same(k, len(list()), 0)
	_, err = k.s.Lookup().InviteGrant(k.ctx, elsewhere.Hash)
	k.ok(err)
}

// invitesOfMaker: those that one person made can be ended together, in one workspace.
func invitesOfMaker(k *kit, id tenant.ID, elsewhere tenant.Invite) {
	x, y, operator := k.invite("x@example.com"), k.invite("y@example.com"), k.invite("z@example.com")
	x.Maker, y.Maker, operator.Maker = "us_gone", "us_gone", ""
	k.update(id, func(tx ports.Tx) error {
		for _, i := range []tenant.Invite{x, y, operator} {
			k.ok(tx.Invites().Insert(k.ctx, i))
		}
		y.Maker = "us_stays" // invited again by somebody else
		k.ok(tx.Invites().Insert(k.ctx, y))
		for _, c := range []struct {
			maker tenant.UserID
			n     int
		}{{"", 0}, {"us_nosuch", 0}, {"us_gone", 1}, {"us_gone", 0}} {
			n, err := tx.Invites().DeleteOf(k.ctx, c.maker)
			k.ok(err)
			same(k, n, c.n)
		}
		return nil
	})
	_, err := k.s.Lookup().InviteGrant(k.ctx, x.Hash)
	k.missing(err)
	for _, i := range []tenant.Invite{y, operator, elsewhere} {
		g, err := k.s.Lookup().InviteGrant(k.ctx, i.Hash)
		k.ok(err)
		same(k, g.Invite, i)
	}
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Invites().Delete(k.ctx, y.ID))
		return tx.Invites().Delete(k.ctx, operator.ID)
	})
}

// profiles shows what people and workspaces say about themselves, and where people are members.
func profiles(k *kit) {
	kim := k.user()
	k.platform(func(tx ports.PlatformTx) error {
		u := kim
		u.Name, u.TimeZone, u.DateFormat = "Kim K.", "Asia/Kolkata", tenant.DateUS
		k.ok(tx.Users().SetProfile(k.ctx, u))
		bent := u
		bent.Email, bent.PasswordHash, bent.PlatformAdmin = "x@example.com", "x", true // not part of it
		k.ok(tx.Users().SetProfile(k.ctx, bent))
		got, err := tx.Users().Get(k.ctx, kim.ID)
		k.ok(err)
		same(k, got, u)
		k.missing(tx.Users().SetProfile(k.ctx, tenant.User{ID: "us_nosuch"}))
		for i := range 2 { // the second time it was so before
			before, err := tx.Users().NoteWorkspace(k.ctx, kim.ID)
			k.ok(err)
			same(k, before, i == 1)
		}
		got, err = tx.Users().Get(k.ctx, kim.ID)
		k.ok(err)
		u.HadWorkspace = true
		same(k, got, u)
		_, err = tx.Users().NoteWorkspace(k.ctx, "us_nosuch")
		k.missing(err)
		list, err := tx.Users().Memberships(k.ctx, kim.ID)
		k.ok(err)
		same(k, len(list), 0)

		u.ID, u.Email = "us_made", "made@example.com" // a person may be made with all of it
		k.ok(tx.Users().Insert(k.ctx, u))
		got, err = tx.Users().ByEmail(k.ctx, u.Email)
		k.ok(err)
		same(k, got, u)
		return nil
	})
	names := []string{"beta", "Alpha", "gamma", "Delta"}
	roles := []tenant.Role{tenant.Owner, tenant.Viewer, tenant.Editor, tenant.Owner}
	want := make([]tenant.Membership, len(names))
	for i, name := range names {
		t := tenant.Tenant{ID: tenant.ID(k.newID("tn")), Name: name, TimeZone: "Europe/Paris", CreatedAt: at(i), SecondFactor: i == 1}
		if i == 2 {
			t.ConfirmedAt = at(5)
		}
		want[i] = tenant.Membership{Tenant: t, Role: roles[i]}
		k.platform(func(tx ports.PlatformTx) error {
			k.ok(tx.Tenants().Insert(k.ctx, t, ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte("b")}))
			k.ok(tx.In(t.ID).Members().Insert(k.ctx, tenant.Member{User: k.sibling(tx, i), Role: tenant.Owner, CreatedAt: start}))
			return tx.In(t.ID).Members().Insert(k.ctx, tenant.Member{User: kim.ID, Role: roles[i], CreatedAt: start})
		})
	}
	where := func() (out []tenant.Membership) {
		k.ok(k.s.Platform().View(k.ctx, func(tx ports.PlatformTx) (err error) {
			out, err = tx.Users().Memberships(k.ctx, kim.ID)
			return err
		}))
		return out
	}
	same(k, where(), []tenant.Membership{want[1], want[0], want[3], want[2]})
	k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, want[1].Tenant.ID) })
	k.update(want[3].Tenant.ID, func(tx ports.Tx) error { return tx.Members().Delete(k.ctx, kim.ID) })
	same(k, where(), []tenant.Membership{want[0], want[2]})
}

// sibling makes another person inside a transaction.
func (k *kit) sibling(tx ports.PlatformTx, n int) tenant.UserID {
	u := tenant.User{ID: tenant.UserID(k.newID("us")), Email: fmt.Sprint("sibling", n, "@example.com"), CreatedAt: start}
	k.ok(tx.Users().Insert(k.ctx, u))
	return u.ID
}

func userDelete(k *kit) {
	id, dead := k.tenant(), k.tenant()
	kim, lee := k.member(id, tenant.Owner), k.member(id, tenant.Owner)
	mine, theirs := k.session(kim.ID, id, 1), k.session(lee.ID, id, 1)
	k.signIn(mine, theirs)
	passkey := tenant.Passkey{ID: k.newID("pk"), User: kim.ID, CredentialID: []byte("kim"), CreatedAt: start}
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Factors().PutAuthenticator(k.ctx, tenant.Authenticator{ID: k.newID("au"), User: kim.ID, CreatedAt: start}))
		k.ok(tx.Factors().InsertPasskey(k.ctx, passkey))
		k.ok(tx.Factors().SetRecoveryCodes(k.ctx, kim.ID, []token.Hash{k.hash()}))
		k.ok(tx.Ceremonies().Put(k.ctx, tenant.Ceremony{Hash: k.hash(), Kind: "enrol", User: kim.ID, ExpiresAt: at(60)}))
		k.fails(tx.Users().Delete(k.ctx, kim.ID), fault.Conflict, "is_member")
		_, err := tx.Users().Get(k.ctx, kim.ID) // and nothing has gone, in a transaction that goes on
		k.ok(err)
		_, err = tx.Sessions().Get(k.ctx, mine.ID)
		k.ok(err)
		k.missing(tx.Users().Delete(k.ctx, "us_nosuch"))
		return nil
	})
	// A row in a workspace that is deleted: who joined while it was being deleted has one.
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Tenants().Shred(k.ctx, dead))
		return tx.In(dead).Members().Insert(k.ctx, tenant.Member{User: kim.ID, Role: tenant.Owner, CreatedAt: start})
	})
	k.platform(func(tx ports.PlatformTx) error { // in one of each: nothing goes
		k.fails(tx.Users().Delete(k.ctx, kim.ID), fault.Conflict, "is_member")
		return tx.In(dead).Members().SetRole(k.ctx, kim.ID, tenant.Viewer)
	})
	k.update(id, func(tx ports.Tx) error { return tx.Members().Delete(k.ctx, kim.ID) })
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Users().Delete(k.ctx, kim.ID))
		k.missing(tx.Users().Delete(k.ctx, kim.ID))
		_, err := tx.Users().ByEmail(k.ctx, kim.Email)
		k.missing(err)
		_, err = tx.Sessions().Get(k.ctx, mine.ID)
		k.missing(err)
		_, err = tx.Factors().Authenticator(k.ctx, kim.ID)
		k.missing(err)
		_, err = tx.Factors().ByCredential(k.ctx, passkey.CredentialID)
		k.missing(err)
		n, err := tx.Factors().RecoveryCodes(k.ctx, kim.ID)
		k.ok(err)
		same(k, n, 0)
		kim.ID = "us_again" // the address is free again
		k.ok(tx.Users().Insert(k.ctx, kim))
		_, err = tx.Sessions().Get(k.ctx, theirs.ID)
		return err
	})
}
