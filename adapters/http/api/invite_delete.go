package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// deleteInvite: DELETE /invites/{id}.
func (a *API) deleteInvite() {
	register(a, tenant.InviteDelete, Op{
		Method: http.MethodDelete, Path: "/invites/{id}", Summary: "Cancel an invite; its link is dead at once", Tag: "account",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *ByID) (*None, error) {
		return &None{}, a.Account.DeleteInvite(ctx, who, in.ID)
	})
}
