package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// PreferencesPatch is the body of PATCH /preferences.
type PreferencesPatch struct {
	TimeZone   Opt[string] `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name; null for the workspace's time zone."`
	DateFormat Opt[string] `json:"date_format,omitempty" maxLength:"16" doc:"long, iso or us; null for long."`
}

// changePreferences: PATCH /preferences.
func (a *API) changePreferences() {
	type in struct{ Body PreferencesPatch }
	register(a, tenant.ProfileUpdate, Op{
		Method: http.MethodPatch, Path: "/preferences", Summary: "Change one's own preferences", Tag: "account",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Preferences], error) {
		p, err := a.Account.ChangePreferences(ctx, who, account.PreferencesChange{
			TimeZone: in.Body.TimeZone.Removable(), DateFormat: (*tenant.DateFormat)(in.Body.DateFormat.Removable()),
		})
		if err != nil {
			return nil, err
		}
		return answer(preferencesOf(p)), nil
	})
}
