package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ignisfox/ignisfox/adapters/cron"
	"github.com/ignisfox/ignisfox/adapters/jobs"
	"github.com/ignisfox/ignisfox/adapters/pluginhost"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	reconcilers  = 25              // targets at a time, as serve has it
	endedLimit   = 3 * time.Minute // until the deployments of a batch have ended
	manySignals  = 1 << 14
	stoppedLimit = time.Minute
)

// loop is the closed loop as serve wires it: store, queue, plugins, prober and reconciler.
type loop struct {
	*stack
	queue  *jobs.Queue
	host   *pluginhost.Host
	deploy *deploy.Service
	owner  tenant.Actor
	worked chan string // the target of each job of a reconciler, when it was done
}

// newLoop makes a loop on a new database. Its jobs begin with start.
func (b *bench) newLoop(ctx context.Context, engine string, prober ports.Prober) (_ *loop, err error) {
	dir, err := b.tempDir(engine + "-loop")
	if err != nil {
		return nil, err
	}
	url, err := b.database(ctx, engine, dir)
	if err != nil {
		return nil, err
	}
	l := &loop{worked: make(chan string, manySignals)}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close(ctx))
		}
	}()
	l.stack, err = openStack(ctx, dir, url, func(c *storage.Config) {
		c.Queue = func(ctx context.Context, h storage.Handles) (_ storage.Enqueue, err error) {
			l.queue, err = jobs.New(ctx, jobs.Deps{PostgreSQL: h.Pool, SQLite: h.Writer, Migrate: h.Migrate, Log: c.Log, Reconcilers: reconcilers})
			return l.queue.Insert, err
		}
	})
	if err != nil {
		return l, err
	}
	if l.host, err = b.startHost(ctx, l.stack); err != nil {
		return l, err
	}
	l.deploy = deploy.New(deploy.Deps{
		Store: l.store, Sealer: l.sealer, Forms: form.New(form.Deps{Store: l.store, Sealer: l.sealer}),
		Plugins: l.host, Prober: prober, Cron: cron.New(), Now: time.Now, Log: l.log,
	})
	l.owner, err = l.newTenant(ctx, "Loop")
	return l, err
}

// start has jobs done from now on.
func (l *loop) start(ctx context.Context) error {
	return l.queue.Start(ctx, map[ports.JobKind]ports.Worker{
		ports.JobReconcile: func(ctx context.Context, j ports.Job) error {
			err := l.deploy.Reconcile(ctx, j)
			select {
			case l.worked <- j.Object:
			default: // nobody has listened for a long time
			}
			return err
		},
		ports.JobFanOut: l.deploy.FanOut, ports.JobSweep: l.deploy.Sweep,
	})
}

func (l *loop) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stoppedLimit)
	defer cancel()
	var errs []error
	if l.stack == nil {
		return nil
	}
	if l.queue != nil {
		errs = append(errs, l.queue.Stop(ctx))
	}
	if l.host != nil {
		errs = append(errs, l.host.Stop(ctx))
	}
	return errors.Join(append(errs, l.stack.close())...)
}

// forget drops what was said of jobs so far.
func (l *loop) forget() {
	for {
		select {
		case <-l.worked:
		default:
			return
		}
	}
}

// ended waits until every target is where it should be, told by the jobs that end. A target that stands still elsewhere is an error.
func (l *loop) ended(ctx context.Context, ids []string) error {
	ctx, cancel := context.WithTimeout(ctx, endedLimit)
	defer cancel()
	left := map[string]bool{}
	for _, id := range ids {
		left[id] = true
	}
	for _, id := range ids {
		if err := l.look(ctx, id, left); err != nil {
			return err
		}
	}
	for len(left) > 0 {
		select {
		case id := <-l.worked:
			if err := l.look(ctx, id, left); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("%d of %d targets were not up to date in time; the log is in %s", len(left), len(ids), l.dir)
		}
	}
	return nil
}

// look strikes a target off that is up to date.
func (l *loop) look(ctx context.Context, id string, left map[string]bool) error {
	if !left[id] {
		return nil
	}
	var t target.Target
	err := l.store.Tenant(l.owner.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		t, err = tx.Targets().Get(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	switch state := t.State(); state {
	case target.StateUpToDate:
		delete(left, id)
	case target.StateFailed, target.StateRolledBack, target.StateServingOther, target.StateUnreachable:
		return fmt.Errorf("%s is %s: %s", t.Name, state, t.Deploy.Status.Reason)
	}
	return nil
}
