package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// listGroups: GET /groups.
func (a *API) listGroups() {
	type in struct {
		Paging
		Search string `query:"search" maxLength:"200" doc:"Begins a word of the name."`
	}
	register(a, tenant.GroupRead, Op{
		Method: http.MethodGet, Path: "/groups", Summary: "List groups", Tag: "groups",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Page[Group]], error) {
		page, err := a.Vault.Groups(ctx, who, group.Query{Word: artifact.Fold(in.Search), Limit: in.Limit, Cursor: in.Cursor})
		if err != nil {
			return nil, err
		}
		return pageOf(page.Items, page.Next, groupOf), nil
	})
}
