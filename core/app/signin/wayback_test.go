package signin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// Somebody who stopped being an owner has no way back by a link of their own, however they stopped.
func TestNobodyComesBackByTheirOwnInvite(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		boss := d.member(t, "boss@example.com", "Acme", tenant.Owner)
		for i, end := range []func(w signin.Who) error{
			func(w signin.Who) error { return d.accounts.RemoveMember(ctx, boss.Actor, w.User) },
			func(w signin.Who) error { return d.Leave(ctx, w) },
		} {
			email := fmt.Sprintf("kim%d@example.com", i)
			kim := d.member(t, email, "Acme", tenant.Owner)
			link := d.invite(t, kim, "spare@example.com", tenant.Owner)
			ok(t, end(kim))
			kim = d.signedIn(t, email)
			_, err := d.JoinInvite(ctx, kim, link)
			code(t, err, "invite_dead")
			_, err = d.AcceptInvite(ctx, link, signin.NewPerson{Name: "Spare", Password: pw(password)}, here)
			code(t, err, "invite_dead")
			if d.told(t, boss.Tenant, tenant.MemberDelete, "invites_withdrawn", "1") != i+1 {
				t.Errorf("the trail has %+v", d.trail(t, boss.Tenant))
			}
		}
	})
}

// An invite that was stored while its maker was losing their rights is worth what they are worth when it is spent.
func TestAnInviteIsWorthWhatItsMakerIs(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		boss := d.member(t, "boss@example.com", "Acme", tenant.Owner)
		d.person(t, tenant.User{Email: "ed@example.com"})
		ed := d.member(t, "ed@example.com", "Acme", tenant.Editor)
		gone := d.member(t, "gone@example.com", "Beta", tenant.Owner)
		d.person(t, tenant.User{Email: "lee@example.com"})
		lee := d.signedIn(t, "lee@example.com")
		for _, c := range []struct {
			maker tenant.UserID
			want  string
		}{{ed.User, "invite_dead"}, {gone.User, "invite_dead"}, {"usr_nosuch", "invite_dead"}, {"", ""}} {
			link, hash := token.New(token.Invite)
			ok(t, d.store.Tenant(boss.Tenant).Update(ctx, func(tx ports.Tx) error {
				return tx.Invites().Insert(ctx, tenant.Invite{
					ID: "inv_made", Email: "lee@example.com", Role: tenant.Owner, Hash: hash, CreatedBy: "somebody", Maker: c.maker,
					CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(tenant.InviteFor),
				})
			}))
			_, err := d.JoinInvite(ctx, lee, link)
			if c.want == "" { // the operator's
				ok(t, err)
			} else {
				code(t, err, c.want)
			}
		}
	})
}

// An account gets a workspace by itself once. Whoever left it, or was in one by an invite, is asked first.
func TestAWorkspaceComesByItselfOnce(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		boss := d.member(t, "boss@example.com", "Acme", tenant.Owner)
		out, err := d.SignUp(ctx, signin.NewPerson{Name: "Kim", Email: "kim@example.com", Password: pw(password)}, here)
		ok(t, err)
		if w := d.who(t, out.Cookie); w.Person.HadWorkspace {
			t.Errorf("new: %+v", w.Person)
		}
		first, err := d.Provision(ctx, d.who(t, out.Cookie))
		ok(t, err)
		ok(t, d.accounts.DeleteWorkspace(ctx, d.who(t, out.Cookie).Actor, "Kim's workspace"))
		kim := d.who(t, out.Cookie)
		if !kim.Person.HadWorkspace || kim.Must != signin.MustWorkspace {
			t.Errorf("%+v", kim)
		}
		_, err = d.Provision(ctx, kim)
		code(t, err, "no_workspace")
		if in, err := d.Workspaces(ctx, kim); err != nil || len(in) != 0 {
			t.Errorf("%+v, %v", in, err)
		}
		second, err := d.NewWorkspace(ctx, kim)
		ok(t, err)
		if w := d.who(t, out.Cookie); second == first || w.Tenant != second || w.Role != tenant.Owner || w.Workspace.Name != "Kim's workspace" {
			t.Errorf("%+v", w)
		}
		// Whoever is in one gets no other.
		if again, err := d.NewWorkspace(ctx, d.who(t, out.Cookie)); err != nil || again != second {
			t.Errorf("%s, %v", again, err)
		}
		closed := d.deps
		closed.SignUp = false
		_, err = signin.New(closed).NewWorkspace(ctx, kim)
		code(t, err, "sign_up_closed")

		// By an invite, with a new account and with one that had none yet.
		out, err = d.AcceptInvite(ctx, d.invite(t, boss, "vic@example.com", tenant.Viewer), signin.NewPerson{Name: "Vic", Password: pw(password)}, here)
		ok(t, err)
		joined, err := d.SignUp(ctx, signin.NewPerson{Name: "Jo", Email: "jo@example.com", Password: pw(password)}, here)
		ok(t, err)
		_, err = d.JoinInvite(ctx, d.who(t, joined.Cookie), d.invite(t, boss, "jo@example.com", tenant.Viewer))
		ok(t, err)
		for _, o := range []signin.Opened{out, joined} {
			ok(t, d.Leave(ctx, d.who(t, o.Cookie)))
			_, err = d.Provision(ctx, d.who(t, o.Cookie))
			code(t, err, "no_workspace")
			ok(t, d.DeleteAccount(ctx, d.who(t, o.Cookie), d.who(t, o.Cookie).Person.Email))
		}
	})
}

// Two browsers of a new account do not make two workspaces.
func TestSeveralBrowsersMakeOneWorkspace(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.notTheFirst(t)
		for round := range 6 {
			email := fmt.Sprintf("kim%d@example.com", round)
			_, err := d.SignUp(ctx, signin.NewPerson{Name: "Kim", Email: email, Password: pw(password)}, here)
			ok(t, err)
			browsers := make([]signin.Who, 4)
			for i := range browsers {
				browsers[i] = d.signedIn(t, email)
			}
			for _, make := range []func(w signin.Who) (tenant.ID, error){
				func(w signin.Who) (tenant.ID, error) { return d.Provision(ctx, w) },
				func(w signin.Who) (tenant.ID, error) { return d.NewWorkspace(ctx, w) }, // after the first is deleted
			} {
				for _, err := range atOnce(len(browsers), func(i int) error {
					_, err := make(browsers[i])
					return err
				}) {
					ok(t, err)
				}
				in, err := d.Workspaces(ctx, browsers[0])
				if err != nil || len(in) != 1 {
					t.Fatalf("round %d made %+v, %v", round, in, err)
				}
				ok(t, d.accounts.DeleteWorkspace(ctx, tenant.Operator(in[0].Tenant.ID), in[0].Tenant.Name))
			}
		}
	})
}

// However many are called the same, the next gets in.
func TestAnyNumberOfPeopleMayHaveOneName(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		d.notTheFirst(t)
		ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			for n := 1; n <= 60; n++ {
				w := tenant.Tenant{ID: tenant.ID(fmt.Sprintf("ten_%d", n)), Name: fmt.Sprintf("John Smith's workspace %d", n), TimeZone: "UTC", CreatedAt: tx.Now()}
				if n == 1 {
					w.Name = "john smith's workspace"
				}
				if err := tx.Tenants().Insert(ctx, w, ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte("x")}); err != nil {
					return err
				}
			}
			return nil
		}))
		names := map[string]bool{}
		for i := range 3 {
			email := fmt.Sprintf("j%d@example.com", i)
			out, err := d.SignUp(ctx, signin.NewPerson{Name: "John Smith", Email: email, Password: pw(password)}, here)
			ok(t, err)
			_, err = d.Provision(ctx, d.who(t, out.Cookie))
			ok(t, err)
			name := d.who(t, out.Cookie).Workspace.Name
			if names[name] || !strings.HasPrefix(name, "John Smith's workspace ") || len(name) != len("John Smith's workspace 12345678") {
				t.Errorf("%q", name)
			}
			names[name] = true
		}
	})
}

func TestAFullWorkspaceTakesNobodyIn(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		boss := d.member(t, "boss@example.com", "Acme", tenant.Owner)
		link := d.invite(t, boss, "lee@example.com", tenant.Viewer)
		ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			for i := range people.MaxMembers - 1 {
				u := tenant.User{ID: tenant.UserID(fmt.Sprintf("usr_%d", i)), Email: fmt.Sprintf("p%d@example.com", i), Name: "P", PasswordHash: "x", CreatedAt: tx.Now()}
				if err := tx.Users().Insert(ctx, u); err != nil {
					return err
				}
				if err := tx.In(boss.Tenant).Members().Insert(ctx, tenant.Member{User: u.ID, Role: tenant.Viewer, CreatedAt: tx.Now()}); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err := d.AcceptInvite(ctx, link, signin.NewPerson{Name: "Lee", Password: pw(password)}, here)
		code(t, err, "workspace_full")
		d.person(t, tenant.User{Email: "max@example.com"})
		_, err = d.JoinInvite(ctx, d.signedIn(t, "max@example.com"), link)
		code(t, err, "workspace_full")
		ok(t, d.accounts.RemoveMember(ctx, boss.Actor, "usr_7"))
		_, err = d.AcceptInvite(ctx, link, signin.NewPerson{Name: "Lee", Password: pw(password)}, here)
		ok(t, err) // the link was not used up
	})
}

// What everybody knows of a person is no password, wherever one is chosen.
func TestAPasswordIsNotTheNameOfItsOwner(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		link, _, err := d.OpenSetup(ctx)
		ok(t, err)
		in := signin.Setup{Link: link, Name: "Kim Jensen", Organisation: "Aldermoor", Email: "kj@aldermoor.example"}
		for bad, want := range map[string]string{"kim jensen 1": "personal_password", "Aldermoor1": "personal_password", "password1": "common_password"} {
			in.Password = pw(bad)
			_, err := d.Setup(ctx, in, here)
			code(t, err, want)
			field(t, err, "password")
		}
		in.Password = pw(password)
		out, err := d.Setup(ctx, in, here)
		ok(t, err)
		_, err = d.SignUp(ctx, signin.NewPerson{Name: "Lee Moreau", Email: "lee@example.com", Password: pw("moreau123")}, here)
		code(t, err, "personal_password")
		boss := d.member(t, "boss@example.com", "Acme", tenant.Owner)
		invited := d.invite(t, boss, "vic.ashdown@example.com", tenant.Viewer)
		_, err = d.AcceptInvite(ctx, invited, signin.NewPerson{Name: "V", Password: pw("vicashdown")}, here)
		code(t, err, "personal_password")
		for _, bad := range []string{"bossboss1", "boss@example.com", "sunshine1"} {
			field(t, d.ChangePassword(ctx, boss, pw(password), pw(bad)), "new_password")
		}
		ok(t, d.ChangePassword(ctx, boss, pw(password), pw("three boss hats")))
		if _, err := d.accounts.ResetPassword(ctx, account.PasswordReset{Email: "kj@aldermoor.example", Password: pw("jensenkim")}); err == nil {
			t.Error("a reset takes the name")
		}
		d.who(t, out.Cookie)
	})
}
