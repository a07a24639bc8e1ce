package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// GroupPatch is the body of PATCH /groups/{id}.
type GroupPatch struct {
	Name     Opt[string] `json:"name,omitempty" maxLength:"256" doc:"New name."`
	Password Opt[string] `json:"password,omitempty" maxLength:"1024" writeOnly:"true" doc:"New PFX password; null removes it."`
}

// changeGroup: PATCH /groups/{id}.
func (a *API) changeGroup() {
	type in struct {
		ByID
		Body GroupPatch
	}
	register(a, tenant.GroupUpdate, Op{
		Method: http.MethodPatch, Path: "/groups/{id}", Summary: "Rename a group, or set its PFX password", Tag: "groups",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Group], error) {
		name, err := in.Body.Name.Ptr("name")
		if err != nil {
			return nil, err
		}
		c := vault.GroupChange{Name: name, ClearPassword: in.Body.Password.Null}
		if p := in.Body.Password; p.Set && !p.Null {
			s := secret.NewString(p.Value)
			c.Password = &s
		}
		g, err := a.Vault.ChangeGroup(ctx, who, in.ID, c)
		if err != nil {
			return nil, err
		}
		return answer(groupOf(g)), nil
	})
}
