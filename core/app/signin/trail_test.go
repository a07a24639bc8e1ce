package signin_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func TestTheTrailTellsWhereSomebodyWorks(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		acme := d.member(t, "kim@example.com", "Acme", tenant.Owner).Tenant
		w := d.member(t, "kim@example.com", "Beta", tenant.Owner)
		if w.Tenant != acme {
			t.Fatalf("begins in %s", w.Workspace.Name)
		}
		in, err := d.Workspaces(ctx, w)
		ok(t, err)
		beta := in[1].Tenant.ID
		d.pass(time.Minute)
		ok(t, d.Switch(ctx, w, beta))
		ok(t, d.Switch(ctx, w, beta)) // there already
		if n := d.told(t, beta, signin.SessionCreate, "by", "switch"); n != 1 {
			t.Errorf("told of %d switches", n)
		}
		// Taken out of a workspace, somebody goes on in another, which is told too; however many requests come.
		cookie := mustOpen(t, d, "kim@example.com")
		ok(t, d.accountGone(t, d.who(t, cookie)))
		for _, err := range atOnce(4, func(int) error { _, err := d.Authenticate(ctx, cookie, here.Address); return err }) {
			ok(t, err)
		}
		if now := d.who(t, cookie); now.Tenant != acme {
			t.Fatalf("now in %s", now.Workspace.Name)
		}
		if n := d.told(t, acme, signin.SessionCreate, "by", "switch"); n != 1 {
			t.Errorf("told of %d switches", n)
		}
	})
}

func TestASignInEndsTheSessionThatTheBrowserHad(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		kim := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		lee := d.member(t, "lee@example.com", "Beta", tenant.Owner)
		held := mustOpen(t, d, "kim@example.com")
		session := d.who(t, held).Browser.ID
		visit := here
		visit.Held = held
		_, err := d.SignIn(ctx, "lee@example.com", pw(password), visit)
		ok(t, err)
		_, err = d.Authenticate(ctx, held, here.Address)
		code(t, err, "signed_out")
		ended := 0
		for _, e := range d.trail(t, kim.Tenant) {
			if e.Action == signin.SessionDelete && e.Object == session && e.Details["by"] == "sign_in" && e.Actor == "kim@example.com" {
				ended++
			}
		}
		if ended != 1 || d.told(t, lee.Tenant, signin.SessionDelete) != 0 {
			t.Errorf("the trail has %+v", d.trail(t, kim.Tenant))
		}
		_, err = d.SignIn(ctx, "lee@example.com", pw(password), visit) // it had ended before
		ok(t, err)
		if n := d.told(t, kim.Tenant, signin.SessionDelete); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestTheTrailTellsOfAPasskeysName(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		w := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		p := d.passkey(t, w, "laptop")
		ok(t, d.RenamePasskey(ctx, w, p.ID, "Work laptop"))
		if d.told(t, w.Tenant, tenant.CredentialUpdate, "passkey", "renamed", "was", "laptop", "name", "Work laptop") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
	})
}

// Two browsers of a new account come at once.
func TestOneAccountGetsOneWorkspace(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.notTheFirst(t)
		for i := range 6 {
			email := string(rune('a'+i)) + "@example.com"
			out, err := d.SignUp(ctx, signin.NewPerson{Name: "Kim", Email: email, Password: pw(password)}, here)
			ok(t, err)
			who := []signin.Who{d.who(t, out.Cookie)}
			for range 3 {
				who = append(who, d.signedIn(t, email))
			}
			for _, err := range atOnce(len(who), func(i int) error { _, err := d.Provision(ctx, who[i]); return err }) {
				ok(t, err)
			}
			in, err := d.Workspaces(ctx, who[0])
			ok(t, err)
			if len(in) != 1 {
				t.Fatalf("%d workspaces", len(in))
			}
		}
	})
}
