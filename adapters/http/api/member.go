package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// Member is a person in the workspace.
type Member struct {
	ID        string    `json:"id" doc:"Id of the person."`
	Email     string    `json:"email" doc:"Address."`
	Name      string    `json:"name" doc:"Name."`
	Role      string    `json:"role" enum:"viewer,editor,owner" doc:"What they may do."`
	CreatedAt time.Time `json:"created_at" doc:"Member since."`
}

func memberOf(m tenant.Member) Member {
	return Member{ID: string(m.User), Email: m.Email, Name: m.Name, Role: string(m.Role), CreatedAt: m.CreatedAt.UTC()}
}

// listMembers: GET /members. All come at once.
func (a *API) listMembers() {
	register(a, tenant.MemberRead, Op{
		Method: http.MethodGet, Path: "/members", Summary: "List the members of the workspace", Tag: "account",
	}, func(ctx context.Context, who Who, _ *struct{}) (*Answer[Page[Member]], error) {
		all, err := a.Account.Members(ctx, who)
		if err != nil {
			return nil, err
		}
		return pageOf(all, "", memberOf), nil
	})
}
