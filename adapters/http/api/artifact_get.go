package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// getArtifact: GET /artifacts/{id}.
func (a *API) getArtifact() {
	register(a, tenant.ArtifactRead, Op{
		Method: http.MethodGet, Path: "/artifacts/{id}", Summary: "Read one artifact's metadata", Tag: "artifacts",
	}, func(ctx context.Context, who Who, in *ByID) (*Answer[Artifact], error) {
		row, err := a.Vault.Get(ctx, who, artifact.ID(in.ID))
		if err != nil {
			return nil, err
		}
		return answer(artifactOf(row)), nil
	})
}
