package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// deleteAPIToken: DELETE /api-tokens/{id}.
func (a *API) deleteAPIToken() {
	register(a, tenant.APITokenDelete, Op{
		Method: http.MethodDelete, Path: "/api-tokens/{id}", Summary: "Revoke one of one's own API tokens at once", Tag: "account",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *ByID) (*None, error) {
		return &None{}, a.Account.DeleteToken(ctx, who, in.ID)
	})
}
