package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/fault"
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
		if g.ID != in.ID { // found by its name, which no other path takes
			return nil, fault.Missing("group")
		}
		return answer(groupOf(g)), nil
	})
}
