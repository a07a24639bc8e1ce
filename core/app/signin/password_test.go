package signin_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// person makes an account without any workspace.
func (d *desk) person(t *testing.T, u tenant.User) tenant.User {
	t.Helper()
	phc, err := d.hashes.Hash(ctx, pw(password))
	ok(t, err)
	u.ID, u.Name, u.CreatedAt = tenant.UserID(id.New("usr", d.clock())), "Somebody", d.clock()
	if u.PasswordHash == "" {
		u.PasswordHash = phc
	}
	ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Users().Insert(ctx, u) }))
	return u
}

func TestEverySignInThatFailsLooksAlike(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.person(t, tenant.User{Email: "gone@example.com", DisabledAt: d.clock()})
		var faults []error
		for _, try := range [][2]string{
			{"kim@example.com", "wrong password"}, {"nobody@example.com", password}, {"gone@example.com", password},
			{"gone@example.com", "wrong password"}, {"kim", password}, {"", password}, {"kim@example.com\x00", password},
			{"kim@example.com", ""}, {"kim@example.com", password + " "},
		} {
			before := len(d.hashes.with)
			out, err := d.SignIn(ctx, try[0], pw(try[1]), here)
			code(t, err, "wrong_credentials")
			if len(d.hashes.with) != before+1 || !out.Cookie.Empty() {
				t.Errorf("%q costs %d comparisons", try[0], len(d.hashes.with)-before)
			}
			faults = append(faults, err)
		}
		for _, err := range faults {
			if !reflect.DeepEqual(err, faults[0]) {
				t.Errorf("%#v and %#v", err, faults[0])
			}
		}
		for _, email := range []string{"kim@example.com", " KIM@Example.com\t"} {
			if w := d.signedIn(t, email); w.Person.Email != "kim@example.com" || w.Role != tenant.Owner || w.Must != "" {
				t.Errorf("%+v", w)
			}
		}
	})
}

func TestASignInGivesANewCookieAndEndsTheOneBefore(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		visit := here
		visit.Stay = true
		first, err := d.SignIn(ctx, "kim@example.com", pw(password), visit)
		ok(t, err)
		if s := first.Session; len(first.Cookie.Reveal()) != 43 || !s.Stay || s.Agent != "Firefox on Linux" || s.Address != here.Address {
			t.Errorf("%+v", s)
		}
		visit.Held = first.Cookie
		second, err := d.SignIn(ctx, "kim@example.com", pw(password), visit)
		ok(t, err)
		_, err = d.Authenticate(ctx, first.Cookie, here.Address)
		code(t, err, "signed_out")
		d.who(t, second.Cookie)
		if n := d.told(t, w.Tenant, signin.SessionCreate, "by", "password"); n != 3 {
			t.Errorf("the trail tells of %d sign-ins", n)
		}
	})
}

func TestASignInBeginsWhereThePersonWasLast(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Beta", tenant.Owner)
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		beta := w.Tenant // "Acme" comes first by name, but the session of before was in Beta
		if w.Workspace.Name != "Beta" {
			t.Fatalf("begins in %s", w.Workspace.Name)
		}
		in, err := d.Workspaces(ctx, w)
		ok(t, err)
		if len(in) != 2 || in[0].Tenant.Name != "Acme" || in[1].Tenant.ID != beta {
			t.Fatalf("%+v", in)
		}
		d.pass(time.Minute)
		ok(t, d.Switch(ctx, w, in[0].Tenant.ID))
		d.pass(time.Minute)
		w = d.signedIn(t, "kim@example.com")
		if w.Workspace.Name != "Acme" {
			t.Errorf("begins in %q", w.Workspace.Name)
		}
		d.pass(time.Minute)
		ok(t, d.accountGone(t, w))
		if w = d.signedIn(t, "kim@example.com"); w.Workspace.Name != "Beta" {
			t.Errorf("begins in %q", w.Workspace.Name)
		}
	})
}

func TestAnOldHashIsRenewedAndNobodyIsShutOutByIt(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		old := cheap
		old.Iterations = 2
		phc, err := auth.NewPasswords(auth.PasswordDeps{Params: old}).Hash(ctx, pw(password))
		ok(t, err)
		u := d.member(t, "kim@example.com", "Acme", tenant.Owner).Person
		ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Users().SetPassword(ctx, u.ID, phc) }))
		for _, err := range atOnce(6, func(int) error {
			_, err := d.SignIn(ctx, "kim@example.com", pw(password), here)
			return err
		}) {
			ok(t, err)
		}
		ok(t, d.store.Platform().View(ctx, func(tx ports.PlatformTx) error {
			now, err := tx.Users().Get(ctx, u.ID)
			if now.PasswordHash == phc {
				t.Error("the hash is the old one")
			}
			return err
		}))
		d.signedIn(t, "kim@example.com")
	})
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.member(t, "kim@example.com", "Acme", tenant.Owner)
		d.member(t, "kim@example.com", "Beta", tenant.Owner)
		mine, err := d.SignIn(ctx, "kim@example.com", pw(password), here)
		ok(t, err)
		other, err := d.SignIn(ctx, "kim@example.com", pw(password), here)
		ok(t, err)
		w := d.who(t, mine.Cookie)
		field(t, d.ChangePassword(ctx, w, pw("not the one"), pw("battery staple")), "password")
		field(t, d.ChangePassword(ctx, w, pw(password), pw("short")), "new_password")
		d.who(t, other.Cookie)
		ok(t, d.ChangePassword(ctx, w, pw(password), pw("battery staple")))
		d.who(t, mine.Cookie)
		_, err = d.Authenticate(ctx, other.Cookie, here.Address)
		code(t, err, "signed_out")
		_, err = d.SignIn(ctx, "kim@example.com", pw(password), here)
		code(t, err, "wrong_credentials")
		_, err = d.SignIn(ctx, "kim@example.com", pw("battery staple"), here)
		ok(t, err)
		in, err := d.Workspaces(ctx, w)
		ok(t, err)
		for _, m := range in {
			if d.told(t, m.Tenant.ID, tenant.CredentialUpdate, "password", "changed") != 1 {
				t.Errorf("%s does not know", m.Tenant.Name)
			}
		}
		d.pass(tenant.FreshFor + 1)
		code(t, d.ChangePassword(ctx, d.who(t, mine.Cookie), pw("battery staple"), pw(password)), "confirm_identity")
	})
}

func TestAResetPasswordEndsAllSessions(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		out, err := d.SignIn(ctx, "kim@example.com", pw(password), here)
		ok(t, err)
		_, err = d.accounts.ResetPassword(ctx, account.PasswordReset{Email: "kim@example.com", Password: pw("battery staple")})
		ok(t, err)
		_, err = d.Authenticate(ctx, out.Cookie, here.Address)
		code(t, err, "signed_out")
		if d.told(t, w.Tenant, tenant.MemberUpdate, "password", "reset") != 1 {
			t.Error("the trail does not tell of it")
		}
	})
}

func TestAPasswordChangeLeavesNoSessionOfTheOldOne(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		passwords := []string{password, "battery staple"}
		for round := range 6 {
			was, next := passwords[round%2], passwords[(round+1)%2]
			opened := make([]signin.Opened, 6)
			atOnce(len(opened)+1, func(i int) error {
				if i == len(opened) {
					return d.ChangePassword(ctx, w, pw(was), pw(next))
				}
				var err error
				opened[i], err = d.SignIn(ctx, "kim@example.com", pw(was), here)
				return err
			})
			_, err := d.SignIn(ctx, "kim@example.com", pw(next), here)
			ok(t, err)
			for _, o := range opened {
				if _, err := d.Authenticate(ctx, o.Cookie, here.Address); err == nil {
					t.Fatal("somebody came in with the old password and stays")
				}
			}
		}
	})
}
