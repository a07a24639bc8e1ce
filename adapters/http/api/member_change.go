package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// MemberPatch is the body of PATCH /members/{id}.
type MemberPatch struct {
	Role string `json:"role" enum:"viewer,editor,owner" doc:"The new role."`
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
		m, err := a.Account.ChangeRole(ctx, who, tenant.UserID(in.ID), tenant.Role(in.Body.Role))
		if err != nil {
			return nil, err
		}
		return answer(memberOf(m)), nil
	})
}
