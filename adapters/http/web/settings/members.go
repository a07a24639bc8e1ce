package settings

import (
	"net/http"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// mostMembers are shown at first; the rest with ?all=1.
const mostMembers = 100

// membersPage is what the list shows.
type membersPage struct {
	Members []tenant.Member
	Total   int             // of members
	Invites []tenant.Invite // open and run out; only for those who may see them
	Form    inviteForm
}

func (h *handlers) members(rq *kit.Request) error { return h.showMembers(rq, http.StatusOK, nil) }

// showMembers shows the list; refused is why something on it was not done.
func (h *handlers) showMembers(rq *kit.Request, status int, refused error) error {
	all, err := h.Account.Members(rq.Context(), rq.Who.Actor)
	if err != nil {
		return err
	}
	p := membersPage{Members: all, Total: len(all), Form: inviteForm{Role: tenant.Viewer}}
	if len(all) > mostMembers && !rq.Checked("all") {
		p.Members = all[:mostMembers]
	}
	if rq.Who.Can(tenant.InviteRead) {
		if p.Invites, err = h.Account.Invites(rq.Context(), rq.Who.Actor); err != nil {
			return err
		}
	}
	return rq.Render(status, members(rq.View, p, refused))
}

// member answers the member that the address names; fault NotFound for anybody else.
func (h *handlers) member(rq *kit.Request) (tenant.Member, error) {
	all, err := h.Account.Members(rq.Context(), rq.Who.Actor)
	if err != nil {
		return tenant.Member{}, err
	}
	i := slices.IndexFunc(all, func(m tenant.Member) bool { return string(m.User) == rq.ID() })
	if i < 0 {
		return tenant.Member{}, fault.Missing("member")
	}
	return all[i], nil
}

// roleForm is where one comes back to after a proof of identity, without our script.
func (h *handlers) roleForm(rq *kit.Request) error {
	m, err := h.member(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, roleOf(rq.View, m))
}

func (h *handlers) setRole(rq *kit.Request) error {
	role := tenant.Role(rq.Text("role"))
	m, err := h.Account.ChangeMember(rq.Context(), rq.Who.Actor, tenant.UserID(rq.ID()), account.MemberChange{Role: &role})
	if status, ok := rq.Refused(err); ok {
		return h.showMembers(rq, status, err)
	}
	if err != nil {
		return err
	}
	return rq.Go(membersPath, view.Toast{Text: called(m) + " is " + view.Article(m.Role) + " now."})
}

func (h *handlers) removeForm(rq *kit.Request) error {
	m, err := h.member(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, removeMember(rq.View, m, nil))
}

func (h *handlers) remove(rq *kit.Request) error {
	m, err := h.member(rq)
	if err != nil {
		return err
	}
	err = h.Account.RemoveMember(rq.Context(), rq.Who.Actor, m.User)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, removeMember(rq.View, m, err))
	}
	if err != nil {
		return err
	}
	if m.User == rq.Who.User {
		return rq.Go("/dashboard", view.Toast{Text: "You left " + rq.Who.Workspace.Name + "."})
	}
	return rq.Go(membersPath, view.Toast{Text: called(m) + " is removed. Their API tokens here stopped working."})
}
