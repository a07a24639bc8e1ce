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
		Sort   string `query:"sort" enum:"name,not_after" doc:"name, or not_after: what ends first comes first, groups without a certificate last. Newest first when left out."`
	}
	register(a, tenant.GroupRead, Op{
		Method: http.MethodGet, Path: "/groups", Summary: "List groups", Tag: "groups",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Page[Group]], error) {
		q := group.Query{Word: artifact.Fold(in.Search), Sort: group.Sort(in.Sort), Limit: in.Limit, Cursor: in.Cursor}
		page, err := a.Vault.Groups(ctx, who, q)
		if err != nil {
			return nil, err
		}
		return pageOf(page.Items, page.Next, groupOf), nil
	})
}
