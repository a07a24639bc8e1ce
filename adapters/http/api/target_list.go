package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// listTargets: GET /targets.
func (a *API) listTargets() {
	type in struct {
		Paging
		Group string `query:"group" maxLength:"200" doc:"Only those of this group, by id or name."`
	}
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/targets", Summary: "List targets", Tag: "targets",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Page[Target]], error) {
		page, err := a.Push.List(ctx, who, target.Query{Group: in.Group, Limit: in.Limit, Cursor: in.Cursor})
		if err != nil {
			return nil, err
		}
		return pageOf(page.Items, page.Next, targetOf), nil
	})
}
