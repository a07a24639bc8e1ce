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
		State string `query:"state" enum:"never,up_to_date,behind,deploying,failed,rolled_back,serving_other,unreachable,paused" doc:"Only those in this state."`
	}
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/targets", Summary: "List targets", Tag: "targets",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Page[Target]], error) {
		q := target.Query{Group: in.Group, State: target.State(in.State), Limit: in.Limit, Cursor: in.Cursor}
		page, err := a.Push.List(ctx, who, q)
		if err != nil {
			return nil, err
		}
		return pageOf(page.Items, page.Next, a.target), nil
	})
}
