package main

import (
	"context"
	"log/slog"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/ignisfox/ignisfox/adapters/auth"
	web "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/jobs"
	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/adapters/pluginhost"
	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/ports"
)

// This is the only file that knows fx. Constructors are plain; what has to be started and stopped gets its hooks here,
// and ends in the reverse order: listeners, loops, sealer, store.

// base is what every command needs. ctx ends the opening of the store.
func base(ctx context.Context, c *settled, log *slog.Logger, why purpose) fx.Option {
	return fx.Options(
		fx.WithLogger(func() fxevent.Logger { return eventsOf(log) }),
		fx.Provide(
			func(lc fx.Lifecycle) (ports.Store, *jobs.Queue, error) {
				store, queue, err := openStore(ctx, c, log, why)
				if err != nil {
					return nil, nil, err
				}
				lc.Append(fx.StopHook(store.Close))
				return store, queue, nil
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

// serverOf is the server of serve: listeners, loops and all below them.
func serverOf(ctx context.Context, c *settled, log *slog.Logger, open *listeners) fx.Option {
	p := parts{c, log}
	return fx.Options(
		base(ctx, c, log, serving), fx.Decorate(watched),
		fx.Provide(p.intake, p.form, p.vault, p.push, p.ingest, p.overview, p.signin, p.once, p.metrics, p.pull, p.api, p.web, p.server),
		fx.Provide(func(lc fx.Lifecycle, store ports.Store, sealer ports.Sealer, forms *form.Service) *push.Puller {
			puller := p.puller(store, sealer, forms)
			lc.Append(fx.StartStopHook(puller.Start, puller.Stop))
			return puller
		}),
		fx.Provide(func() ports.Prober { return p.prober(open) }, p.deploy, func(lc fx.Lifecycle) (*pluginhost.Host, ports.Plugins, error) {
			h, err := p.plugins(open)
			if err != nil {
				return nil, nil, err
			}
			lc.Append(fx.StartStopHook(h.Start, h.Stop))
			return h, h, nil
		}),
		// Jobs begin after the plugins they call, and end before them.
		fx.Invoke(func(lc fx.Lifecycle, queue *jobs.Queue, d *deploy.Service, _ *pluginhost.Host, _ *seal.Sealer) {
			lc.Append(fx.StartStopHook(func(ctx context.Context) error { return queue.Start(ctx, workers(d)) }, queue.Stop))
		}),
		fx.Invoke(func(lc fx.Lifecycle, a *account.Service, s *signin.Service, store ports.Store, _ *seal.Sealer) {
			loop(lc, a.Run)
			loop(lc, s.Run)
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
