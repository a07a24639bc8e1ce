package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Preferences are how things are shown to the person who asks.
type Preferences struct {
	TimeZone   *string `json:"time_zone" doc:"IANA name of one's own time zone; null for that of the workspace."`
	DateFormat string  `json:"date_format" enum:"long,iso,us" doc:"4 Dec 2026, 2026-12-04 or 12/04/2026."`
}

func preferencesOf(p account.Preferences) Preferences {
	return Preferences{TimeZone: some(p.TimeZone), DateFormat: string(p.DateFormat)}
}

// getPreferences: GET /preferences.
func (a *API) getPreferences() {
	register(a, tenant.ProfileRead, Op{
		Method: http.MethodGet, Path: "/preferences", Summary: "Read one's own preferences", Tag: "account",
	}, func(ctx context.Context, who Who, _ *struct{}) (*Answer[Preferences], error) {
		p, err := a.Account.Preferences(ctx, who)
		if err != nil {
			return nil, err
		}
		return answer(preferencesOf(p)), nil
	})
}
