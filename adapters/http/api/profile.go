package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Profile is who asks.
type Profile struct {
	ID            string   `json:"id" doc:"Id of the person."`
	Email         string   `json:"email" doc:"Address."`
	Name          string   `json:"name" doc:"Name."`
	Role          string   `json:"role" enum:"viewer,editor,owner" doc:"Role in the workspace."`
	Scopes        []string `json:"scopes" doc:"Scopes of the token used."`
	PlatformAdmin bool     `json:"platform_admin" doc:"Administers the whole server."`
	Incomplete    bool     `json:"incomplete" doc:"The name is missing, or nobody has confirmed name and time zone of the workspace that one owns."`
	Tenant        Tenant   `json:"tenant" doc:"The workspace."`
}

func profileOf(p account.Profile) Profile {
	return Profile{
		ID: string(p.Member.User), Email: p.Member.Email, Name: p.Member.Name, Role: string(p.Member.Role),
		Scopes: scopesOf(p.Scopes), PlatformAdmin: p.Platform, Incomplete: p.Incomplete, Tenant: tenantOf(p.Workspace),
	}
}

// getProfile: GET /profile.
func (a *API) getProfile() {
	register(a, tenant.ProfileRead, Op{
		Method: http.MethodGet, Path: "/profile", Summary: "Read who one is", Tag: "account",
	}, func(ctx context.Context, who Who, _ *struct{}) (*Answer[Profile], error) {
		p, err := a.Account.Profile(ctx, who)
		if err != nil {
			return nil, err
		}
		return answer(profileOf(p)), nil
	})
}
