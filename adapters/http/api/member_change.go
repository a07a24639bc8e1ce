package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// MemberPatch is the body of PATCH /members/{id}.
type MemberPatch struct {
	Role Opt[string] `json:"role,omitempty" doc:"The new role: viewer, editor or owner."`
}

// changeMember: PATCH /members/{id}.
func (a *API) changeMember() {
	type in struct {
		ByID
		Body MemberPatch
	}
	register(a, tenant.MemberUpdate, Op{
		Method: http.MethodPatch, Path: "/members/{id}", Summary: "Give a member another role", Tag: "account",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Member], error) {
		role, err := in.Body.Role.Ptr("role")
		if err != nil {
			return nil, err
		}
		m, err := a.Account.ChangeMember(ctx, who, tenant.UserID(in.ID), account.MemberChange{Role: (*tenant.Role)(role)})
		if err != nil {
			return nil, err
		}
		return answer(memberOf(m)), nil
	})
}
