package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// deleteArtifact: DELETE /artifacts/{id}.
func (a *API) deleteArtifact() {
	type in struct {
		ByID
		Confirm bool `query:"confirm" doc:"Delete it although a generation uses it."`
	}
	register(a, tenant.ArtifactDelete, Op{
		Method: http.MethodDelete, Path: "/artifacts/{id}", Summary: "Delete an artifact", Tag: "artifacts",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *in) (*None, error) {
		return &None{}, a.Vault.Delete(ctx, who, artifact.ID(in.ID), in.Confirm)
	})
}
