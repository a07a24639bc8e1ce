package settings

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const maxTokens = 100 // shown: nobody may have more

// profilePage is what the profile shows.
type profilePage struct {
	Name, Organisation, TimeZone string // of the form
	Profile                      account.Profile
	Factors                      signin.Factors
	Sessions                     []tenant.Session
	Here                         string // id of the session that asks
	Tokens                       []tenant.APIToken
}

func (h *handlers) profile(rq *kit.Request) error {
	p, err := h.readProfile(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, profile(rq.View, p, nil))
}

func (h *handlers) readProfile(rq *kit.Request) (p profilePage, err error) {
	if p.Profile, err = h.Account.Profile(rq.Context(), rq.Who.Actor); err != nil {
		return p, err
	}
	if p.Factors, err = h.SignIn.Factors(rq.Context(), rq.Who); err != nil {
		return p, err
	}
	if p.Sessions, err = h.SignIn.Sessions(rq.Context(), rq.Who); err != nil {
		return p, err
	}
	p.Tokens, _, err = h.Account.Tokens(rq.Context(), rq.Who.Actor, maxTokens, "")
	p.Here = rq.Who.Browser.ID
	p.Name, p.Organisation, p.TimeZone = p.Profile.Member.Name, p.Profile.Workspace.Name, p.Profile.Workspace.TimeZone
	return p, err
}

// saveProfile keeps the person's name and, for owners, the workspace's name and time zone. All that is typed is looked at
// before any of it is kept.
func (h *handlers) saveProfile(rq *kit.Request) error {
	name, organisation, zone := rq.Text("name"), rq.Text("organisation"), rq.Text("time_zone")
	err := tenant.CheckName("name", name, people.MaxName)
	if err == nil && rq.Who.Can(tenant.TenantUpdate) {
		_, err = h.Account.ChangeWorkspace(rq.Context(), rq.Who.Actor, account.WorkspaceChange{Name: &organisation, TimeZone: &zone})
		err = fault.Renamed(err, "name", "organisation")
	}
	if err == nil {
		_, err = h.Account.ChangeProfile(rq.Context(), rq.Who.Actor, account.ProfileChange{Name: &name})
	}
	if status, ok := rq.Refused(err); ok {
		p, failed := h.readProfile(rq)
		if failed != nil {
			return failed
		}
		p.Name, p.Organisation, p.TimeZone = name, organisation, zone
		return rq.Render(status, profile(rq.View, p, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(profilePath, view.Toast{Text: "Profile saved."})
}
