package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// listIngestTokens: GET /ingest-tokens.
func (a *API) listIngestTokens() {
	register(a, tenant.IngestTokenRead, Op{
		Method: http.MethodGet, Path: "/ingest-tokens", Summary: "List ingest tokens", Tag: "ingest",
	}, func(ctx context.Context, who Who, in *Paging) (*Answer[Page[IngestToken]], error) {
		tokens, next, err := a.Ingest.List(ctx, who, tenant.IngestTokenQuery{Limit: in.Limit, Cursor: in.Cursor})
		if err != nil {
			return nil, err
		}
		return pageOf(tokens, next, ingestTokenOf), nil
	})
}
