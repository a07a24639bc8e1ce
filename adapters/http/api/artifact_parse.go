package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// ParseBody is the body of POST /artifacts/{id}/parse.
type ParseBody struct {
	Password string `json:"password,omitempty" maxLength:"1024" writeOnly:"true" doc:"Password of the file, used once and not kept."`
}

// parseArtifact: POST /artifacts/{id}/parse.
func (a *API) parseArtifact() {
	type in struct {
		ByID
		Body *ParseBody
	}
	register(a, tenant.ArtifactCreate, Op{
		Method: http.MethodPost, Path: "/artifacts/{id}/parse", Summary: "Try to read an unknown artifact again", Tag: "artifacts",
	}, func(ctx context.Context, who Who, in *in) (*Answer[FileResult], error) {
		password := ""
		if in.Body != nil {
			password = in.Body.Password
		}
		r, err := a.Vault.ParseAgain(ctx, who, artifact.ID(in.ID), secret.NewString(password))
		if err != nil {
			return nil, err
		}
		return answer(fileResultOf(r)), nil
	})
}
