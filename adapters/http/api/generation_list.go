package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// listGenerations: GET /groups/{id}/generations. All that are kept come at once, greatest number first.
func (a *API) listGenerations() {
	register(a, tenant.GroupRead, Op{
		Method: http.MethodGet, Path: "/groups/{id}/generations", Summary: "List a group's generations", Tag: "groups",
	}, func(ctx context.Context, who Who, in *ByID) (*Answer[Page[Generation]], error) {
		all, err := a.Vault.Generations(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		return pageOf(all, "", generationOf), nil
	})
}
