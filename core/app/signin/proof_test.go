package signin_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// The password alone proves enough for keys and devices, and not enough to take a second factor away.
func TestASecondFactorIsChangedWithTheSecondFactor(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		a, recovery := d.withApp(t, w)
		d.pass(tenant.FreshFor)
		cookie := d.proved(t, d.who(t, signedInWith(t, d, a).Cookie), signin.Proof{Password: pw(password)})
		weak := d.who(t, cookie)
		if !weak.Fresh || weak.Strong || !weak.Can(tenant.TargetCreate) || weak.Can(tenant.CredentialUpdate) {
			t.Errorf("a password alone: fresh %v, strong %v", weak.Fresh, weak.Strong)
		}
		code(t, d.RemoveAuthenticator(ctx, weak), "confirm_second_factor")
		_, err := d.NewRecoveryCodes(ctx, weak)
		code(t, err, "confirm_second_factor")
		code(t, d.ChangePassword(ctx, weak, pw(password), pw("battery staple")), "confirm_second_factor")

		d.pass(time.Minute)
		for _, p := range []signin.Proof{
			{Password: pw("wrong password"), Code: a.code(t, d.clock())}, {Password: pw(password), Code: "000000"},
			{Password: pw(password), Code: "aaaaa-bbbbb"}, {Code: a.code(t, d.clock())},
		} {
			if out, err := d.Confirm(ctx, weak, p, here); err == nil {
				t.Errorf("proved by %q: strong %v", p.Code, out.Session.Strong)
			}
		}
		if n := d.told(t, w.Tenant, signin.SessionRefuse); n != 2 {
			t.Errorf("the trail tells of %d refusals", n)
		}
		for _, c := range []string{a.code(t, d.clock()), recovery[0].Reveal()} {
			strong := d.who(t, d.proved(t, d.who(t, cookie), signin.Proof{Password: pw(password), Code: c}))
			if !strong.Fresh || !strong.Strong || !strong.Can(tenant.CredentialUpdate) {
				t.Errorf("both: fresh %v, strong %v", strong.Fresh, strong.Strong)
			}
			_, err = d.Confirm(ctx, strong, signin.Proof{Password: pw(password), Code: c}, here)
			code(t, err, "wrong_code") // none is taken twice
			cookie = d.proved(t, strong, signin.Proof{Password: pw(password)})
		}
		if d.told(t, w.Tenant, signin.SessionConfirm, "by", "password", "second", "authenticator") != 1 ||
			d.told(t, w.Tenant, signin.SessionConfirm, "second", "recovery_code") != 1 || d.told(t, w.Tenant, signin.SessionConfirm, "by", "password") != 5 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
		// It gets old like any other.
		out := signedInWith(t, d, a)
		if !d.who(t, out.Cookie).Can(tenant.CredentialUpdate) {
			t.Error("a sign-in with both factors is no strong proof")
		}
		d.pass(tenant.FreshFor + time.Second)
		code(t, d.RemoveAuthenticator(ctx, d.who(t, out.Cookie)), "confirm_second_factor")
	})
}

// signedInWith signs kim in with password and app.
func signedInWith(t *testing.T, d *desk, a app) signin.Opened {
	t.Helper()
	d.pass(time.Minute)
	out, err := d.SecondFactor(ctx, d.pending(t, "kim@example.com"), a.code(t, d.clock()), here)
	ok(t, err)
	return out
}

func TestAPasskeyIsAStrongProof(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		mine := mustOpen(t, d, "kim@example.com")
		other := mustOpen(t, d, "kim@example.com")
		d.passkey(t, d.who(t, mine), "laptop")
		if !d.who(t, mine).Strong || d.who(t, other).Strong {
			t.Error("what was just made proves this browser, and no other")
		}
		w := d.who(t, other)
		code(t, d.ChangePassword(ctx, w, pw(password), pw("battery staple")), "confirm_second_factor")
		c, err := d.BeginConfirmPasskey(ctx, w)
		ok(t, err)
		out, err := d.FinishConfirmPasskey(ctx, w, c.Ceremony, d.device.answer(c.Options, "laptop"), here)
		ok(t, err)
		w = d.who(t, out.Cookie)
		ok(t, d.ChangePassword(ctx, w, pw(password), pw("battery staple")))
		if d.told(t, w.Tenant, signin.SessionConfirm, "by", "passkey") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
		c, err = d.BeginPasskeySignIn(ctx)
		ok(t, err)
		out, err = d.FinishPasskeySignIn(ctx, c.Ceremony, d.device.answer(c.Options, "laptop"), here)
		ok(t, err)
		if !d.who(t, out.Cookie).Can(tenant.CredentialUpdate) {
			t.Error("a sign-in by passkey is no strong proof")
		}
	})
}

// An answer that is lost, or another tab that asks at that moment, leaves a browser with the cookie of before.
func TestTheCookieOfBeforeReadsForAMoment(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		old := mustOpen(t, d, "kim@example.com")
		if d.who(t, old).Previous {
			t.Error("the cookie is one of before")
		}
		cookie := d.proved(t, d.who(t, old), signin.Proof{Password: pw(password)})
		was, is := d.who(t, old), d.who(t, cookie)
		if !was.Previous || is.Previous || was.Browser.ID != is.Browser.ID {
			t.Errorf("previous: %v, %v", was.Previous, is.Previous)
		}
		if was.Fresh || was.Can(tenant.CredentialUpdate) || was.Can(tenant.ArtifactExport) || !was.Can(tenant.ArtifactRead) || !is.Fresh {
			t.Error("the cookie of before has the new proof")
		}
		// It is no cookie to end a session with, nor to sign in on.
		visit := here
		visit.Held = old
		_, err := d.SignIn(ctx, "kim@example.com", pw(password), visit)
		ok(t, err)
		d.who(t, cookie)
		d.pass(tenant.RenewedFor - time.Millisecond)
		d.who(t, old)
		d.pass(time.Millisecond)
		_, err = d.Authenticate(ctx, old, here.Address)
		code(t, err, "signed_out")
		next := d.proved(t, d.who(t, cookie), signin.Proof{Password: pw(password)})
		_, err = d.Authenticate(ctx, old, here.Address) // only the last one
		code(t, err, "signed_out")
		d.who(t, cookie)
		ok(t, d.SignOut(ctx, d.who(t, next)))
		for _, c := range []string{cookie.Reveal(), next.Reveal()} {
			_, err = d.Authenticate(ctx, pw(c), here.Address)
			code(t, err, "signed_out")
		}
		// Whoever has the cookie of a sign-in that still waited for its second factor reads nothing.
		w := d.signedIn(t, "kim@example.com")
		a, _ := d.withApp(t, w)
		pending := d.pending(t, "kim@example.com")
		_, err = d.SecondFactor(ctx, pending, a.code(t, d.clock()), here)
		ok(t, err)
		_, err = d.Authenticate(ctx, pending, here.Address)
		code(t, err, "signed_out")
	})
}

func TestAClockThatIsSetBackRevivesNothing(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		ended, unasked := mustOpen(t, d, "kim@example.com"), mustOpen(t, d, "kim@example.com")
		d.pass(tenant.SessionIdle + time.Minute)
		_, err := d.Authenticate(ctx, ended, here.Address)
		code(t, err, "signed_out")
		d.pass(-tenant.SessionIdle)
		_, err = d.Authenticate(ctx, ended, here.Address)
		code(t, err, "signed_out") // its row is gone
		d.who(t, unasked)          // nobody came with it: nothing had ended

		late := mustOpen(t, d, "kim@example.com")
		d.pass(-tenant.ClockMayLag) // clocks of two servers may differ so much
		if !d.who(t, late).Fresh {
			t.Error("not fresh")
		}
		d.pass(-2 * time.Minute)
		_, err = d.Authenticate(ctx, late, here.Address)
		code(t, err, "signed_out")
		d.pass(tenant.ClockMayLag)
		d.who(t, late) // the clock was wrong, not the session

		a, _ := d.withApp(t, d.who(t, late))
		pending := d.pending(t, "kim@example.com")
		d.pass(tenant.PendingFor)
		_, err = d.SecondFactor(ctx, pending, a.code(t, d.clock()), here)
		code(t, err, "sign_in_again")
		d.pass(-tenant.PendingFor)
		_, err = d.SecondFactor(ctx, pending, a.code(t, d.clock().Add(time.Minute)), here)
		code(t, err, "sign_in_again")
	})
}
