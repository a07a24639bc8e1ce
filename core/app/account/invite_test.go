package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// opens answers what a link stands for; fault NotFound when nothing.
func (d *desk) opens(link secret.String) (tenant.InviteGrant, error) {
	kind, hash, good := token.Parse(link.Reveal())
	if !good || kind != token.Invite {
		return tenant.InviteGrant{}, fmt.Errorf("%s is no secret of an invite", token.Display(link))
	}
	return d.kit.Store.Lookup().InviteGrant(ctx, hash)
}

func TestInvites(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := inBrowser(d.kit.Owner, true)
		made, link, err := d.CreateInvite(ctx, who, account.NewInvite{Email: " Lee@Example.com ", Role: tenant.Editor})
		ok(t, err)
		if made.Email != "Lee@Example.com" || made.Role != tenant.Editor || made.CreatedBy != who.Name || made.ExpiresAt.Sub(made.CreatedAt) != 72*time.Hour {
			t.Errorf("%+v", made)
		}
		g, err := d.opens(link)
		if err != nil || g.Invite.ID != made.ID || g.Workspace.ID != who.Tenant {
			t.Errorf("%+v, %v", g, err)
		}
		list, err := d.Invites(ctx, who)
		if err != nil || len(list) != 1 || list[0].ID != made.ID {
			t.Errorf("%+v, %v", list, err)
		}

		// Inviting again gives another link, and takes the first away.
		again, fresh, err := d.CreateInvite(ctx, who, account.NewInvite{Email: "lee@example.com", Role: tenant.Viewer})
		ok(t, err)
		if _, err := d.opens(link); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the first link still opens: %v", err)
		}
		if g, err = d.opens(fresh); err != nil || g.Invite.Role != tenant.Viewer {
			t.Errorf("%+v, %v", g, err)
		}
		if list, err = d.Invites(ctx, who); err != nil || len(list) != 1 || list[0].ID != again.ID {
			t.Errorf("%+v, %v", list, err)
		}

		other := d.kit.NewTenant(t, "Other")
		if err := d.DeleteInvite(ctx, other, again.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another workspace's: %v", err)
		}
		ok(t, d.DeleteInvite(ctx, who, again.ID))
		if _, err := d.opens(fresh); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a cancelled link opens: %v", err)
		}
		for _, gone := range []string{again.ID, "inv_nothing", "'; --"} {
			if err := d.DeleteInvite(ctx, who, gone); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", gone, err)
			}
		}
		e := d.trail(t, who.Tenant)
		if len(entriesOf(e, tenant.InviteCreate)) != 2 || len(entriesOf(e, tenant.InviteDelete)) != 1 {
			t.Errorf("trail: %+v", e)
		}
		for _, entry := range e {
			if strings.Contains(fmt.Sprint(entry), "inv_"+link.Reveal()[4:20]) {
				t.Error("the trail holds a link")
			}
		}
	})
}

func TestWhoCannotBeInvited(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		for _, c := range []struct{ email, role, want string }{
			{who.Name, "viewer", "already_member"}, {strings.ToUpper(who.Name), "owner", "already_member"}, {"nobody", "viewer", "bad_email"},
			{"", "viewer", "bad_email"}, {"a@example.com\r\nBcc: b", "viewer", "bad_email"}, {"a@example.com", "", "bad_role"}, {"a@example.com", "admin", "bad_role"},
		} {
			_, _, err := d.CreateInvite(ctx, who, account.NewInvite{Email: c.email, Role: tenant.Role(c.role)})
			code(t, err, c.want)
		}
		_, _, err := d.CreateInvite(ctx, inBrowser(who, false), account.NewInvite{Email: "a@example.com", Role: tenant.Viewer})
		code(t, err, "confirm_identity")
		for _, role := range []tenant.Role{tenant.Viewer, tenant.Editor} {
			a := who
			a.Role = role
			for what, err := range map[string]error{
				"list": second(d.Invites(ctx, a)), "delete": d.DeleteInvite(ctx, a, "inv_x"),
				"create": third(d.CreateInvite(ctx, a, account.NewInvite{Email: "a@example.com", Role: tenant.Viewer})),
			} {
				if fault.CodeOf(err) != "forbidden" {
					t.Errorf("%s may %s: %v", role, what, err)
				}
			}
		}
		if list, err := d.Invites(ctx, who); err != nil || len(list) != 0 {
			t.Errorf("refusals had effects: %+v, %v", list, err)
		}
	})
}

func TestInvitesAreBounded(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		ok(t, d.kit.Store.Tenant(who.Tenant).Update(ctx, func(tx ports.Tx) error {
			for i := range 100 {
				_, hash := token.New(token.Invite)
				in := tenant.Invite{
					ID: fmt.Sprintf("inv_%026d", i), Email: fmt.Sprintf("p%d@example.com", i), Role: tenant.Viewer, Hash: hash, CreatedBy: "kim",
					CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour),
				}
				if i == 99 { // ran out, so it does not count
					in.ExpiresAt = tx.Now().Add(-time.Hour)
				}
				if err := tx.Invites().Insert(ctx, in); err != nil {
					return err
				}
			}
			return nil
		}))
		_, _, err := d.CreateInvite(ctx, who, account.NewInvite{Email: "the100th@example.com", Role: tenant.Viewer})
		ok(t, err)
		_, _, err = d.CreateInvite(ctx, who, account.NewInvite{Email: "the101st@example.com", Role: tenant.Viewer})
		code(t, err, "too_many_invites")
		_, _, err = d.CreateInvite(ctx, who, account.NewInvite{Email: "p5@example.com", Role: tenant.Viewer}) // in the place of another
		ok(t, err)
	})
}
