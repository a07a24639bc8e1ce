package api

import (
	"context"
	"io"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// exportCSV: GET /artifacts.csv.
func (a *API) exportCSV() {
	register(a, tenant.ArtifactRead, Op{
		Method: http.MethodGet, Path: "/artifacts.csv", Summary: "Export the metadata of artifacts", Tag: "artifacts", File: "text/csv",
	}, func(_ context.Context, who Who, in *Narrow) (*File, error) {
		return a.stream("artifacts.csv", "text/csv; charset=utf-8", func(ctx context.Context, w io.Writer) error {
			return a.Vault.CSV(ctx, who, in.query(), w)
		}), nil
	})
}
