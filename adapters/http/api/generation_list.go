package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// listGenerations: GET /groups/{id}/generations. Greatest number first.
func (a *API) listGenerations() {
	type in struct {
		ByID
		Paging
	}
	register(a, tenant.GroupRead, Op{
		Method: http.MethodGet, Path: "/groups/{id}/generations", Summary: "List a group's generations", Tag: "groups",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Page[Generation]], error) {
		all, err := a.Vault.Generations(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		return pageOfAll(all, in.Paging, placeOfGeneration, generationOf)
	})
}

func placeOfGeneration(g vault.Generation) string { return fmt.Sprintf("%010d", g.Number) }
