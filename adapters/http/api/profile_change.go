package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// ProfilePatch is the body of PATCH /profile.
type ProfilePatch struct {
	Name Opt[string] `json:"name,omitempty" maxLength:"100" doc:"One's new name."`
}

// changeProfile: PATCH /profile.
func (a *API) changeProfile() {
	type in struct{ Body ProfilePatch }
	register(a, tenant.ProfileUpdate, Op{
		Method: http.MethodPatch, Path: "/profile", Summary: "Change one's own name", Tag: "account",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Profile], error) {
		name, err := in.Body.Name.Ptr("name")
		if err != nil {
			return nil, err
		}
		p, err := a.Account.ChangeProfile(ctx, who, account.ProfileChange{Name: name})
		if err != nil {
			return nil, err
		}
		return answer(profileOf(p)), nil
	})
}
