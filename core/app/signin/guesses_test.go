package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// guess gives one wrong code of the app, in a sign-in of its own.
func (d *desk) guess(t *testing.T, email string) error {
	t.Helper()
	_, err := d.SecondFactor(ctx, d.pending(t, email), "000000", here)
	return err
}

// Whoever knows the password may begin as many sign-ins as they like, and yet not guess codes for ever.
func TestWrongCodesAreCountedPerPerson(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		a, recovery := d.withApp(t, w)
		for range 19 {
			code(t, d.guess(t, w.Person.Email), "wrong_code")
		}
		_, err := d.Confirm(ctx, w, signin.Proof{Password: pw(password), Code: "000000"}, here) // wherever they are given
		code(t, err, "wrong_code")
		waits := []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour}
		for _, wait := range waits {
			_, err = d.SecondFactor(ctx, d.pending(t, w.Person.Email), a.code(t, d.clock()), here) // even the right one
			code(t, err, "too_many_codes")
			var f *fault.Fault
			if !errors.As(err, &f) || f.RetryAfter != wait || !strings.Contains(f.Message, "recovery code") {
				t.Fatalf("told to wait %v of %v: %v", f.RetryAfter, wait, err)
			}
			d.pass(wait - time.Second)
			_, err = d.Confirm(ctx, w, signin.Proof{Password: pw(password), Code: a.code(t, d.clock())}, here)
			code(t, err, "too_many_codes") // trying did not make it longer
			d.pass(time.Second)
			code(t, d.guess(t, w.Person.Email), "wrong_code")
		}
		// One of the recovery codes is taken all the same, tells of it, and begins anew.
		out, err := d.SecondFactor(ctx, d.pending(t, w.Person.Email), recovery[0].Reveal(), here)
		ok(t, err)
		if out.WrongCodes != 26 {
			t.Errorf("told of %d", out.WrongCodes)
		}
		out, err = d.SecondFactor(ctx, d.pending(t, w.Person.Email), a.code(t, d.clock()), here)
		ok(t, err)
		if out.WrongCodes != 0 {
			t.Errorf("told of %d again", out.WrongCodes)
		}
	})
}

func TestTheAppIsNotLockedOutForEver(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		a, _ := d.withApp(t, w)
		d.passkey(t, w, "laptop")
		for range 20 {
			code(t, d.guess(t, w.Person.Email), "wrong_code")
		}
		d.pass(15 * time.Minute)
		cookie := d.pending(t, w.Person.Email)
		out, err := d.SecondFactor(ctx, cookie, a.code(t, d.clock()), here)
		ok(t, err)
		if out.WrongCodes != 20 {
			t.Errorf("told of %d", out.WrongCodes)
		}
		// One's own mistakes are no news, and a clock that was set back does not make the wait longer.
		cookie = d.pending(t, w.Person.Email)
		_, err = d.SecondFactor(ctx, cookie, "000000", here)
		code(t, err, "wrong_code")
		d.pass(30 * time.Second)
		out, err = d.SecondFactor(ctx, cookie, a.code(t, d.clock()), here)
		ok(t, err)
		if out.WrongCodes != 0 {
			t.Errorf("told of %d", out.WrongCodes)
		}
		for range 20 {
			code(t, d.guess(t, w.Person.Email), "wrong_code")
		}
		d.pass(-24 * time.Hour)
		code(t, d.guess(t, w.Person.Email), "wrong_code") // looked at
		d.pass(24 * time.Hour)
		// A passkey does not wait either.
		c, err := d.BeginPasskeySignIn(ctx)
		ok(t, err)
		out, err = d.FinishPasskeySignIn(ctx, c.Ceremony, d.device.answer(c.Options, "laptop"), here)
		ok(t, err)
		if out.WrongCodes != 21 {
			t.Errorf("told of %d", out.WrongCodes)
		}
	})
}

func TestWrongCodesAtOnceAreAllCounted(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.withApp(t, w)
		cookies := make([]secret.String, 30)
		for i := range cookies {
			cookies[i] = d.pending(t, w.Person.Email)
		}
		looked := 0
		for _, err := range atOnce(len(cookies), func(i int) error {
			_, err := d.SecondFactor(ctx, cookies[i], "000000", here)
			return err
		}) {
			if fault.CodeOf(err) == "wrong_code" {
				looked++
			} else {
				code(t, err, "too_many_codes")
			}
		}
		if looked != 20 {
			t.Errorf("%d codes were looked at", looked)
		}
	})
}

// Somebody with a new phone, who has to have a second factor and has no other.
func TestANewAppTakesThePlaceOfTheOldOne(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.demand(t, w.Tenant)
		old, recovery := d.withApp(t, w)
		before := d.proved(t, w, signin.Proof{Password: pw(password), Code: old.code(t, d.clock())})
		w = d.who(t, before)
		e, err := d.BeginAuthenticator(ctx, w)
		ok(t, err)
		fresh := app{e.Key.Reveal()}
		d.pass(time.Minute)
		_, err = d.ConfirmAuthenticator(ctx, w, old.code(t, d.clock()))
		code(t, err, "wrong_code")
		_, err = d.SecondFactor(ctx, d.pending(t, w.Person.Email), fresh.code(t, d.clock()), here)
		code(t, err, "wrong_code") // it counts for nothing yet, and the old one goes on
		_, err = d.SecondFactor(ctx, d.pending(t, w.Person.Email), old.code(t, d.clock()), here)
		ok(t, err)
		have, err := d.Factors(ctx, w)
		ok(t, err)
		if !have.Authenticator || !have.Replacing {
			t.Errorf("%+v", have)
		}
		again, err := d.BeginAuthenticator(ctx, w) // begun again: the key of before is gone
		ok(t, err)
		_, err = d.ConfirmAuthenticator(ctx, w, fresh.code(t, d.clock()))
		code(t, err, "wrong_code")
		fresh = app{again.Key.Reveal()}
		codes, err := d.ConfirmAuthenticator(ctx, w, fresh.code(t, d.clock()))
		ok(t, err)
		if len(codes) != 0 {
			t.Error("the recovery codes are new")
		}
		_, err = d.ConfirmAuthenticator(ctx, w, fresh.code(t, d.clock()))
		code(t, err, "authenticator_exists")
		d.pass(time.Minute)
		_, err = d.SecondFactor(ctx, d.pending(t, w.Person.Email), old.code(t, d.clock()), here)
		code(t, err, "wrong_code")
		_, err = d.SecondFactor(ctx, d.pending(t, w.Person.Email), fresh.code(t, d.clock()), here)
		ok(t, err)
		_, err = d.SecondFactor(ctx, d.pending(t, w.Person.Email), recovery[0].Reveal(), here)
		ok(t, err)
		if have, err = d.Factors(ctx, w); err != nil || have.Replacing {
			t.Errorf("%+v, %v", have, err)
		}
		if d.told(t, w.Tenant, tenant.CredentialUpdate, "authenticator", "replaced") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
	})
}
