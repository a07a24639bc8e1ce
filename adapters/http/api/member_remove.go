package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// removeMember: DELETE /members/{id}.
func (a *API) removeMember() {
	register(a, tenant.MemberDelete, Op{
		Method: http.MethodDelete, Path: "/members/{id}", Summary: "Remove a member; their tokens here are dead at once", Tag: "account",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *ByID) (*None, error) {
		return &None{}, a.Account.RemoveMember(ctx, who, tenant.UserID(in.ID))
	})
}
