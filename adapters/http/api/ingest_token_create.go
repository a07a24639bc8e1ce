package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// IngestTokenBody is the body of POST /ingest-tokens.
type IngestTokenBody struct {
	Name  string `json:"name" minLength:"1" maxLength:"200" doc:"Its name."`
	Group string `json:"group,omitempty" maxLength:"256" doc:"The one group it may write to, by id or name; any when left out."`
}

// createIngestToken: POST /ingest-tokens.
func (a *API) createIngestToken() {
	type in struct{ Body IngestTokenBody }
	register(a, tenant.IngestTokenCreate, Op{
		Method: http.MethodPost, Path: "/ingest-tokens", Summary: "Make an ingest token", Tag: "ingest", Status: http.StatusCreated,
	}, func(ctx context.Context, who Who, in *in) (*Answer[IngestTokenMade], error) {
		t, tok, err := a.Ingest.Create(ctx, who, ingest.NewToken{Name: in.Body.Name, Group: in.Body.Group})
		if err != nil {
			return nil, err
		}
		return answer(IngestTokenMade{ingestTokenOf(t), tok.Reveal()}), nil
	})
}
