package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// getGroup: GET /groups/{id}.
func (a *API) getGroup() {
	register(a, tenant.GroupRead, Op{
		Method: http.MethodGet, Path: "/groups/{id}", Summary: "Read one group", Tag: "groups",
	}, func(ctx context.Context, who Who, in *ByID) (*Answer[Group], error) {
		g, err := a.Vault.Group(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		return answer(groupOf(g)), nil
	})
}
