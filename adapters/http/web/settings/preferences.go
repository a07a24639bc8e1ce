package settings

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// preferencesPage is what the preferences show.
type preferencesPage struct {
	TimeZone   string // empty: that of the workspace
	Workspace  string // time zone
	DateFormat tenant.DateFormat
	Theme      string // empty: the system's
	Compact    bool
}

func (h *handlers) preferences(rq *kit.Request) error {
	p, err := h.Account.Preferences(rq.Context(), rq.Who.Actor)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, preferences(rq.View, preferencesPage{
		TimeZone: p.TimeZone, Workspace: p.Workspace, DateFormat: p.DateFormat, Theme: rq.View.Theme, Compact: rq.View.Compact,
	}, nil))
}

// savePreferences keeps time zone and date format for the person, theme and density for this browser.
func (h *handlers) savePreferences(rq *kit.Request) error {
	p := preferencesPage{
		TimeZone: rq.Text("time_zone"), Workspace: rq.Who.Workspace.TimeZone, DateFormat: tenant.DateFormat(rq.Text("date_format")),
		Theme: rq.Text("theme"), Compact: rq.Checked("compact"),
	}
	_, err := h.Account.ChangePreferences(rq.Context(), rq.Who.Actor, account.PreferencesChange{TimeZone: &p.TimeZone, DateFormat: &p.DateFormat})
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, preferences(rq.View, p, err))
	}
	if err != nil {
		return err
	}
	if p.Theme != "light" && p.Theme != "dark" {
		p.Theme = ""
	}
	rq.SetTheme(p.Theme)
	rq.SetCompact(p.Compact)
	return rq.Go(preferencesPath, view.Toast{Text: "Preferences saved."})
}
