package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// deleteTarget: DELETE /targets/{id}.
func (a *API) deleteTarget() {
	register(a, tenant.TargetDelete, Op{
		Method: http.MethodDelete, Path: "/targets/{id}", Summary: "Delete a target; its tokens are dead at once", Tag: "targets",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *ByID) (*None, error) {
		return &None{}, a.Push.Delete(ctx, who, in.ID)
	})
}
