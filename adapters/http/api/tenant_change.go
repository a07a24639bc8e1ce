package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// TenantPatch is the body of PATCH /tenant.
type TenantPatch struct {
	Name         Opt[string] `json:"name,omitempty" maxLength:"100" doc:"New name."`
	TimeZone     Opt[string] `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name of its time zone; null for UTC."`
	SecondFactor Opt[bool]   `json:"second_factor,omitempty" doc:"Whether every member must have a second factor. Whoever asks for it must have one."`
}

// changeTenant: PATCH /tenant.
func (a *API) changeTenant() {
	type in struct{ Body TenantPatch }
	register(a, tenant.TenantUpdate, Op{
		Method: http.MethodPatch, Path: "/tenant", Summary: "Rename the workspace, set its time zone, or ask a second factor of everybody", Tag: "account",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Tenant], error) {
		name, err := in.Body.Name.Ptr("name")
		if err != nil {
			return nil, err
		}
		second, err := in.Body.SecondFactor.Ptr("second_factor")
		if err != nil {
			return nil, err
		}
		zone := in.Body.TimeZone
		if zone.Null {
			zone.Value = "UTC"
		}
		t, err := a.Account.ChangeWorkspace(ctx, who, account.WorkspaceChange{Name: name, TimeZone: zone.Removable(), SecondFactor: second})
		if err != nil {
			return nil, err
		}
		return answer(tenantOf(t)), nil
	})
}
