package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// activateGeneration: POST /groups/{id}/generations/{n}/activate.
func (a *API) activateGeneration() {
	type in struct {
		ByID
		N int `path:"n" minimum:"1" maximum:"1000000000" doc:"Number of the generation."`
	}
	register(a, tenant.GroupActivate, Op{
		Method: http.MethodPost, Path: "/groups/{id}/generations/{n}/activate", Summary: "Make a generation current, or roll back to it",
		Tag: "groups",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Generation], error) {
		g, err := a.Vault.Activate(ctx, who, in.ID, in.N)
		if err != nil {
			return nil, err
		}
		return answer(generationOf(g)), nil
	})
}
