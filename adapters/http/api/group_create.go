package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// GroupBody is the body of POST /groups.
type GroupBody struct {
	Name     string `json:"name" minLength:"1" maxLength:"256" doc:"Its name."`
	Password string `json:"password,omitempty" maxLength:"1024" writeOnly:"true" doc:"PFX password, kept sealed."`
}

// createGroup: POST /groups.
func (a *API) createGroup() {
	type in struct{ Body GroupBody }
	register(a, tenant.GroupCreate, Op{
		Method: http.MethodPost, Path: "/groups", Summary: "Make an empty group", Tag: "groups", Status: http.StatusCreated,
	}, func(ctx context.Context, who Who, in *in) (*Answer[Group], error) {
		g, err := a.Vault.CreateGroup(ctx, who, in.Body.Name, secret.NewString(in.Body.Password))
		if err != nil {
			return nil, err
		}
		return answer(groupOf(g)), nil
	})
}
