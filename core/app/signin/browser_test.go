package signin_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testauthn"
)

// The whole way of a real passkey: enrolled, signed in with, confirmed with, copied.
func TestARealPasskey(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		deps := d.deps
		var err error
		deps.Passkeys, err = auth.NewPasskeys(auth.PasskeyDeps{BaseURL: "http://localhost:8080", Now: d.clock})
		ok(t, err)
		d.Service = signin.New(deps)
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		laptop := testauthn.New("http://localhost:8080")

		c, err := d.BeginPasskey(ctx, w)
		ok(t, err)
		answer, err := laptop.Create(c.Options)
		ok(t, err)
		_, recovery, err := d.AddPasskey(ctx, w, c.Ceremony, "Laptop", answer)
		ok(t, err)
		if len(recovery) != tenant.RecoveryCodeCount {
			t.Errorf("%d recovery codes", len(recovery))
		}
		c, err = d.BeginPasskey(ctx, w) // of two either may be used
		ok(t, err)
		answer, err = testauthn.New("http://localhost:8080").Create(c.Options)
		ok(t, err)
		_, _, err = d.AddPasskey(ctx, w, c.Ceremony, "Phone", answer)
		ok(t, err)
		stolen := laptop.Clone()
		signIn := func(b *testauthn.Browser) (signin.Opened, error) {
			c, err := d.BeginPasskeySignIn(ctx)
			ok(t, err)
			answer, err := b.Get(c.Options)
			ok(t, err)
			return d.FinishPasskeySignIn(ctx, c.Ceremony, answer, here)
		}
		out, err := signIn(laptop)
		ok(t, err)
		d.pass(time.Hour)
		w = d.who(t, out.Cookie)
		c, err = d.BeginConfirmPasskey(ctx, w)
		ok(t, err)
		answer, err = laptop.Get(c.Options)
		ok(t, err)
		out, err = d.FinishConfirmPasskey(ctx, w, c.Ceremony, answer, here)
		ok(t, err)
		if !d.who(t, out.Cookie).Fresh {
			t.Error("not fresh")
		}
		_, err = signIn(stolen) // its counter is where it was when it was copied
		code(t, err, "passkey_refused")
		laptop.Unverified = true
		_, err = signIn(laptop)
		code(t, err, "passkey_refused")
		laptop.Unverified, laptop.Careless, laptop.Origin = false, true, "https://evil.example"
		_, err = signIn(laptop)
		code(t, err, "passkey_refused")
	})
}
