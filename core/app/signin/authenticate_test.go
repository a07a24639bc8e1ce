package signin_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func mustOpen(t *testing.T, d *desk, email string) secret.String {
	t.Helper()
	out, err := d.SignIn(ctx, email, pw(password), here)
	ok(t, err)
	return out.Cookie
}

// accountGone deletes the workspace in use.
func (d *desk) accountGone(t *testing.T, w signin.Who) error {
	t.Helper()
	return d.accounts.DeleteWorkspace(ctx, w.Actor, w.Workspace.Name)
}

func TestWhatIsNoCookieIsRefusedBeforeAnyLookup(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		good := mustOpen(t, d, "kim@example.com").Reveal()
		before := d.store.lookups()
		for _, s := range []string{
			"", good[1:], good + "A", good + "=", " " + good[1:], strings.Repeat("+", 43), good[:42] + "\n", strings.Repeat("A", 1<<20),
			good[:42] + "B", // not what 32 bytes encode to
		} {
			_, err := d.Authenticate(ctx, pw(s), here.Address)
			if s != good {
				code(t, err, "signed_out")
			}
			_, err = d.SecondFactor(ctx, pw(s), "123456", here)
			code(t, err, "sign_in_again")
		}
		if n := d.store.lookups() - before; n != 0 {
			t.Errorf("%d look-ups", n)
		}
		_, err := d.Authenticate(ctx, pw(strings.Repeat("A", 43)), here.Address)
		code(t, err, "signed_out")
	})
}

func TestSessionsEnd(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.install(t)
		member := d.member(t, "lee@example.com", "Beta", tenant.Owner)
		for _, c := range []struct {
			email         string
			idle, longest time.Duration
		}{
			{"kim@example.com", tenant.AdminSessionIdle, tenant.AdminSessionLong},
			{member.Person.Email, tenant.SessionIdle, tenant.SessionLongest},
		} {
			idle := mustOpen(t, d, c.email)
			busy := mustOpen(t, d, c.email)
			began := d.clock()
			d.pass(c.idle - time.Minute - time.Second) // what is stored is to the minute
			d.who(t, busy)
			d.pass(time.Minute + time.Second)
			_, err := d.Authenticate(ctx, idle, here.Address)
			code(t, err, "signed_out")
			for d.clock().Add(c.idle / 2).Before(began.Add(c.longest)) {
				d.who(t, busy)
				d.pass(c.idle / 2)
			}
			d.who(t, busy)
			d.pass(began.Add(c.longest).Sub(d.clock()) - time.Second)
			d.who(t, busy)
			d.pass(time.Second)
			_, err = d.Authenticate(ctx, busy, here.Address)
			code(t, err, "signed_out")
		}
	})
}

func TestUseIsWrittenDownByTheMinute(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		cookie := mustOpen(t, d, "kim@example.com")
		elsewhere := netip.MustParseAddr("2001:db8::1")
		last := func() tenant.Session { return d.who(t, cookie).Browser }
		d.pass(2 * time.Minute)
		_, err := d.Authenticate(ctx, cookie, elsewhere)
		ok(t, err)
		if got := last().LastAt; !got.Equal(d.clock().Add(-2 * time.Minute).Truncate(time.Minute)) {
			t.Errorf("written at once: %v", got)
		}
		_, err = d.Authenticate(ctx, cookie, elsewhere)
		ok(t, err)
		ok(t, d.FlushSeen(ctx))
		if s := last(); !s.LastAt.Equal(d.clock().Truncate(time.Minute)) || s.Address != elsewhere {
			t.Errorf("%v from %v", s.LastAt, s.Address)
		}
		// The loop writes once more when it ends.
		d.pass(2 * time.Minute)
		d.who(t, cookie)
		stop, cancel := context.WithCancel(ctx)
		cancel()
		d.Run(stop)
		if s := last(); !s.LastAt.Equal(d.clock().Truncate(time.Minute)) || s.Address != here.Address {
			t.Errorf("%v from %v", s.LastAt, s.Address)
		}
		// What is old is written by the request itself.
		d.pass(20 * time.Minute)
		d.who(t, cookie)
		if got := last().LastAt; !got.Equal(d.clock().Truncate(time.Minute)) {
			t.Errorf("not written: %v", got)
		}
	})
}

func TestProofOfIdentityGetsOld(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		cookie := mustOpen(t, d, "kim@example.com")
		d.pass(tenant.FreshFor)
		if w := d.who(t, cookie); !w.Fresh || !w.Can(tenant.TargetCreate) {
			t.Error("not fresh any more")
		}
		d.pass(time.Second)
		w := d.who(t, cookie)
		if w.Fresh || w.Can(tenant.TargetCreate) || !w.Can(tenant.GroupCreate) {
			t.Error("still fresh")
		}
		_, err := d.Confirm(ctx, w, signin.Proof{Password: pw("wrong password")}, here)
		field(t, err, "password")
		out, err := d.Confirm(ctx, w, signin.Proof{Password: pw(password)}, here)
		ok(t, err)
		if w = d.who(t, out.Cookie); !w.Fresh || out.Session.ID != w.Browser.ID {
			t.Error("not fresh after the proof")
		}
		d.pass(tenant.RenewedFor)
		_, err = d.Authenticate(ctx, cookie, here.Address)
		code(t, err, "signed_out")
		// An API token that is made here outlives the session.
		made, _, err := d.accounts.CreateToken(ctx, w.Actor, account.NewToken{Name: "ci"})
		ok(t, err)
		if !made.ExpiresAt.IsZero() {
			t.Errorf("the token ends at %v", made.ExpiresAt)
		}
		// A proof does not make the session last longer.
		d.pass(tenant.SessionIdle - time.Minute)
		if s := d.who(t, out.Cookie).Browser; !s.ExpiresAt.Equal(s.CreatedAt.Add(tenant.SessionLongest)) {
			t.Errorf("ends at %v", s.ExpiresAt)
		}
	})
}

func TestRightsChangeWithTheNextRequest(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		owner := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.person(t, tenant.User{Email: "lee@example.com"})
		lee := d.member(t, "lee@example.com", "Acme", tenant.Editor)
		cookie := mustOpen(t, d, "lee@example.com")
		if !d.who(t, cookie).Can(tenant.GroupCreate) {
			t.Fatal("an editor may not edit")
		}
		viewer := tenant.Viewer
		_, err := d.accounts.ChangeMember(ctx, owner.Actor, lee.User, account.MemberChange{Role: &viewer})
		ok(t, err)
		if w := d.who(t, cookie); w.Role != tenant.Viewer || w.Can(tenant.GroupCreate) {
			t.Errorf("still %s", w.Role)
		}
		ok(t, d.accounts.RemoveMember(ctx, owner.Actor, lee.User))
		w := d.who(t, cookie)
		if w.Must != signin.MustWorkspace || w.Tenant != "" || w.Role != "" || w.Workspace.ID != "" || w.Can(tenant.GroupRead) {
			t.Errorf("%+v", w)
		}
		// In another workspace from the request after the invitation on, and the session stays there.
		d.member(t, "lee@example.com", "Beta", tenant.Owner)
		if w = d.who(t, cookie); w.Workspace.Name != "Beta" || w.Role != tenant.Owner || w.Must != "" {
			t.Errorf("%+v", w)
		}
		if s := d.who(t, cookie).Browser; s.Tenant != w.Tenant {
			t.Errorf("the session is in %q", s.Tenant)
		}
		ok(t, d.accountGone(t, w))
		if w = d.who(t, cookie); w.Must != signin.MustWorkspace || w.Tenant != "" {
			t.Errorf("%+v", w)
		}
	})
}

func TestAWorkspaceMayAskForASecondFactor(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		cookie := mustOpen(t, d, "kim@example.com")
		d.demand(t, w.Tenant)
		w = d.who(t, cookie)
		if w.Must != signin.MustSecondFactor || w.Can(tenant.GroupRead) || !w.Can(tenant.CredentialUpdate) {
			t.Errorf("must %q", w.Must)
		}
		d.withApp(t, w)
		if w = d.who(t, cookie); w.Must != "" || !w.Can(tenant.GroupRead) {
			t.Errorf("must %q", w.Must)
		}
	})
}

// demand makes a workspace ask its members for a second factor.
func (d *desk) demand(t *testing.T, id tenant.ID) {
	t.Helper()
	ok(t, d.store.Tenant(id).Update(ctx, func(tx ports.Tx) error {
		now, err := tx.Workspace().Get(ctx)
		if err != nil {
			return err
		}
		now.SecondFactor = true
		return tx.Workspace().Update(ctx, now)
	}))
}

func TestARevokedSessionIsDeadOnEveryReplica(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		stranger := d.member(t, "eve@example.com", "Beta", tenant.Owner)
		replica := signin.New(d.deps)
		mine, a, b := mustOpen(t, d, "kim@example.com"), mustOpen(t, d, "kim@example.com"), mustOpen(t, d, "kim@example.com")
		w := d.who(t, mine)
		alive := func(c secret.String, want bool) {
			t.Helper()
			if _, err := replica.Authenticate(ctx, c, here.Address); (err == nil) != want {
				t.Errorf("alive: %v", err)
			}
		}
		alive(a, true)
		victim := d.who(t, a).Browser.ID
		for _, id := range []string{"", "ses_nosuch", "A' OR 1=1"} {
			code(t, d.Revoke(ctx, w, id), "not_found")
		}
		code(t, d.Revoke(ctx, stranger, victim), "not_found")
		alive(a, true)
		ok(t, d.Revoke(ctx, w, victim))
		alive(a, false)
		alive(b, true)
		list, err := d.Sessions(ctx, w)
		ok(t, err)
		if len(list) != 3 { // of the helper that made the member, mine, b
			t.Errorf("%d sessions", len(list))
		}
		n, err := d.RevokeOthers(ctx, w)
		ok(t, err)
		alive(b, false)
		alive(mine, true)
		if n != 2 {
			t.Errorf("%d ended", n)
		}
		ok(t, d.SignOut(ctx, w))
		ok(t, d.SignOut(ctx, w))
		alive(mine, false)
		if d.told(t, w.Tenant, signin.SessionDelete) != 3 || d.told(t, w.Tenant, signin.SessionDelete, "others", "2") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
	})
}

func TestOnlyLivingSessionsAreListed(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.pass(tenant.SessionIdle + time.Minute)
		cookie := mustOpen(t, d, "kim@example.com")
		list, err := d.Sessions(ctx, d.who(t, cookie))
		ok(t, err)
		if len(list) != 1 {
			t.Errorf("%d sessions", len(list))
		}
	})
}
