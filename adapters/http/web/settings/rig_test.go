package settings_test

import (
	"context"
	"net/url"
	"regexp"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/settings"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

var ctx = context.Background()

const (
	profile     = "/dashboard/settings/profile"
	preferences = "/dashboard/settings/preferences"
	members     = "/dashboard/settings/members"
	tokens      = "/dashboard/settings/api-tokens"
	security    = "/dashboard/settings/security"
)

// register adds the settings and the sign-in pages, which they lead to.
func register(k *kit.Kit, r *webtest.Rig) {
	settings.Register(k, settings.Deps{SignIn: r.SignIn, Account: r.Account, BaseURL: r.URL})
	signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
	k.Get("/dashboard", "overview", tenant.OverviewRead, func(rq *kit.Request) error { return rq.Go(profile) })
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}

// found answers what the group of the expression matches in the page.
func found(t *testing.T, a webtest.Answer, expression string) string {
	t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(a.Body)
	if m == nil {
		t.Fatalf("nothing fits %s in %s", expression, a.Body)
	}
	return m[1]
}

// require asks a second factor of everybody.
func require(on *bool) account.WorkspaceChange { return account.WorkspaceChange{SecondFactor: on} }
