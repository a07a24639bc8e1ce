package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// TenantDeletion is the body of DELETE /tenant.
type TenantDeletion struct {
	Name string `json:"name" maxLength:"256" doc:"The name of the workspace, repeated."`
}

// deleteTenant: DELETE /tenant. Its tokens are dead afterwards, so there is nobody left to repeat it to.
func (a *API) deleteTenant() {
	type in struct{ Body TenantDeletion }
	register(a, tenant.TenantDelete, Op{
		Method: http.MethodDelete, Path: "/tenant", Summary: "Delete the workspace and destroy its keys; this cannot be undone",
		Tag: "account", Status: http.StatusNoContent, Repeatable: true,
	}, func(ctx context.Context, who Who, in *in) (*None, error) {
		return &None{}, a.Account.DeleteWorkspace(ctx, who, in.Body.Name)
	})
}
