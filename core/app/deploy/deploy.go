// Package deploy brings certificates onto devices through plugins, and proves that they are served.
//
// Two halves share one Service. People make and change targets, test a connection, see what a deployment would do, say when. The
// reconciler does the work, step by step:
//
//	s := deploy.New(deploy.Deps{Store: store, Sealer: sealer, Forms: forms, Plugins: host, Prober: prober, Cron: cron, …})
//	jobs.Handle(ports.JobReconcile, s.Reconcile)   // the next steps of one target
//	jobs.Handle(ports.JobFanOut, s.FanOut)         // the targets of one group
//	jobs.Handle(ports.JobSweep, s.Sweep)           // whatever is due and was forgotten
//
// A target compares wanted and observed; a lost event costs a sweep. Every step is committed as begun before its effect and as ended
// after it, under a fence that only the newest claim of the target holds. See core/deploy for what follows what.
package deploy

import (
	"context"
	"log/slog"
	"time"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Deps are what the service needs.
type Deps struct {
	Store   ports.Store
	Sealer  ports.Sealer
	Forms   *form.Service
	Plugins ports.Plugins
	Prober  ports.Prober
	Cron    ports.Cron
	Now     func() time.Time
	Log     *slog.Logger
}

// Service is both halves. It is safe for concurrent use.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{d}
}

func (s *Service) record(ctx context.Context, tx ports.Tx, actor tenant.Actor, action tenant.Action, t target.Target, details map[string]string) error {
	return audit.Record(ctx, tx.Audit(), s.Sealer, actor, tx.Now(), action, t.ID, t.Name, details)
}
