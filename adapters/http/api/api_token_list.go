package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// listAPITokens: GET /api-tokens.
func (a *API) listAPITokens() {
	register(a, tenant.APITokenRead, Op{
		Method: http.MethodGet, Path: "/api-tokens", Summary: "List one's own API tokens", Tag: "account",
	}, func(ctx context.Context, who Who, in *Paging) (*Answer[Page[APIToken]], error) {
		tokens, next, err := a.Account.Tokens(ctx, who, in.Limit, in.Cursor)
		if err != nil {
			return nil, err
		}
		return pageOf(tokens, next, apiTokenOf), nil
	})
}
