package signin_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/ports"
)

var ctx = context.Background()

func register(k *kit.Kit, r *webtest.Rig) {
	signin.Register(k, signin.Deps{
		SignIn: r.SignIn, BaseURL: r.URL,
		Server: signin.Server{Version: "0.1.0", Engine: "SQLite", KEK: "It is the file /var/lib/ignisfox/kek."},
	})
	k.Get("/dashboard", "overview", tenant.OverviewRead, page)
	k.Unfinished("GET", "/dashboard/settings/security", "settings", tenant.ProfileUpdate, page)
	// Needs a recent proof of identity.
	k.Get("/dashboard/target", "", tenant.TargetCreate, page)
	k.Post("/dashboard/target", "", tenant.TargetCreate, page)
	k.Get("/dashboard/drawn", "", tenant.ProfileRead, func(rq *kit.Request) error {
		return rq.Render(200, part.Shell(rq.View, "Drawn", nil))
	})
	k.Post("/dashboard/say", "", tenant.ProfileUpdate, func(rq *kit.Request) error {
		return rq.Go("/dashboard/drawn", view.Toast{Text: "Something was done."})
	})
}

// page says who sees it, and where.
func page(rq *kit.Request) error {
	return rq.AnswerJSON(200, map[string]any{"email": rq.Who.Person.Email, "in": rq.Who.Workspace.Name, "must": rq.Who.Must, "toasts": toasts(rq.View)})
}

func toasts(v view.View) string {
	var out []string
	for _, t := range v.Toasts {
		out = append(out, t.Text)
	}
	return strings.Join(out, " ")
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// nobody empties the server of people, as it is when it is started for the first time.
func nobody(t *testing.T, r *webtest.Rig) {
	t.Helper()
	err := r.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := tx.Tenants().Shred(ctx, r.Tenant); err != nil {
			return err
		}
		return tx.Users().Delete(ctx, r.Owner.User)
	})
	if err != nil {
		t.Fatal(err)
	}
}
