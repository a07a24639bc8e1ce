package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// deleteGroup: DELETE /groups/{id}.
func (a *API) deleteGroup() {
	register(a, tenant.GroupDelete, Op{
		Method: http.MethodDelete, Path: "/groups/{id}", Summary: "Delete a group; its artifacts stay, ungrouped", Tag: "groups",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *ByID) (*None, error) {
		return &None{}, a.Vault.DeleteGroup(ctx, who, in.ID)
	})
}
