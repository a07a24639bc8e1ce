package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// TenantPatch is the body of PATCH /tenant.
type TenantPatch struct {
	Name     Opt[string] `json:"name,omitempty" maxLength:"100" doc:"New name."`
	TimeZone Opt[string] `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name of its time zone; null for UTC."`
}

// changeTenant: PATCH /tenant.
func (a *API) changeTenant() {
	type in struct{ Body TenantPatch }
	register(a, tenant.TenantUpdate, Op{
		Method: http.MethodPatch, Path: "/tenant", Summary: "Rename the workspace or set its time zone", Tag: "account",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Tenant], error) {
		name, err := in.Body.Name.Ptr("name")
		if err != nil {
			return nil, err
		}
		zone := in.Body.TimeZone
		if zone.Null {
			zone.Value = "UTC"
		}
		t, err := a.Account.ChangeWorkspace(ctx, who, account.WorkspaceChange{Name: name, TimeZone: zone.Removable()})
		if err != nil {
			return nil, err
		}
		return answer(tenantOf(t)), nil
	})
}
