package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// downloadArtifact: GET /artifacts/{id}/download. Whether the scope export is needed depends on the row, so the use case
// asks for it.
func (a *API) downloadArtifact() {
	type in struct {
		ByID
		Ext string `query:"ext" maxLength:"10" doc:"Ending of the file name: pem, crt or cer for a certificate."`
	}
	register(a, tenant.ArtifactRead, Op{
		Method: http.MethodGet, Path: "/artifacts/{id}/download", Summary: "Download an artifact; one that holds a key needs the scope export",
		Tag: "artifacts", File: "application/octet-stream",
	}, func(ctx context.Context, who Who, in *in) (*File, error) {
		d, err := a.Vault.Download(ctx, who, artifact.ID(in.ID), in.Ext)
		if err != nil {
			return nil, err
		}
		return saved(d), nil
	})
}
