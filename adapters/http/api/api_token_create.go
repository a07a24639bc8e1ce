package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// APITokenBody is the body of POST /api-tokens.
type APITokenBody struct {
	Name      string     `json:"name" minLength:"1" maxLength:"100" doc:"Its name."`
	Scopes    []string   `json:"scopes,omitempty" minItems:"1" maxItems:"3" enum:"read,write,export" doc:"What it may do: no more than the token that makes it; read and write when left out."`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it ends; never when left out."`
}

// createAPIToken: POST /api-tokens.
func (a *API) createAPIToken() {
	type in struct{ Body APITokenBody }
	register(a, tenant.APITokenCreate, Op{
		Method: http.MethodPost, Path: "/api-tokens", Summary: "Make an API token for oneself", Tag: "account", Status: http.StatusCreated,
	}, func(ctx context.Context, who Who, in *in) (*Answer[APITokenMade], error) {
		b := in.Body
		t, tok, err := a.Account.CreateToken(ctx, who, account.NewToken{Name: b.Name, Scopes: b.Scopes, ExpiresAt: b.ExpiresAt})
		if err != nil {
			return nil, err
		}
		return answer(APITokenMade{apiTokenOf(t), tok.Reveal()}), nil
	})
}
