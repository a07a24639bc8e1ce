package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// PFXBody is the body of POST /groups/{id}/pfx.
type PFXBody struct {
	Password string `json:"password,omitempty" maxLength:"1024" writeOnly:"true" doc:"Password of the file; the group's own when left out."`
	Preset   string `json:"preset,omitempty" enum:"modern,legacy" default:"modern" doc:"modern, or legacy for old devices."`
}

// buildPFX: POST /groups/{id}/pfx. The same generation, password and preset give the same bytes, so repeating it is safe.
func (a *API) buildPFX() {
	type in struct {
		ByID
		Body PFXBody
	}
	register(a, tenant.GroupExport, Op{
		Method: http.MethodPost, Path: "/groups/{id}/pfx", Summary: "Build a PFX of the current generation", Tag: "groups",
		File: "application/x-pkcs12", Repeatable: true,
	}, func(ctx context.Context, who Who, in *in) (*File, error) {
		d, err := a.Vault.BuildPFX(ctx, who, in.ID, secret.NewString(in.Body.Password), in.Body.Preset)
		if err != nil {
			return nil, err
		}
		return saved(d), nil
	})
}
