package settings

import (
	"cmp"
	"strconv"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func tokensTitle(list []tenant.APIToken) string {
	if len(list) == 0 {
		return "Tokens"
	}
	return view.Count(len(list), "token")
}

func tokensEmpty(v view.View) string {
	if v.Can(tenant.APITokenCreate) {
		return "Make one for each program that uses the API, so that each can be taken away alone."
	}
	return "Viewers have none. An owner can give you another role."
}

func expired(v view.View, t tenant.APIToken) bool {
	return !t.ExpiresAt.IsZero() && !v.Now.Before(t.ExpiresAt)
}

// lifeOptions offers each life with the day it ends.
func lifeOptions(v view.View) []ui.Option {
	out := make([]ui.Option, len(lives))
	for i, days := range lives {
		n, _ := strconv.Atoi(days) // they are numbers
		out[i] = ui.Option{Value: days, Label: "Never"}
		if n > 0 {
			out[i].Label = "In " + view.Count(n, "day") + ", on " + v.Date(v.Now.AddDate(0, 0, n))
		}
	}
	return out
}

func expiryError(err error) string {
	return cmp.Or(ui.FieldError(err, "days"), ui.FieldError(err, "expires_at"))
}

// wrong answers the attributes of a group of boxes with an error.
func wrong(err error, field string) templ.Attributes {
	if ui.FieldError(err, field) == "" {
		return nil
	}
	return templ.Attributes{"data-invalid": true, "data-tone": "bad"}
}
