package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// getTarget: GET /targets/{id}.
func (a *API) getTarget() {
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/targets/{id}", Summary: "Read one target", Tag: "targets",
	}, func(ctx context.Context, who Who, in *ByID) (*Answer[Target], error) {
		t, err := a.Push.Get(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		return answer(a.target(t)), nil
	})
}
