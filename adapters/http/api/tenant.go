package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// Tenant is the workspace.
type Tenant struct {
	ID           string    `json:"id" doc:"Its id."`
	Name         string    `json:"name" doc:"Its name."`
	TimeZone     string    `json:"time_zone" doc:"IANA name of its time zone."`
	SecondFactor bool      `json:"second_factor" doc:"Every member must have a second factor."`
	CreatedAt    time.Time `json:"created_at" doc:"When it was made."`
}

func tenantOf(t tenant.Tenant) Tenant {
	return Tenant{ID: string(t.ID), Name: t.Name, TimeZone: t.TimeZone, SecondFactor: t.SecondFactor, CreatedAt: t.CreatedAt.UTC()}
}

// getTenant: GET /tenant.
func (a *API) getTenant() {
	register(a, tenant.TenantRead, Op{
		Method: http.MethodGet, Path: "/tenant", Summary: "Read the workspace", Tag: "account",
	}, func(ctx context.Context, who Who, _ *struct{}) (*Answer[Tenant], error) {
		t, err := a.Account.Workspace(ctx, who)
		if err != nil {
			return nil, err
		}
		return answer(tenantOf(t)), nil
	})
}
