package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// InviteBody is the body of POST /invites.
type InviteBody struct {
	Email string `json:"email" minLength:"1" maxLength:"254" doc:"Address of the person. Nothing is mailed: hand them the link."`
	Role  string `json:"role" enum:"viewer,editor,owner" doc:"What they may do."`
}

// createInvite: POST /invites. The secret of the link is in its fragment, which no server is sent.
func (a *API) createInvite() {
	type in struct{ Body InviteBody }
	register(a, tenant.InviteCreate, Op{
		Method: http.MethodPost, Path: "/invites", Summary: "Invite somebody into the workspace", Tag: "account", Status: http.StatusCreated,
	}, func(ctx context.Context, who Who, in *in) (*Answer[InviteMade], error) {
		i, link, err := a.Account.CreateInvite(ctx, who, account.NewInvite{Email: in.Body.Email, Role: tenant.Role(in.Body.Role)})
		if err != nil {
			return nil, err
		}
		return answer(InviteMade{inviteOf(i), strings.TrimRight(a.BaseURL, "/") + "/invite#" + link.Reveal()}), nil
	})
}
