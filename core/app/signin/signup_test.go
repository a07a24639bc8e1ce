package signin_test

import (
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func TestSignUpIsOpenBySettingAndAfterTheFirstOwner(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		in := signin.NewPerson{Name: "Kim", Email: "kim@example.com", Password: pw(password)}
		_, err := d.SignUp(ctx, in, here)
		code(t, err, "sign_up_closed")
		d.notTheFirst(t)
		closed := d.deps
		closed.SignUp = false
		_, err = signin.New(closed).SignUp(ctx, in, here)
		code(t, err, "sign_up_closed")
		for name, spoil := range map[string]func(p *signin.NewPerson){
			"name":     func(p *signin.NewPerson) { p.Name = "" },
			"email":    func(p *signin.NewPerson) { p.Email = "kim@" },
			"password": func(p *signin.NewPerson) { p.Password = pw("") },
		} {
			bad := in
			spoil(&bad)
			_, err := d.SignUp(ctx, bad, here)
			field(t, err, name)
		}
		out, err := d.SignUp(ctx, in, here)
		ok(t, err)
		w := d.who(t, out.Cookie)
		if w.Must != signin.MustWorkspace || w.Platform || w.Person.PlatformAdmin || w.Tenant != "" || w.Can(tenant.GroupRead) {
			t.Errorf("%+v", w)
		}
		in.Email = " KIM@example.com"
		_, err = d.SignUp(ctx, in, here)
		code(t, err, "email_taken")
		_, err = signin.New(closed).Provision(ctx, w)
		code(t, err, "sign_up_closed")
	})
}

func TestAWorkspaceIsMadeOnceAndCalledAfterItsOwner(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.notTheFirst(t)
		for i, want := range []string{"Kim's workspace", "Kim's workspace 2", "Kim's workspace 3"} {
			out, err := d.SignUp(ctx, signin.NewPerson{Name: "Kim", Email: string(rune('a'+i)) + "@example.com", Password: pw(password)}, here)
			ok(t, err)
			w := d.who(t, out.Cookie)
			ids := make([]tenant.ID, 4)
			for _, err := range atOnce(len(ids), func(i int) (err error) {
				ids[i], err = d.Provision(ctx, w)
				return err
			}) {
				ok(t, err)
			}
			w = d.who(t, out.Cookie)
			for _, id := range ids {
				if id != w.Tenant {
					t.Errorf("%v and %s", ids, w.Tenant)
				}
			}
			if w.Workspace.Name != want || w.Role != tenant.Owner || w.Must != "" || !w.Workspace.ConfirmedAt.IsZero() {
				t.Errorf("%+v", w)
			}
			if in, err := d.Workspaces(ctx, w); err != nil || len(in) != 1 {
				t.Errorf("%+v, %v", in, err)
			}
			if d.told(t, w.Tenant, tenant.MemberUpdate, "role", "owner") != 1 {
				t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
			}
			// It works: its keys are there.
			_, err = d.deps.Sealer.Seal(ctx, ports.Place{Tenant: w.Tenant, Table: "t", Column: "c", Row: "r"}, secret.NewBytes([]byte("x")))
			ok(t, err)
		}
		long := strings.Repeat("ä", 100)
		out, err := d.SignUp(ctx, signin.NewPerson{Name: long, Email: "long@example.com", Password: pw(password)}, here)
		ok(t, err)
		_, err = d.Provision(ctx, d.who(t, out.Cookie))
		ok(t, err)
		if n := []rune(d.who(t, out.Cookie).Workspace.Name); len(n) > 100 {
			t.Errorf("a name of %d", len(n))
		}
	})
}

func TestSwitchLeaveAndDelete(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		owner := d.member(t, "kim@example.com", "Acme", tenant.Owner)
		foreign := d.member(t, "eve@example.com", "Beta", tenant.Owner)
		d.person(t, tenant.User{Email: "lee@example.com"})
		lee := d.member(t, "lee@example.com", "Acme", tenant.Editor)
		for _, to := range []tenant.ID{foreign.Tenant, "", "ten_nosuch"} {
			code(t, d.Switch(ctx, lee, to), "not_found")
		}
		code(t, d.Leave(ctx, owner), "last_owner")
		code(t, d.DeleteAccount(ctx, lee, "lee@example.com"), "is_member")
		ok(t, d.Leave(ctx, lee))
		code(t, d.Leave(ctx, lee), "no_workspace")
		if d.told(t, owner.Tenant, tenant.MemberDelete, "role", "editor") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, owner.Tenant))
		}
		cookie := mustOpen(t, d, "lee@example.com")
		d.withApp(t, d.who(t, cookie))
		lee = d.who(t, cookie)
		code(t, d.Leave(ctx, lee), "no_workspace")
		field(t, d.DeleteAccount(ctx, lee, "kim@example.com"), "email")
		ok(t, d.DeleteAccount(ctx, lee, " LEE@example.com"))
		_, err := d.Authenticate(ctx, cookie, here.Address)
		code(t, err, "signed_out")
		_, err = d.SignIn(ctx, "lee@example.com", pw(password), here)
		code(t, err, "wrong_credentials")
		// The address is free again.
		_, err = d.SignUp(ctx, signin.NewPerson{Name: "Lee", Email: "lee@example.com", Password: pw(password)}, here)
		ok(t, err)

		admin := d.person(t, tenant.User{Email: "admin@example.com", PlatformAdmin: true})
		code(t, d.DeleteAccount(ctx, d.signedIn(t, admin.Email), admin.Email), "is_platform_admin")
		// Whoever deletes their workspace stays, and may go then.
		ok(t, d.accountGone(t, owner))
		kim := d.signedIn(t, "kim@example.com")
		ok(t, d.DeleteAccount(ctx, kim, "kim@example.com"))
	})
}
