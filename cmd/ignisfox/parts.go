package main

import (
	"log/slog"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/auth"
	outside "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/api"
	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/adapters/http/web"
	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/docs"
	"github.com/ignisfox/ignisfox/ports"
)

// parts makes what the server is put together of. It knows nothing of how that is done: see wire.go.
type parts struct {
	c   *settled
	log *slog.Logger
}

func (p parts) intake(store ports.Store, sealer ports.Sealer) *intake.Service {
	return intake.New(intake.Deps{Store: store, Sealer: sealer, Roots: systemRoots(p.log), Log: p.log})
}

func (p parts) form(store ports.Store, sealer ports.Sealer) *form.Service {
	return form.New(form.Deps{Store: store, Sealer: sealer})
}

func (p parts) vault(store ports.Store, sealer ports.Sealer, in *intake.Service, forms *form.Service) *vault.Service {
	return vault.New(vault.Deps{Store: store, Sealer: sealer, Intake: in, Forms: forms})
}

func (p parts) push(store ports.Store, sealer ports.Sealer) *push.Service {
	return push.New(push.Deps{Store: store, Sealer: sealer, Now: clock, Log: p.log, BaseURL: p.c.BaseURL})
}

func (p parts) puller(store ports.Store, sealer ports.Sealer, forms *form.Service) *push.Puller {
	return push.NewPuller(push.PullerDeps{Store: store, Sealer: sealer, Forms: forms, Now: clock, Log: p.log})
}

func (p parts) ingest(store ports.Store, sealer ports.Sealer, in *intake.Service) *ingest.Service {
	return ingest.New(ingest.Deps{Store: store, Sealer: sealer, Intake: in, Now: clock, Log: p.log})
}

func (p parts) overview(store ports.Store) *overview.Service {
	return overview.New(overview.Deps{Store: store, Now: clock})
}

func (p parts) signin(store ports.Store, sealer ports.Sealer, passwords ports.Passwords) (*signin.Service, error) {
	passkeys, err := auth.NewPasskeys(auth.PasskeyDeps{BaseURL: p.c.BaseURL, Now: clock})
	if err != nil {
		return nil, startFailure{err}
	}
	return signin.New(signin.Deps{
		Store: store, Sealer: sealer, Passwords: passwords, Codes: auth.NewOneTimeCodes("Ignisfox"), Passkeys: passkeys,
		Now: clock, Log: p.log, SignUp: p.c.SignUp,
	}), nil
}

func (p parts) once(store ports.Store, sealer ports.Sealer) *idempotency.Service {
	return idempotency.New(idempotency.Deps{Store: store, Sealer: sealer, Now: clock, Log: p.log})
}

func (p parts) metrics() *metrics.Metrics { return metrics.New(versionText()) }

func (p parts) pull(puller *push.Puller, in *ingest.Service, m *metrics.Metrics) *pull.Handler {
	return pull.New(pull.Deps{
		Puller: puller, Ingest: in, ClientRate: p.c.PullRate, TargetRate: p.c.PullTargetRate, Trusted: p.c.TrustedProxies,
		Now: clock, Log: p.log, Observe: m.Observe, Fetched: m.Fetched,
	})
}

func (p parts) api(v *vault.Service, t *push.Service, in *ingest.Service, a *account.Service, o *overview.Service, d *deploy.Service, once *idempotency.Service) *api.API {
	return api.New(api.Deps{
		Vault: v, Push: t, Ingest: in, Account: a, Overview: o, Deploy: d, Once: once, Rate: p.c.APIRate, Trusted: p.c.TrustedProxies,
		BaseURL: p.c.BaseURL, Now: clock, Log: p.log, Version: versionText(),
	})
}

func (p parts) web(s *signin.Service, a *account.Service, o *overview.Service, v *vault.Service, t *push.Service, in *ingest.Service, d *deploy.Service, once *idempotency.Service) (*web.Web, error) {
	w, err := web.New(web.Deps{
		SignIn: s, Account: a, Overview: o, Vault: v, Push: t, Ingest: in, Deploy: d, Once: once, BaseURL: p.c.BaseURL, Trusted: p.c.TrustedProxies,
		Now: clock, Log: p.log, Server: p.told(), Manual: docs.Pages,
	})
	if err != nil {
		return nil, startFailure{err}
	}
	return w, nil
}

// told is what the set-up page tells of the server.
func (p parts) told() web.Server {
	out := web.Server{Version: versionText(), Engine: "PostgreSQL", KEK: "It is in an environment variable."}
	if sqlitePath(&p.c.config) != "" {
		out.Engine = "SQLite"
	}
	if path, ok := strings.CutPrefix(p.c.KEK, "file:"); ok {
		out.KEK = "It is the file " + path + "."
	}
	return out
}

func (p parts) server(h *pull.Handler, a *api.API, w *web.Web, m *metrics.Metrics, store ports.Store) *outside.Server {
	return outside.New(outside.Deps{
		Pull: h, API: a, Web: w, Ready: readyOf(store, m), TLS: p.c.https(), Trusted: p.c.TrustedProxies, Now: clock,
		Log: p.log, Observe: m.Observe,
	})
}
