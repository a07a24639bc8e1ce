package tenant_test

import (
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
	if err := tenant.CheckName("name", "Zürich – 東京 (prod)", 100); err != nil {
		t.Error(err)
	}
}
