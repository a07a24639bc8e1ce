package main

import (
	"context"
	"log/slog"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/ignisfox/ignisfox/adapters/auth"
	web "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/api"
	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/ports"
)

// This is the only file that knows fx. Constructors are plain; what has to be started and stopped gets its hooks here,
// and ends in the reverse order: listeners, loops, sealer, store.

// base is what every command needs. ctx ends the opening of the store.
func base(ctx context.Context, c *settled, log *slog.Logger, why purpose) fx.Option {
	return fx.Options(
		fx.WithLogger(func() fxevent.Logger { return eventsOf(log) }),
		fx.Provide(
			func(lc fx.Lifecycle) (ports.Store, error) {
				store, err := openStore(ctx, c, log, why)
				if err != nil {
					return nil, err
				}
				lc.Append(fx.StopHook(store.Close))
				return store, nil
			},
			func(lc fx.Lifecycle, store ports.Store) (*seal.Sealer, ports.Sealer, error) {
				s, err := seal.New(seal.Deps{Keysets: store.Keysets(), Source: c.KEK, Now: clock, Log: log, Existing: why == existing})
				if err != nil {
					return nil, nil, startFailure{err}
				}
				lc.Append(fx.StartStopHook(s.Start, s.Stop))
				return s, s, nil
			},
			func() ports.Passwords { return auth.NewPasswords(auth.PasswordDeps{}) },
			func(store ports.Store, sealer ports.Sealer, passwords ports.Passwords) *account.Service {
				return account.New(account.Deps{Store: store, Sealer: sealer, Passwords: passwords, Now: clock, Log: log})
			},
		),
	)
}

// useCases are what the server's routes call.
func useCases(c *settled, log *slog.Logger) fx.Option {
	return fx.Provide(
		func(store ports.Store, sealer ports.Sealer) *intake.Service {
			return intake.New(intake.Deps{Store: store, Sealer: sealer, Roots: systemRoots(log), Log: log})
		},
		func(store ports.Store, sealer ports.Sealer) *form.Service {
			return form.New(form.Deps{Store: store, Sealer: sealer})
		},
		func(s ports.Store) *overview.Service { return overview.New(overview.Deps{Store: s, Now: clock}) },
		func(store ports.Store, sealer ports.Sealer, in *intake.Service, forms *form.Service) *vault.Service {
			return vault.New(vault.Deps{Store: store, Sealer: sealer, Intake: in, Forms: forms})
		},
		func(store ports.Store, sealer ports.Sealer) *push.Service {
			return push.New(push.Deps{Store: store, Sealer: sealer, Now: clock, Log: log, BaseURL: c.BaseURL})
		},
		func(lc fx.Lifecycle, store ports.Store, sealer ports.Sealer, forms *form.Service) *push.Puller {
			p := push.NewPuller(push.PullerDeps{Store: store, Sealer: sealer, Forms: forms, Now: clock, Log: log})
			lc.Append(fx.StartStopHook(p.Start, p.Stop))
			return p
		},
		func(store ports.Store, sealer ports.Sealer, in *intake.Service) *ingest.Service {
			return ingest.New(ingest.Deps{Store: store, Sealer: sealer, Intake: in, Now: clock, Log: log})
		},
		func(store ports.Store) *overview.Service {
			return overview.New(overview.Deps{Store: store, Now: clock})
		},
		func(store ports.Store, sealer ports.Sealer, passwords ports.Passwords) (*signin.Service, error) {
			keys, err := auth.NewPasskeys(auth.PasskeyDeps{BaseURL: c.BaseURL, Now: clock})
			return signin.New(signin.Deps{
				Store: store, Sealer: sealer, Passwords: passwords, Codes: auth.NewOneTimeCodes("Ignisfox"), Passkeys: keys,
				Now: clock, Log: log, SignUp: c.SignUp,
			}), err
		},
		func(store ports.Store, sealer ports.Sealer) *idempotency.Service {
			return idempotency.New(idempotency.Deps{Store: store, Sealer: sealer, Now: clock, Log: log})
		},
	)
}

// serverOf is the server of serve: listeners, loops and all below them.
func serverOf(ctx context.Context, c *settled, log *slog.Logger, open *listeners) fx.Option {
	return fx.Options(
		base(ctx, c, log, serving), useCases(c, log), fx.Decorate(watched),
		fx.Provide(func() *metrics.Metrics { return metrics.New(versionText()) },
			func(p *push.Puller, in *ingest.Service, m *metrics.Metrics) *pull.Handler {
				return pull.New(pull.Deps{
					Puller: p, Ingest: in, ClientRate: c.PullRate, TargetRate: c.PullTargetRate, Trusted: c.TrustedProxies,
					Now: clock, Log: log, Observe: m.Observe, Fetched: m.Fetched,
				})
			},
			func(v *vault.Service, p *push.Service, in *ingest.Service, a *account.Service, o *overview.Service, once *idempotency.Service) *api.API {
				return api.New(api.Deps{
					Vault: v, Push: p, Ingest: in, Account: a, Overview: o, Once: once, Rate: c.APIRate, Trusted: c.TrustedProxies,
					BaseURL: c.BaseURL, Now: clock, Log: log, Version: versionText(),
				})
			},
			func(h *pull.Handler, a *api.API, m *metrics.Metrics, store ports.Store) *web.Server {
				return web.New(web.Deps{
					Pull: h, API: a, Ready: readyOf(store, m), TLS: c.https(), Trusted: c.TrustedProxies, Now: clock,
					Log: log, Observe: m.Observe,
				})
			},
		),
		fx.Invoke(func(lc fx.Lifecycle, a *account.Service, store ports.Store, _ *seal.Sealer) {
			loop(lc, a.Run)
			loop(lc, (&sweeper{jobs: store.Jobs(), now: clock, log: log}).run)
		}),
		fx.Provide(func(lc fx.Lifecycle, s *web.Server, m *metrics.Metrics) *listening {
			l := &listening{open: open, server: s, side: metricsServer(open, m, log), failed: make(chan error, 1)}
			lc.Append(fx.StartStopHook(l.start, l.stop))
			return l
		}),
	)
}

// eventsOf logs what fx does at debug level, errors too: the command tells them, once.
func eventsOf(log *slog.Logger) fxevent.Logger {
	l := &fxevent.SlogLogger{Logger: log}
	l.UseLogLevel(slog.LevelDebug)
	l.UseErrorLevel(slog.LevelDebug)
	return l
}

func loop(lc fx.Lifecycle, run func(context.Context)) {
	var b background
	lc.Append(fx.StartStopHook(func(ctx context.Context) { b.start(ctx, run) }, b.stop))
}

func newServer(ctx context.Context, c *settled, log *slog.Logger, open *listeners) *running {
	r := &running{}
	r.app = fx.New(serverOf(ctx, c, log, open), fx.Populate(&r.people, &r.http))
	return r
}

// withOperator runs fn with a service of a command.
func withOperator[T any](ctx context.Context, c *settled, log *slog.Logger, why purpose, fn func(T) error) error {
	var service T
	app := fx.New(base(ctx, c, log, why), fx.Populate(&service))
	if err := app.Err(); err != nil {
		return err
	}
	return within(ctx, app.Start, app.Stop, func() error { return fn(service) })
}
