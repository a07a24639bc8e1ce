package signin_test

import (
	"testing"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
)

func (d *desk) invite(t *testing.T, by signin.Who, email string, role tenant.Role) secret.String {
	t.Helper()
	_, link, err := d.accounts.CreateInvite(ctx, by.Actor, account.NewInvite{Email: email, Role: role})
	ok(t, err)
	return link
}

func TestAnInviteMakesAnAccountOnce(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		owner := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		link := d.invite(t, owner, "lee@example.com", tenant.Editor)
		g, err := d.Invite(ctx, link)
		ok(t, err)
		if g.Workspace.Name != "Acme" || g.Invite.Email != "lee@example.com" || g.Known {
			t.Errorf("%+v", g)
		}
		in := signin.NewPerson{Name: "Lee", Email: "boss@example.com", Password: pw("short")}
		_, err = d.AcceptInvite(ctx, link, in, here)
		field(t, err, "password")
		in.Password = pw(password)
		opened := make([]signin.Opened, 4)
		one(t, atOnce(len(opened), func(i int) (err error) {
			opened[i], err = d.AcceptInvite(ctx, link, in, here)
			return err
		}), "invite_dead", "sign_in_first")
		for _, o := range opened {
			if o.Cookie.Empty() {
				continue
			}
			// Whatever was typed: the account is of the address that was invited.
			if w := d.who(t, o.Cookie); w.Person.Email != "lee@example.com" || w.Role != tenant.Editor || w.Workspace.Name != "Acme" || w.Platform {
				t.Errorf("%+v", w)
			}
		}
		_, err = d.Invite(ctx, link)
		code(t, err, "invite_dead")
		if d.told(t, owner.Tenant, signin.InviteAccept, "role", "editor", "invited", "lee@example.com", "by", "kim@example.com") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, owner.Tenant))
		}
	})
}

func TestDeadInvites(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		owner := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		lee := d.member(t, "lee@example.com", "Beta", tenant.Owner)
		in := signin.NewPerson{Name: "Eve", Password: pw(password)}
		unknown, _ := token.New(token.Invite)
		setup, _ := token.New(token.Setup)
		replaced := d.invite(t, owner, "eve@example.com", tenant.Owner)
		withdrawn, link, err := d.accounts.CreateInvite(ctx, owner.Actor, account.NewInvite{Email: "eve@example.com", Role: tenant.Viewer})
		ok(t, err)
		_, err = d.Invite(ctx, link)
		ok(t, err)
		ok(t, d.accounts.DeleteInvite(ctx, owner.Actor, withdrawn.ID))
		old := d.invite(t, owner, "eve@example.com", tenant.Owner)
		d.pass(tenant.InviteFor)
		for _, l := range []secret.String{unknown, setup, replaced, link, old, pw(""), pw("inv_")} {
			_, err := d.Invite(ctx, l)
			code(t, err, "invite_dead")
			_, err = d.AcceptInvite(ctx, l, in, here)
			code(t, err, "invite_dead")
			_, err = d.JoinInvite(ctx, lee, l)
			code(t, err, "invite_dead")
		}
		// A workspace that is deleted takes its invites along.
		d.pass(1)
		owner = d.signedIn(t, "kim@example.com")
		link = d.invite(t, owner, "eve@example.com", tenant.Owner)
		ok(t, d.accountGone(t, owner))
		_, err = d.AcceptInvite(ctx, link, in, here)
		code(t, err, "invite_dead")
	})
}

func TestSomebodyWithAnAccountJoins(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		owner := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.member(t, "lee@example.com", "Beta", tenant.Owner)
		link := d.invite(t, owner, "LEE@example.com", tenant.Viewer)
		if g, err := d.Invite(ctx, link); err != nil || !g.Known {
			t.Errorf("%+v, %v", g, err)
		}
		_, err := d.AcceptInvite(ctx, link, signin.NewPerson{Name: "Lee", Password: pw(password)}, here)
		code(t, err, "sign_in_first")
		// Who is a member already leaves the invite as it is.
		_, err = d.JoinInvite(ctx, owner, link)
		code(t, err, "already_member")
		cookie := mustOpen(t, d, "lee@example.com")
		lee := d.who(t, cookie)
		id, err := d.JoinInvite(ctx, lee, link)
		ok(t, err)
		if w := d.who(t, cookie); id != owner.Tenant || w.Tenant != id || w.Role != tenant.Viewer {
			t.Errorf("%+v", w)
		}
		_, err = d.JoinInvite(ctx, lee, link)
		code(t, err, "invite_dead")
		// The link is the proof, whatever address it was sent to; the trail names both.
		d.person(t, tenant.User{Email: "max@example.com"})
		_, err = d.JoinInvite(ctx, d.signedIn(t, "max@example.com"), d.invite(t, owner, "m.miller@example.com", tenant.Editor))
		ok(t, err)
		found := false
		for _, e := range d.trail(t, owner.Tenant) {
			found = found || e.Action == signin.InviteAccept && e.ObjectName == "max@example.com" && e.Details["invited"] == "m.miller@example.com"
		}
		if !found {
			t.Errorf("the trail has %+v", d.trail(t, owner.Tenant))
		}
	})
}
