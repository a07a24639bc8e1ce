package account_test

import (
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// inBrowser is the same person in a browser, where they proved lately who they are, or not.
func inBrowser(a tenant.Actor, fresh bool) tenant.Actor {
	a.Session, a.Fresh, a.Credential = true, fresh, "ses_test"
	return a
}

// joins makes the person a member of another new workspace too, and answers its id.
func (d *desk) joins(t *testing.T, u tenant.UserID, role tenant.Role) tenant.ID {
	t.Helper()
	other := d.kit.NewTenant(t, "Second workspace").Tenant
	ok(t, d.kit.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		return tx.In(other).Members().Insert(ctx, tenant.Member{User: u, Role: role, CreatedAt: tx.Now()})
	}))
	return other
}

func entriesOf(list []audit.Entry, action tenant.Action) (out []audit.Entry) {
	for _, e := range list {
		if e.Action == action {
			out = append(out, e)
		}
	}
	return out
}

func TestANewNameIsKnownInEveryWorkspace(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := inBrowser(d.kit.Owner, false)
		other := d.joins(t, who.User, tenant.Viewer)
		p, err := d.ChangeProfile(ctx, who, account.ProfileChange{Name: new("  Kim Møller ")})
		ok(t, err)
		if p.Member.Name != "Kim Møller" || p.Workspace.ID != who.Tenant || p.Member.Role != tenant.Owner {
			t.Errorf("%+v", p)
		}
		there := who
		there.Tenant, there.Role = other, tenant.Viewer
		if p, err = d.Profile(ctx, there); err != nil || p.Member.Name != "Kim Møller" || p.Incomplete {
			t.Errorf("%+v, %v", p, err)
		}
		for _, id := range []tenant.ID{who.Tenant, other} {
			e := entriesOf(d.trail(t, id), tenant.ProfileUpdate)
			if len(e) != 1 || e[0].Details["name"] != "Kim Møller" || e[0].ActorID != string(who.User) {
				t.Errorf("trail of %s: %+v", id, e)
			}
		}
		for _, bad := range []string{"", " ", "a\nb", "x\u202ey", strings.Repeat("x", 101)} {
			_, err := d.ChangeProfile(ctx, who, account.ProfileChange{Name: &bad})
			code(t, err, "bad_name")
		}
		_, err = d.ChangeProfile(ctx, who, account.ProfileChange{Name: new("Kim Møller")})
		ok(t, err)
		_, err = d.ChangeProfile(ctx, who, account.ProfileChange{})
		ok(t, err)
		if n := len(entriesOf(d.trail(t, who.Tenant), tenant.ProfileUpdate)); n != 1 {
			t.Errorf("%d entries for one change", n)
		}
	})
}

// Somebody whose workspace is gone, or who has none yet, still has a name and preferences.
func TestAPersonWithoutAWorkspace(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := inBrowser(d.kit.Owner, false)
		ok(t, d.kit.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Tenants().Shred(ctx, who.Tenant) }))
		who.Tenant, who.Role = "", ""
		p, err := d.ChangeProfile(ctx, who, account.ProfileChange{Name: new("Kim")})
		if err != nil || p.Member.Name != "Kim" || p.Workspace.ID != "" {
			t.Errorf("%+v, %v", p, err)
		}
		pref, err := d.ChangePreferences(ctx, who, account.PreferencesChange{TimeZone: new("Asia/Tokyo")})
		if err != nil || pref.Zone() != "Asia/Tokyo" {
			t.Errorf("%+v, %v", pref, err)
		}
		token := who
		token.Session, token.Scopes = false, []tenant.Scope{tenant.ScopeRead}
		_, err = d.ChangeProfile(ctx, token, account.ProfileChange{Name: new("Lee")})
		code(t, err, "write_scope_needed")
	})
}

func TestPreferences(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		_, err := d.ChangeWorkspace(ctx, who, account.WorkspaceChange{TimeZone: new("Europe/Berlin")})
		ok(t, err)
		p, err := d.Preferences(ctx, who)
		if err != nil || p.TimeZone != "" || p.DateFormat != tenant.DateLong || p.Zone() != "Europe/Berlin" {
			t.Errorf("%+v, %v", p, err)
		}
		iso := tenant.DateISO
		p, err = d.ChangePreferences(ctx, who, account.PreferencesChange{TimeZone: new("America/New_York"), DateFormat: &iso})
		if err != nil || p.Zone() != "America/New_York" || p.DateFormat != iso {
			t.Errorf("%+v, %v", p, err)
		}
		other := who
		other.Tenant = d.joins(t, who.User, tenant.Viewer)
		if p, err = d.Preferences(ctx, other); err != nil || p.Zone() != "America/New_York" || p.Workspace != "UTC" || p.DateFormat != iso {
			t.Errorf("in the other workspace: %+v, %v", p, err)
		}
		for _, bad := range []string{"Local", "Mars/Olympus", "UTC\x00"} {
			_, err := d.ChangePreferences(ctx, who, account.PreferencesChange{TimeZone: &bad})
			code(t, err, "bad_time_zone")
		}
		bad, long := tenant.DateFormat("%s"), tenant.DateFormat("")
		_, err = d.ChangePreferences(ctx, who, account.PreferencesChange{DateFormat: &bad})
		code(t, err, "bad_date_format")
		before := len(d.trail(t, who.Tenant))
		_, err = d.ChangePreferences(ctx, who, account.PreferencesChange{TimeZone: new("America/New_York"), DateFormat: &iso})
		ok(t, err)
		if n := len(d.trail(t, who.Tenant)); n != before {
			t.Errorf("%d entries, there were %d", n, before)
		}
		p, err = d.ChangePreferences(ctx, who, account.PreferencesChange{TimeZone: new(""), DateFormat: &long})
		if err != nil || p.Zone() != "Europe/Berlin" || p.DateFormat != tenant.DateLong {
			t.Errorf("taken back: %+v, %v", p, err)
		}
		_, err = d.Preferences(ctx, tenant.Operator(who.Tenant))
		code(t, err, "forbidden")
	})
}

func TestAProfileIsIncompleteUntilAnOwnerLooked(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		incomplete := func() bool {
			p, err := d.Profile(ctx, who)
			ok(t, err)
			return p.Incomplete
		}
		if !incomplete() {
			t.Error("nobody has looked at this workspace yet")
		}
		_, err := d.ChangeWorkspace(ctx, who, account.WorkspaceChange{SecondFactor: new(false)})
		ok(t, err)
		if !incomplete() {
			t.Error("confirmed by something else")
		}
		ws, err := d.ChangeWorkspace(ctx, who, account.WorkspaceChange{Name: new("Test workspace")}) // left as it was
		ok(t, err)
		if incomplete() || ws.ConfirmedAt.IsZero() {
			t.Error("an owner saved the name")
		}
		if n := len(d.trail(t, who.Tenant)); n != 0 {
			t.Errorf("%d entries for what changed nothing", n)
		}
		first := ws.ConfirmedAt
		if ws, err = d.ChangeWorkspace(ctx, who, account.WorkspaceChange{TimeZone: new("Europe/Paris")}); err != nil || !ws.ConfirmedAt.Equal(first) {
			t.Errorf("%+v, %v", ws, err)
		}
	})
}

func TestWhoAsksForSecondFactorsHasOne(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := inBrowser(d.kit.Owner, true)
		ask := func() (tenant.Tenant, error) {
			return d.ChangeWorkspace(ctx, who, account.WorkspaceChange{SecondFactor: new(true), Name: new("Safe place")})
		}
		_, err := ask()
		code(t, err, "own_second_factor_first")
		factors := func(fn func(f ports.Factors, tx ports.PlatformTx) error) {
			t.Helper()
			ok(t, d.kit.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return fn(tx.Factors(), tx) }))
		}
		a := tenant.Authenticator{ID: "totp_1", User: who.User, Sealed: []byte("x")}
		factors(func(f ports.Factors, tx ports.PlatformTx) error {
			a.CreatedAt = tx.Now()
			return f.PutAuthenticator(ctx, a)
		})
		_, err = ask()
		code(t, err, "own_second_factor_first") // nobody has typed a code of it yet
		if ws, err := d.Workspace(ctx, who); err != nil || ws.SecondFactor || ws.Name != "Test workspace" {
			t.Errorf("a refusal had effects: %+v, %v", ws, err)
		}
		factors(func(f ports.Factors, tx ports.PlatformTx) error {
			a.ConfirmedAt = tx.Now()
			return f.PutAuthenticator(ctx, a)
		})
		ws, err := ask()
		if err != nil || !ws.SecondFactor || ws.Name != "Safe place" {
			t.Errorf("%+v, %v", ws, err)
		}
		e := entriesOf(d.trail(t, who.Tenant), tenant.TenantUpdate)
		if len(e) != 1 || e[0].Details["second_factor"] != "true" {
			t.Errorf("trail: %+v", e)
		}
		_, err = d.ChangeWorkspace(ctx, who, account.WorkspaceChange{SecondFactor: new(false)})
		ok(t, err)
		factors(func(f ports.Factors, tx ports.PlatformTx) error {
			if err := f.DeleteAuthenticator(ctx, who.User); err != nil {
				return err
			}
			return f.InsertPasskey(ctx, tenant.Passkey{ID: "pk_1", User: who.User, Name: "laptop", CredentialID: []byte{1}, Data: []byte("{}"), CreatedAt: tx.Now()})
		})
		if ws, err = ask(); err != nil || !ws.SecondFactor {
			t.Errorf("with a passkey: %+v, %v", ws, err)
		}
	})
}

func TestABrowserDeletesTheWorkspaceOnlyAfterProof(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		code(t, d.DeleteWorkspace(ctx, inBrowser(d.kit.Owner, false), "Test workspace"), "confirm_identity")
		who := inBrowser(d.kit.Owner, true)
		code(t, d.DeleteWorkspace(ctx, who, "Test"), "name_differs")
		ok(t, d.DeleteWorkspace(ctx, who, "Test workspace"))
		if _, err := d.Workspace(ctx, who); fault.KindOf(err) != fault.NotFound {
			t.Errorf("it is still there: %v", err)
		}
		_, err := d.ChangePreferences(ctx, who, account.PreferencesChange{TimeZone: new("UTC")})
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("something is still done in it: %v", err)
		}
	})
}
