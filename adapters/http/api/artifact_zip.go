package api

import (
	"context"
	"io"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// ZipBody is the body of POST /artifacts/zip.
type ZipBody struct {
	IDs []string `json:"ids" minItems:"1" maxItems:"200" doc:"The artifacts to pack."`
}

// zipArtifacts: POST /artifacts/zip. It changes nothing; it is a POST for the length of the list.
func (a *API) zipArtifacts() {
	type in struct{ Body ZipBody }
	register(a, tenant.ArtifactRead, Op{
		Method: http.MethodPost, Path: "/artifacts/zip", Summary: "Download several artifacts; one that holds a key needs the scope export",
		Tag: "artifacts", File: "application/zip", Repeatable: true,
	}, func(_ context.Context, who Who, in *in) (*File, error) {
		ids, err := idsOf(in.Body.IDs)
		if err != nil {
			return nil, err
		}
		return a.stream("artifacts.zip", "application/zip", func(ctx context.Context, w io.Writer) error {
			return a.Vault.Zip(ctx, who, ids, w)
		}), nil
	})
}
