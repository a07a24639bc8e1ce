package signin_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// passkey gives somebody a passkey.
func (d *desk) passkey(t *testing.T, w signin.Who, credential string) tenant.Passkey {
	t.Helper()
	c, err := d.BeginPasskey(ctx, w)
	ok(t, err)
	p, _, err := d.AddPasskey(ctx, w, c.Ceremony, " "+credential+" ", d.device.answer(c.Options, credential))
	ok(t, err)
	return p
}

func TestAPasskeySignsInWithoutPassword(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		c, err := d.BeginPasskey(ctx, w)
		ok(t, err)
		p, recovery, err := d.AddPasskey(ctx, w, c.Ceremony, " ", d.device.answer(c.Options, "laptop"))
		ok(t, err)
		if p.Name != "Passkey" || p.User != w.User || len(recovery) != 10 {
			t.Errorf("%+v, %d codes", p, len(recovery))
		}
		d.pass(time.Second)
		_, more, err := d.withSecond(t, w)
		ok(t, err)
		if len(more) != 0 {
			t.Error("the recovery codes were replaced unasked")
		}

		pending := d.pending(t, "kim@example.com")
		if asked, err := d.Asked(ctx, pending); err != nil || asked != (signin.Asked{Passkey: true, RecoveryCode: true}) {
			t.Errorf("%+v, %v", asked, err)
		}
		c, err = d.BeginPasskeySignIn(ctx)
		ok(t, err)
		visit, answer := here, d.device.answer(c.Options, "laptop")
		visit.Held = pending
		out, err := d.FinishPasskeySignIn(ctx, c.Ceremony, answer, visit)
		ok(t, err)
		if w = d.who(t, out.Cookie); out.Pending || !w.Fresh || !w.SecondFactor || w.Role != tenant.Owner {
			t.Errorf("%+v", w)
		}
		_, err = d.Asked(ctx, pending)
		code(t, err, "sign_in_again")
		_, err = d.FinishPasskeySignIn(ctx, c.Ceremony, answer, here)
		code(t, err, "passkey_refused")
		if d.told(t, w.Tenant, signin.SessionCreate, "by", "passkey") != 1 || d.told(t, w.Tenant, tenant.CredentialUpdate, "passkey", "added") != 2 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
		have, err := d.Factors(ctx, w)
		ok(t, err)
		if len(have.Passkeys) != 2 || have.Passkeys[0].LastAt.IsZero() {
			t.Errorf("%+v", have.Passkeys)
		}
	})
}

// withSecond adds a passkey called "phone".
func (d *desk) withSecond(t *testing.T, w signin.Who) (tenant.Passkey, []string, error) {
	t.Helper()
	c, err := d.BeginPasskey(ctx, w)
	ok(t, err)
	p, codes, err := d.AddPasskey(ctx, w, c.Ceremony, "phone", d.device.answer(c.Options, "phone"))
	var out []string
	for _, c := range codes {
		out = append(out, c.Reveal())
	}
	return p, out, err
}

func TestACeremonyIsForOnePurposeOnePersonAndOneAnswer(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		eve := d.member(t, "eve@example.com", "Beta", tenant.Owner)
		d.passkey(t, w, "laptop")
		d.passkey(t, eve, "evil")

		begin := map[string]func() (signin.Challenge, error){
			"enrol":   func() (signin.Challenge, error) { return d.BeginPasskey(ctx, w) },
			"sign in": func() (signin.Challenge, error) { return d.BeginPasskeySignIn(ctx) },
			"confirm": func() (signin.Challenge, error) { return d.BeginConfirmPasskey(ctx, w) },
		}
		finish := map[string]func(c signin.Challenge, answer []byte) error{
			"enrol": func(c signin.Challenge, answer []byte) error {
				_, _, err := d.AddPasskey(ctx, w, c.Ceremony, "x", answer)
				return err
			},
			"sign in": func(c signin.Challenge, answer []byte) error {
				_, err := d.FinishPasskeySignIn(ctx, c.Ceremony, answer, here)
				return err
			},
			"confirm": func(c signin.Challenge, answer []byte) error {
				_, err := d.FinishConfirmPasskey(ctx, w, c.Ceremony, answer, here)
				return err
			},
		}
		for asked, b := range begin {
			for given, f := range finish {
				if asked == given {
					continue
				}
				c, err := b()
				ok(t, err)
				code(t, f(c, d.device.answer(c.Options, "laptop")), "passkey_refused")
			}
			// A wrong answer spends it, and time does.
			c, err := b()
			ok(t, err)
			code(t, finish[asked](c, []byte("{}")), "passkey_refused")
			code(t, finish[asked](c, d.device.answer(c.Options, "laptop")), "passkey_refused")
			c, err = b()
			ok(t, err)
			d.pass(5 * time.Minute)
			code(t, finish[asked](c, d.device.answer(c.Options, "laptop")), "passkey_refused")
		}
		// Of somebody else.
		c, err := d.BeginConfirmPasskey(ctx, eve)
		ok(t, err)
		_, err = d.FinishConfirmPasskey(ctx, w, c.Ceremony, d.device.answer(c.Options, "evil"), here)
		code(t, err, "passkey_refused")
		c, err = d.BeginConfirmPasskey(ctx, w)
		ok(t, err)
		_, err = d.FinishConfirmPasskey(ctx, w, c.Ceremony, d.device.answer(c.Options, "evil"), here)
		code(t, err, "passkey_refused")
		c, err = d.BeginPasskeySignIn(ctx)
		ok(t, err)
		_, err = d.FinishPasskeySignIn(ctx, c.Ceremony, d.device.answer(c.Options, "unknown"), here)
		code(t, err, "passkey_refused")
		c, err = d.BeginPasskey(ctx, w)
		ok(t, err)
		_, _, err = d.AddPasskey(ctx, w, c.Ceremony, "stolen", d.device.answer(c.Options, "evil"))
		code(t, err, "passkey_known")
		// One answer, many at once.
		c, err = d.BeginPasskeySignIn(ctx)
		ok(t, err)
		answer := d.device.answer(c.Options, "laptop")
		one(t, atOnce(6, func(int) error {
			_, err := d.FinishPasskeySignIn(ctx, c.Ceremony, answer, here)
			return err
		}), "passkey_refused")
	})
}

func TestOfTwoCopiesOfAPasskeyOneIsLetIn(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.passkey(t, d.member(t, "kim@example.com", "Acme", tenant.Owner), "laptop")
		challenges, answers := make([]signin.Challenge, 6), make([][]byte, 6)
		for i := range answers {
			var err error
			challenges[i], err = d.BeginPasskeySignIn(ctx)
			ok(t, err)
			d.device.counter = 100 // every copy says so
			answers[i] = d.device.answer(challenges[i].Options, "laptop")
		}
		one(t, atOnce(len(answers), func(i int) error {
			_, err := d.FinishPasskeySignIn(ctx, challenges[i].Ceremony, answers[i], here)
			return err
		}), "passkey_refused")
	})
}

func TestAPasskeyIsARecentProof(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		_, err := d.BeginConfirmPasskey(ctx, w)
		code(t, err, "no_passkey")
		p := d.passkey(t, w, "laptop")
		c, err := d.BeginPasskeySignIn(ctx)
		ok(t, err)
		signed, err := d.FinishPasskeySignIn(ctx, c.Ceremony, d.device.answer(c.Options, "laptop"), here)
		ok(t, err)
		d.pass(time.Hour)
		w = d.who(t, signed.Cookie)
		if w.Fresh {
			t.Fatal("fresh after an hour")
		}
		c, err = d.BeginConfirmPasskey(ctx, w)
		ok(t, err)
		out, err := d.FinishConfirmPasskey(ctx, w, c.Ceremony, d.device.answer(c.Options, "laptop"), here)
		ok(t, err)
		if w = d.who(t, out.Cookie); !w.Fresh {
			t.Error("not fresh")
		}
		d.pass(tenant.RenewedFor)
		_, err = d.Authenticate(ctx, signed.Cookie, here.Address)
		code(t, err, "signed_out")

		field(t, d.RenamePasskey(ctx, w, p.ID, " "), "name")
		code(t, d.RenamePasskey(ctx, w, "psk_nosuch", "x"), "not_found")
		ok(t, d.RenamePasskey(ctx, w, p.ID, "Work laptop"))
		have, err := d.Factors(ctx, w)
		ok(t, err)
		if have.Passkeys[0].Name != "Work laptop" {
			t.Errorf("%+v", have.Passkeys)
		}
		// One that is removed while somebody answers with it lets nobody in.
		c, err = d.BeginPasskeySignIn(ctx)
		ok(t, err)
		code(t, d.RemovePasskey(ctx, w, "psk_nosuch"), "not_found")
		ok(t, d.RemovePasskey(ctx, w, p.ID))
		_, err = d.FinishPasskeySignIn(ctx, c.Ceremony, d.device.answer(c.Options, "laptop"), here)
		code(t, err, "passkey_refused")
		d.signedIn(t, "kim@example.com")
	})
}

func TestPasskeysAreBounded(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		var c signin.Challenge
		for i := range tenant.MaxPasskeys {
			if i == tenant.MaxPasskeys-1 { // the last but one begins, and the last is there first
				var err error
				c, err = d.BeginPasskey(ctx, w)
				ok(t, err)
				ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
					return tx.Factors().InsertPasskey(ctx, tenant.Passkey{
						ID: "psk_last", User: w.User, Name: "x", CredentialID: []byte("last"), Data: []byte("0"), CreatedAt: tx.Now(),
					})
				}))
				continue
			}
			d.passkey(t, w, string(rune('a'+i)))
		}
		_, err := d.BeginPasskey(ctx, w)
		code(t, err, "too_many_passkeys")
		_, _, err = d.AddPasskey(ctx, w, c.Ceremony, "one more", d.device.answer(c.Options, "one more"))
		code(t, err, "too_many_passkeys")
	})
}

func TestADisabledPersonIsShutOutByEveryDoor(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		u := d.person(t, tenant.User{Email: "gone@example.com", DisabledAt: d.clock()})
		ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			return tx.Factors().InsertPasskey(ctx, tenant.Passkey{
				ID: "psk_1", User: u.ID, Name: "x", CredentialID: []byte("laptop"), Data: []byte("0"), CreatedAt: tx.Now(),
			})
		}))
		c, err := d.BeginPasskeySignIn(ctx)
		ok(t, err)
		_, err = d.FinishPasskeySignIn(ctx, c.Ceremony, d.device.answer(c.Options, "laptop"), here)
		code(t, err, "passkey_refused")
	})
}
