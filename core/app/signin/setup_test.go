package signin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

func TestSetupMakesTheFirstOwnerAndEndsEveryLink(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		first, ends, err := d.OpenSetup(ctx)
		ok(t, err)
		if !strings.HasPrefix(first.Reveal(), "setup_") || !ends.Equal(d.clock().Add(24*time.Hour)) {
			t.Errorf("link ends at %v", ends)
		}
		second, _, err := d.OpenSetup(ctx) // of another replica
		ok(t, err)
		form := signin.Setup{Link: first, Name: " Kim ", Organisation: "Acme", Email: " kim@example.com", TimeZone: "Europe/Berlin", Password: pw(password)}
		for name, spoil := range map[string]func(s *signin.Setup){
			"name":         func(s *signin.Setup) { s.Name = " " },
			"organisation": func(s *signin.Setup) { s.Organisation = "a\u202eb" },
			"email":        func(s *signin.Setup) { s.Email = "kim" },
			"time_zone":    func(s *signin.Setup) { s.TimeZone = "Mars/Base" },
			"password":     func(s *signin.Setup) { s.Password = pw("short") },
		} {
			bad := form
			spoil(&bad)
			_, err := d.Setup(ctx, bad, here)
			field(t, err, name)
		}
		if valid, err := d.SetupValid(ctx, first); !valid || err != nil {
			t.Fatalf("a form with mistakes spent the link: %v, %v", valid, err)
		}
		opened, err := d.Setup(ctx, form, here)
		ok(t, err)
		w := d.who(t, opened.Cookie)
		if w.Person.Email != "kim@example.com" || w.Person.Name != "Kim" || !w.Person.PlatformAdmin || w.Workspace.Name != "Acme" ||
			w.Workspace.TimeZone != "Europe/Berlin" || w.Workspace.ConfirmedAt.IsZero() || opened.Pending {
			t.Errorf("%+v of %+v", w.Person, w.Workspace)
		}
		if w.Must != signin.MustSecondFactor || w.Role != "" || w.Platform || !w.Fresh {
			t.Errorf("must %q as %q", w.Must, w.Role)
		}
		for _, link := range []secret.String{first, second} {
			if valid, err := d.SetupValid(ctx, link); valid || err != nil {
				t.Errorf("a link still works: %v", err)
			}
			form.Link, form.Email = link, "eve@example.com"
			_, err := d.Setup(ctx, form, here)
			code(t, err, "setup_link_dead")
		}
		_, _, err = d.OpenSetup(ctx)
		code(t, err, "set_up")
		if d.told(t, w.Tenant, tenant.MemberUpdate, "role", "owner") != 1 || d.told(t, w.Tenant, signin.SessionCreate, "by", "setup") != 1 {
			t.Errorf("the trail has %+v", d.trail(t, w.Tenant))
		}
		// With a second factor the first owner is let in.
		d.withApp(t, w)
		if w = d.who(t, opened.Cookie); w.Must != "" || w.Role != tenant.Owner || !w.Platform {
			t.Errorf("must %q as %q", w.Must, w.Role)
		}
	})
}

func TestASetupLinkIsOverAfterADay(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		link, _, err := d.OpenSetup(ctx)
		ok(t, err)
		if until, err := d.SetupUntil(ctx, link); err != nil || !until.Equal(d.clock().Add(24*time.Hour)) {
			t.Errorf("until %v, %v", until, err)
		}
		d.pass(24*time.Hour - time.Second)
		if valid, err := d.SetupValid(ctx, link); !valid || err != nil {
			t.Errorf("dead before its time: %v", err)
		}
		d.pass(time.Second)
		if valid, err := d.SetupValid(ctx, link); valid || err != nil {
			t.Errorf("alive after its time: %v", err)
		}
		_, err = d.Setup(ctx, signin.Setup{Link: link, Name: "Kim", Organisation: "Acme", Email: "kim@example.com", Password: pw(password)}, here)
		code(t, err, "setup_link_dead")
		unknown, _ := token.New(token.Setup)
		other, _ := token.New(token.Invite)
		for _, l := range []secret.String{unknown, other, pw(""), pw("setup_"), pw(link.Reveal() + "x"), pw(strings.Repeat("a", 1<<20))} {
			_, err = d.Setup(ctx, signin.Setup{Link: l, Name: "Kim", Organisation: "Acme", Email: "kim@example.com", Password: pw(password)}, here)
			code(t, err, "setup_link_dead")
		}
	})
}

func TestOfTwoSetupsAtOnceOneMakesAnOwner(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		for range 5 {
			links := make([]secret.String, 4)
			for i := range links {
				var err error
				links[i], _, err = d.OpenSetup(ctx)
				ok(t, err)
			}
			one(t, atOnce(len(links), func(i int) error {
				name := string(rune('a' + i))
				_, err := d.Setup(ctx, signin.Setup{Link: links[i], Name: name, Organisation: name, Email: name + "@example.com", Password: pw(password)}, here)
				return err
			}), "setup_link_dead")
			// All of it again, as if nobody were there.
			ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
				n, err := tx.Users().Count(ctx)
				if n != 1 {
					t.Errorf("there are %d people", n)
				}
				if err != nil {
					return err
				}
				all, err := tx.Tenants().List(ctx, "", 10)
				if len(all) != 1 {
					t.Errorf("there are %d workspaces", len(all))
				}
				if err != nil {
					return err
				}
				members, err := tx.In(all[0].ID).Members().List(ctx)
				if err != nil {
					return err
				}
				if err := tx.Tenants().Shred(ctx, all[0].ID); err != nil {
					return err
				}
				return tx.Users().Delete(ctx, members[0].User)
			}))
		}
	})
}

func TestTheOperatorsCommandEndsSetupLinks(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		link, _, err := d.OpenSetup(ctx)
		ok(t, err)
		_, err = d.accounts.CreateOwner(ctx, account.NewOwner{Email: "kim@example.com", Name: "Kim", Tenant: "Acme", Password: pw(password)})
		ok(t, err)
		ok(t, d.store.Platform().View(ctx, func(tx ports.PlatformTx) error {
			_, hash, _ := token.Parse(link.Reveal())
			_, err := tx.SetupLinks().Expires(ctx, hash)
			code(t, err, "not_found")
			return nil
		}))
		_, err = d.Setup(ctx, signin.Setup{Link: link, Name: "Eve", Organisation: "Evil", Email: "eve@example.com", Password: pw(password)}, here)
		code(t, err, "setup_link_dead")
	})
}
