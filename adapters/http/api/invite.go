package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// Invite asks somebody into the workspace: never its link.
type Invite struct {
	ID        string    `json:"id" doc:"Its id."`
	Email     string    `json:"email" doc:"The address it is for."`
	Role      string    `json:"role" enum:"viewer,editor,owner" doc:"What they may do once they accepted it."`
	CreatedAt time.Time `json:"created_at" doc:"When it was made."`
	CreatedBy string    `json:"created_by" doc:"Who made it."`
	ExpiresAt time.Time `json:"expires_at" doc:"Until when it can be accepted."`
}

// InviteMade is a new invite, this once.
type InviteMade struct {
	Invite
	Link string `json:"link" doc:"Where it is accepted, once: shown once. Whoever holds it may accept it."`
}

func inviteOf(i tenant.Invite) Invite {
	return Invite{
		ID: i.ID, Email: i.Email, Role: string(i.Role), CreatedAt: i.CreatedAt.UTC(), CreatedBy: i.CreatedBy, ExpiresAt: i.ExpiresAt.UTC(),
	}
}

// listInvites: GET /invites, newest first.
func (a *API) listInvites() {
	register(a, tenant.InviteRead, Op{
		Method: http.MethodGet, Path: "/invites", Summary: "List invites into the workspace", Tag: "account",
	}, func(ctx context.Context, who Who, in *Paging) (*Answer[Page[Invite]], error) {
		all, err := a.Account.Invites(ctx, who)
		if err != nil {
			return nil, err
		}
		return pageOfAll(all, *in, placeOfInvite, inviteOf)
	})
}

func placeOfInvite(i tenant.Invite) string {
	return fmt.Sprintf("%020d %s", i.CreatedAt.UnixMicro(), i.ID)
}
