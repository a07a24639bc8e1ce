package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// deleteIngestToken: DELETE /ingest-tokens/{id}.
func (a *API) deleteIngestToken() {
	register(a, tenant.IngestTokenDelete, Op{
		Method: http.MethodDelete, Path: "/ingest-tokens/{id}", Summary: "Revoke an ingest token at once", Tag: "ingest",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *ByID) (*None, error) {
		return &None{}, a.Ingest.Delete(ctx, who, in.ID)
	})
}
