package tenant_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func TestThePolicyKeepsItsPromises(t *testing.T) {
	all := []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}
	as := func(r tenant.Role, s ...tenant.Scope) tenant.Actor {
		return tenant.Actor{Principal: tenant.PrincipalUser, Tenant: "ten_1", Role: r, Scopes: s}
	}
	for _, action := range tenant.Actions() {
		name := string(action)
		reads := strings.HasSuffix(name, ".read")
		exports := strings.HasSuffix(name, ".export")
		if action == tenant.ProfileUpdate || action == tenant.CredentialUpdate {
			continue // about oneself: see the next test
		}
		if action == tenant.PluginRead {
			continue // for platform admins: see TestWhatIsTheOperators
		}
		if !reads && as(tenant.Viewer, all...).Can(action) {
			t.Errorf("a viewer may %s", name)
		}
		if !reads && as(tenant.Owner, tenant.ScopeRead).Can(action) {
			t.Errorf("a token that only reads may %s", name)
		}
		if exports && as(tenant.Owner, tenant.ScopeRead, tenant.ScopeWrite).Can(action) {
			t.Errorf("write includes %s", name)
		}
		if name != "ingest.send" {
			if !as(tenant.Owner, all...).Can(action) {
				t.Errorf("an owner may not %s", name)
			}
			if (tenant.Actor{Principal: tenant.PrincipalIngest, Tenant: "ten_1"}).Can(action) {
				t.Errorf("an ingest token may %s", name)
			}
		}
		for what, a := range map[string]tenant.Actor{
			"nobody": {}, "a user without a role": as("", all...), "a token without scopes": as(tenant.Owner), "an unknown role": as("admin", all...),
		} {
			if a.Can(action) {
				t.Errorf("%s may %s", what, name)
			}
		}
	}
	if err := as(tenant.Owner, all...).Allow("vault.explode"); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("an action outside the table: %v", err)
	}
}

// What is the operator's is there for platform admins, whatever their role, and for nobody else.
func TestWhatIsTheOperators(t *testing.T) {
	for _, role := range []tenant.Role{"", tenant.Viewer, tenant.Editor, tenant.Owner} {
		who := tenant.Actor{Principal: tenant.PrincipalUser, Tenant: "ten_1", User: "usr_1", Role: role, Session: true, Fresh: true, Strong: true,
			Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}}
		if err := who.Allow(tenant.PluginRead); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a %q who is no platform admin: %v", role, err)
		}
		who.Platform = true
		if err := who.Allow(tenant.PluginRead); err != nil {
			t.Errorf("a platform admin of role %q: %v", role, err)
		}
	}
}

// What is about a person alone asks for no role, and their credentials are changed in a browser alone, with a proof.
func TestWhatIsAboutOneself(t *testing.T) {
	someone := tenant.Actor{Principal: tenant.PrincipalUser, User: "usr_1", Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}}
	for _, role := range []tenant.Role{"", tenant.Viewer, tenant.Editor, tenant.Owner} {
		token, reader := someone, someone
		token.Role, reader.Role, reader.Scopes = role, role, []tenant.Scope{tenant.ScopeRead}
		browser := token
		browser.Session = true
		proven := browser
		proven.Fresh = true
		whole := proven
		whole.Strong = true
		for what, c := range map[string]struct {
			who                 tenant.Actor
			profile, credential bool
		}{
			"a token": {token, true, false}, "a token that reads": {reader, false, false},
			"a browser": {browser, true, false}, "a browser after a proof by half": {proven, true, false}, "a browser after a proof": {whole, true, true},
		} {
			if c.who.Can(tenant.ProfileUpdate) != c.profile || c.who.Can(tenant.CredentialUpdate) != c.credential {
				t.Errorf("%s of role %q: profile %v, credential %v", what, role, !c.profile, !c.credential)
			}
		}
	}
	for _, a := range []tenant.Actor{{}, {Principal: tenant.PrincipalIngest, Tenant: "ten_1"}} {
		if a.Can(tenant.ProfileUpdate) || a.Can(tenant.CredentialUpdate) {
			t.Errorf("%q is nobody, and has no profile", a.Principal)
		}
	}
}

// A browser does what is sensitive only after a recent proof of identity; a token needs none.
func TestWhatNeedsAProof(t *testing.T) {
	owner := tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: "ten_1", Role: tenant.Owner, Session: true,
		Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport},
	}
	asked := 0
	for _, action := range tenant.Actions() {
		if action == tenant.IngestSend || action == tenant.PluginRead {
			continue
		}
		err := owner.Allow(action)
		if tenant.NeedsFresh(action) {
			asked++
			want := "confirm_identity"
			if tenant.NeedsStrong(action) {
				want = "confirm_second_factor"
			}
			if fault.CodeOf(err) != want || !tenant.NotProved(err) {
				t.Errorf("%s without a proof: %v", action, err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", action, err)
		}
		fresh := owner
		fresh.Fresh = true
		if err := fresh.Allow(action); (err == nil) == tenant.NeedsStrong(action) {
			t.Errorf("%s after a proof by password alone: %v", action, err)
		}
		fresh.Strong = true
		if err := fresh.Allow(action); err != nil {
			t.Errorf("%s after a proof: %v", action, err)
		}
	}
	for _, action := range []tenant.Action{tenant.ArtifactExport, tenant.GroupExport, tenant.TargetCreate, tenant.TargetRotate, tenant.IngestTokenCreate,
		tenant.APITokenCreate, tenant.InviteCreate, tenant.TenantDelete, tenant.ArtifactDelete, tenant.GroupDelete, tenant.TargetDelete, tenant.CredentialUpdate} {
		if !tenant.NeedsFresh(action) {
			t.Errorf("%s needs no proof", action)
		}
	}
	if !tenant.NeedsStrong(tenant.CredentialUpdate) {
		t.Error("a password alone takes a second factor away")
	}
	if asked < 12 {
		t.Errorf("only %d actions ask for a proof", asked)
	}
}

// A token that may write decides about no member and ends no workspace unless it may also let keys out.
func TestWritingDecidesAboutNoMember(t *testing.T) {
	as := func(s ...tenant.Scope) tenant.Actor {
		return tenant.Actor{Principal: tenant.PrincipalUser, Tenant: "ten_1", Role: tenant.Owner, Scopes: s}
	}
	for _, action := range []tenant.Action{tenant.InviteCreate, tenant.MemberUpdate, tenant.MemberDelete, tenant.TenantDelete} {
		if err := as(tenant.ScopeRead, tenant.ScopeWrite).Allow(action); fault.CodeOf(err) != "export_scope_needed" {
			t.Errorf("%s with write: %v", action, err)
		}
		if err := as(tenant.ScopeExport).Allow(action); fault.CodeOf(err) != "write_scope_needed" {
			t.Errorf("%s with export: %v", action, err)
		}
		if err := as(tenant.ScopeWrite, tenant.ScopeExport).Allow(action); err != nil {
			t.Errorf("%s with both: %v", action, err)
		}
		if !tenant.Operator("ten_1").Can(action) {
			t.Errorf("the operator may not %s", action)
		}
	}
}

func TestAddressesAndNames(t *testing.T) {
	for _, bad := range []string{"", "kim", "@example.com", "kim@", "a@b@c", "a b@example.com", "kim@example.com\r\nBcc: x", "k\u202em@example.com", strings.Repeat("a", 251) + "@b.c"} {
		if tenant.CheckEmail(bad) == nil {
			t.Errorf("%q passes for an address", bad)
		}
	}
	if err := tenant.CheckEmail("Kim.O'Neill+tls@example.com"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "  ", "a\nb", "a\u200bb", strings.Repeat("x", 101)} {
		if tenant.CheckName("name", bad, 100) == nil {
			t.Errorf("%q passes for a name", bad)
		}
	}
	if f := (*fault.Fault)(nil); !errors.As(tenant.CheckName("name", strings.Repeat("x", 101), 100), &f) || f.Fields["name"] != "Use at most 100 characters." {
		t.Errorf("a name that is too long: %+v", f)
	}
	if err := tenant.CheckName("name", "Zürich – 東京 (prod)", 100); err != nil {
		t.Error(err)
	}
}
