package signin_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func TestAnAppIsASecondFactorOnceItIsConfirmed(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		first, err := d.BeginAuthenticator(ctx, w)
		ok(t, err)
		e, err := d.BeginAuthenticator(ctx, w) // begun again: the first key is gone
		ok(t, err)
		_, err = d.ConfirmAuthenticator(ctx, w, app{first.Key.Reveal()}.code(t, d.clock()))
		code(t, err, "wrong_code")
		d.signedIn(t, "kim@example.com")
		right := app{e.Key.Reveal()}
		recovery, err := d.ConfirmAuthenticator(ctx, w, " "+right.code(t, d.clock())[:3]+" "+right.code(t, d.clock())[3:])
		ok(t, err)
		if len(recovery) != tenant.RecoveryCodeCount {
			t.Fatalf("%d recovery codes", len(recovery))
		}
		for _, c := range recovery {
			if !regexp.MustCompile(`^[2-9a-km-np-z]{5}-[2-9a-km-np-z]{5}$`).MatchString(c.Reveal()) {
				t.Errorf("a code of %d characters", len(c.Reveal()))
			}
		}
		_, err = d.ConfirmAuthenticator(ctx, w, right.code(t, d.clock()))
		code(t, err, "authenticator_exists")
		have, err := d.Factors(ctx, w)
		ok(t, err)
		if !have.Authenticator || have.RecoveryCodes != 10 || len(have.Passkeys) != 0 {
			t.Errorf("%+v", have)
		}

		cookie := d.pending(t, "kim@example.com")
		_, err = d.Authenticate(ctx, cookie, here.Address)
		code(t, err, "signed_out")
		asked, err := d.Asked(ctx, cookie)
		ok(t, err)
		if asked != (signin.Asked{Authenticator: true, RecoveryCode: true}) {
			t.Errorf("%+v", asked)
		}
		// The code of the enrolment is spent.
		_, err = d.SecondFactor(ctx, cookie, right.code(t, d.clock()), here)
		code(t, err, "wrong_code")
		d.pass(30 * time.Second)
		out, err := d.SecondFactor(ctx, cookie, right.code(t, d.clock()), here)
		ok(t, err)
		if out.Pending || out.Cookie.Reveal() == cookie.Reveal() {
			t.Errorf("%+v", out.Session)
		}
		if w = d.who(t, out.Cookie); !w.Fresh || !w.SecondFactor || w.Role != tenant.Owner {
			t.Errorf("%+v", w)
		}
		_, err = d.SecondFactor(ctx, cookie, right.code(t, d.clock()), here)
		code(t, err, "sign_in_again")
		_, err = d.SecondFactor(ctx, out.Cookie, right.code(t, d.clock()), here)
		code(t, err, "sign_in_again")
		_, err = d.Asked(ctx, out.Cookie)
		code(t, err, "sign_in_again")
		if d.told(t, w.Tenant, signin.SessionCreate, "second", "authenticator") != 1 || d.told(t, w.Tenant, signin.SessionRefuse) != 1 ||
			d.told(t, w.Tenant, tenant.CredentialUpdate, "authenticator", "added") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
	})
}

func TestTheKeyOfAnAppIsSealed(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		e, err := d.BeginAuthenticator(ctx, w)
		ok(t, err)
		ok(t, d.store.Platform().View(ctx, func(tx ports.PlatformTx) error {
			a, err := tx.Factors().Authenticator(ctx, w.User)
			ok(t, err)
			if strings.Contains(string(a.Sealed), e.Key.Reveal()) || len(a.Sealed) < 40 {
				t.Errorf("%d bytes are stored", len(a.Sealed))
			}
			key, err := d.deps.Sealer.Open(ctx, ports.Place{Table: "authenticators", Column: "secret", Row: a.ID}, a.Sealed)
			ok(t, err)
			if key.Len() != 20 {
				t.Errorf("a key of %d bytes", key.Len())
			}
			return nil
		}))
	})
}

func TestAPendingSignInIsOverAfterFiveWrongCodes(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		a, _ := d.withApp(t, w)
		cookie := d.pending(t, "kim@example.com")
		for i, wrong := range []string{"000000", "", strings.Repeat("9", 1<<20), "aaaaa-bbbbb", "00000l"} {
			_, err := d.SecondFactor(ctx, cookie, wrong, here)
			if i < tenant.MaxFactorTries-1 {
				code(t, err, "wrong_code")
			} else {
				code(t, err, "sign_in_again")
			}
		}
		_, err := d.SecondFactor(ctx, cookie, a.code(t, d.clock()), here)
		code(t, err, "sign_in_again")
		// However many come at once.
		cookie = d.pending(t, "kim@example.com")
		wrong := 0
		for _, err := range atOnce(20, func(int) error {
			_, err := d.SecondFactor(ctx, cookie, "000000", here)
			return err
		}) {
			if strings.HasPrefix(err.Error(), "wrong_code") {
				wrong++
			} else {
				code(t, err, "sign_in_again")
			}
		}
		if wrong != tenant.MaxFactorTries-1 {
			t.Errorf("%d tries were counted as wrong", wrong)
		}
		if n := d.told(t, w.Tenant, signin.SessionRefuse); n != 2*tenant.MaxFactorTries {
			t.Errorf("the trail tells of %d", n)
		}
		// And it does not wait for ever.
		cookie = d.pending(t, "kim@example.com")
		d.pass(tenant.PendingFor)
		_, err = d.SecondFactor(ctx, cookie, a.code(t, d.clock()), here)
		code(t, err, "sign_in_again")
	})
}

func TestACodeIsTakenOnceByManyAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		a, recovery := d.withApp(t, w)
		for _, c := range []string{a.code(t, d.clock()), recovery[0].Reveal()} {
			cookies := make([]secret.String, 6)
			for i := range cookies {
				cookies[i] = d.pending(t, "kim@example.com")
			}
			one(t, atOnce(len(cookies), func(i int) error {
				_, err := d.SecondFactor(ctx, cookies[i], c, here)
				return err
			}), "wrong_code")
		}
		// An older code of the app is not taken after a newer one either.
		cookie := d.pending(t, "kim@example.com")
		_, err := d.SecondFactor(ctx, cookie, a.code(t, d.clock().Add(-30*time.Second)), here)
		code(t, err, "wrong_code")
		_, err = d.SecondFactor(ctx, cookie, strings.ToUpper(strings.ReplaceAll(recovery[1].Reveal(), "-", " ")), here)
		ok(t, err)
		have, err := d.Factors(ctx, w)
		ok(t, err)
		if have.RecoveryCodes != 8 {
			t.Errorf("%d codes are left", have.RecoveryCodes)
		}
		fresh, err := d.NewRecoveryCodes(ctx, w)
		ok(t, err)
		_, err = d.SecondFactor(ctx, d.pending(t, "kim@example.com"), recovery[2].Reveal(), here)
		code(t, err, "wrong_code")
		_, err = d.SecondFactor(ctx, d.pending(t, "kim@example.com"), fresh[2].Reveal(), here)
		ok(t, err)
	})
}

func TestOneRecoveryCodeIsOfOnePerson(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		_, kims := d.withApp(t, d.member(t, "kim@example.com", "Acme", tenant.Owner))
		d.withApp(t, d.member(t, "eve@example.com", "Beta", tenant.Owner))
		_, err := d.SecondFactor(ctx, d.pending(t, "eve@example.com"), kims[0].Reveal(), here)
		code(t, err, "wrong_code")
	})
}

func TestTheLastFactorStaysWhereOneMustBeHad(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.install(t)
		admin := d.signedIn(t, "kim@example.com")
		d.withApp(t, admin)
		code(t, d.RemoveAuthenticator(ctx, admin), "second_factor_required")

		w := d.member(t, "lee@example.com", "Beta", tenant.Owner)
		_, err := d.NewRecoveryCodes(ctx, w)
		code(t, err, "no_second_factor")
		code(t, d.RemoveAuthenticator(ctx, w), "not_found")
		d.withApp(t, w)
		ok(t, d.RemoveAuthenticator(ctx, w))
		if have, err := d.Factors(ctx, w); err != nil || have.RecoveryCodes != 0 || have.Authenticator {
			t.Errorf("%+v, %v", have, err)
		}
		w = d.signedIn(t, "lee@example.com")
		d.withApp(t, w)
		d.demand(t, w.Tenant)
		code(t, d.RemoveAuthenticator(ctx, w), "second_factor_required")
		p := d.passkey(t, w, "lee's key")
		ok(t, d.RemoveAuthenticator(ctx, w))
		code(t, d.RemovePasskey(ctx, w, p.ID), "second_factor_required")
		if d.told(t, w.Tenant, tenant.CredentialUpdate, "authenticator", "removed") != 2 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
	})
}

func TestFactorsNeedAFreshProofInABrowser(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.withApp(t, w)
		stale, token := w, w
		stale.Fresh, token.Session = false, false
		for want, who := range map[string]signin.Who{"confirm_identity": stale, "session_needed": token, "invalid_token": {}} {
			_, err := d.BeginAuthenticator(ctx, who)
			code(t, err, want)
			_, err = d.ConfirmAuthenticator(ctx, who, "123456")
			code(t, err, want)
			code(t, d.RemoveAuthenticator(ctx, who), want)
			_, err = d.BeginPasskey(ctx, who)
			code(t, err, want)
			_, _, err = d.AddPasskey(ctx, who, pw(""), "", nil)
			code(t, err, want)
			code(t, d.RemovePasskey(ctx, who, "psk_1"), want)
			_, err = d.NewRecoveryCodes(ctx, who)
			code(t, err, want)
			code(t, d.ChangePassword(ctx, who, pw(password), pw("battery staple")), want)
			code(t, d.DeleteAccount(ctx, who, "kim@example.com"), want)
		}
	})
}
