package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// listMembers: GET /members, newest first.
func (a *API) listMembers() {
	register(a, tenant.MemberRead, Op{
		Method: http.MethodGet, Path: "/members", Summary: "List the members of the workspace", Tag: "account",
	}, func(ctx context.Context, who Who, in *Paging) (*Answer[Page[Member]], error) {
		all, err := a.Account.Members(ctx, who)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(all, func(a, b tenant.Member) int { return strings.Compare(placeOfMember(b), placeOfMember(a)) })
		return pageOfAll(all, *in, placeOfMember, memberOf)
	})
}

// placeOfMember sorts by the time of joining, then by id.
func placeOfMember(m tenant.Member) string {
	return fmt.Sprintf("%020d %s", m.CreatedAt.UnixMicro(), m.User)
}
