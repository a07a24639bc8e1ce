package deploy

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

const (
	// Lease is how long a claim of a target stands without a word: longer than a step and the commits around it.
	Lease = 60 * time.Second

	stepLimit  = 40 * time.Second // one effect
	closeLimit = 10 * time.Second // writing down how it ended, also when the job's own time is over
	keep       = 50               // ended deployments of a target

	shortPause = 500 * time.Millisecond // is waited for in place; the queue is not as exact
)

// work is one step of one target, from the claim to its end.
type work struct {
	tenant  tenant.ID
	t       target.Target
	d       deploy.Deployment
	holder  string
	fence   int64
	pause   time.Duration // before the step
	plugin  plugin.Info   // zero when it is not there
	schema  schema.Schema
	gen     group.Generation
	leaf    leaf
	prints  map[string]int // generation of the group by the fingerprint of its leaf
	secrets []ports.TargetSecret
	can     deploy.Can
	recheck bool // not a step: the target's schedule has come
}

// step answers the line of the journal that is being worked on.
func (w *work) step() *deploy.Step { return &w.d.Steps[len(w.d.Steps)-1] }

// Reconcile does the next steps of one target, or finds that there is nothing to do. It is a ports.Worker. It does one step at least,
// and goes on with the next as long as the job's deadline leaves time for a whole one: a job without a deadline does one step.
func (s *Service) Reconcile(ctx context.Context, j ports.Job) error {
	w, err := s.take(ctx, j)
	for err == nil && w != nil {
		w, err = s.once(ctx, w)
	}
	return err
}

// once does the step that was written down as begun, and answers the one that follows when this job is to do it.
func (s *Service) once(ctx context.Context, w *work) (next *work, err error) {
	end := s.do(ctx, w)
	// The job's own time may be over; how the effect ended is written down all the same, unless somebody else has the target.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	if errors.Is(ctx.Err(), context.Canceled) && !end.well() {
		return nil, cmp.Or(lost(s.handBack(after, w, end)), ctx.Err())
	}
	if w.recheck {
		return nil, lost(s.closeRecheck(after, w, end))
	}
	next, err = s.close(after, w, end, s.roomy(ctx))
	return next, lost(err)
}

func (s *Service) do(ctx context.Context, w *work) ended {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	if w.pause > 0 {
		pause := time.NewTimer(w.pause)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	return s.act(ctx, w)
}

// handBack leaves a step that was cut off as it was begun, for whoever comes next: this server is being stopped, which says nothing of the
// device.
func (s *Service) handBack(ctx context.Context, w *work, e ended) error {
	return s.Store.Tenant(w.tenant).Update(ctx, func(tx ports.Tx) error {
		if !w.recheck && e.lines != "" {
			if err := tx.Deployments().Append(ctx, w.d.ID, e.lines, w.fence); err != nil {
				return err
			}
		}
		return tx.Deployments().Release(ctx, w.t.ID, w.fence)
	})
}

// roomy says whether a job has the time for a whole step more.
func (s *Service) roomy(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ok && ctx.Err() == nil && end.Sub(s.Now()) >= stepLimit
}

// lost drops the faults that say that the target is not ours any more: another server has taken it and goes on, or it was deleted.
func lost(err error) error {
	if fault.CodeOf(err) == "fence_lost" || fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// take claims the target and writes down what is begun. It answers nil when there is nothing to do now.
func (s *Service) take(ctx context.Context, j ports.Job) (w *work, err error) {
	err = s.Store.Tenant(j.Tenant).Update(ctx, func(tx ports.Tx) error {
		w = nil
		t, err := tx.Targets().Get(ctx, j.Object)
		if fault.KindOf(err) == fault.NotFound || err == nil && t.Deploy == nil {
			return nil
		}
		if err != nil {
			return err
		}
		starts := s.starts(t, tx.Now())
		if starts {
			// What begins is written into the trail, whose end every writer of the tenant takes first.
			if _, _, err := tx.Audit().Last(ctx); err != nil {
				return err
			}
		}
		next := &work{tenant: j.Tenant, holder: id.New("run", tx.Now())}
		next.fence, err = tx.Deployments().Claim(ctx, t.ID, next.holder, tx.Now().Add(Lease))
		switch {
		case fault.CodeOf(err) == "target_busy":
			// Whoever has it goes on by itself, which replaces this job; unless it died.
			return tx.Enqueue(ctx, reconcile(j.Tenant, t.ID, tx.Now().Add(Lease+time.Second)))
		case err != nil:
			return lost(err)
		}
		// What was read before the claim may be of before whoever had the target gave it back.
		if next.t, err = tx.Targets().Get(ctx, t.ID); err != nil {
			return err
		}
		if !starts && s.starts(next.t, tx.Now()) { // without the end of the trail nothing begins
			if err := tx.Enqueue(ctx, reconcile(j.Tenant, t.ID, tx.Now())); err != nil {
				return err
			}
			return tx.Deployments().Release(ctx, t.ID, next.fence)
		}
		going, err := s.begin(ctx, tx, next)
		if err != nil {
			return err
		}
		if !going {
			return tx.Deployments().Release(ctx, t.ID, next.fence)
		}
		w = next
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// begin decides what is to be done with a claimed target and writes it down; false when it is nothing, or not yet.
func (s *Service) begin(ctx context.Context, tx ports.Tx, w *work) (bool, error) {
	st := &w.t.Deploy.Status
	if st.State == deploy.Running && st.Deployment != "" {
		d, err := tx.Deployments().Get(ctx, st.Deployment)
		if err != nil {
			return false, err
		}
		w.d = d
	} else {
		why, due := s.due(w.t, tx.Now())
		switch {
		case !due:
			return false, s.wait(ctx, tx, w)
		case why == deploy.TriggerSchedule:
			w.recheck = true
			w.d = deploy.Deployment{Group: w.t.Group, Generation: w.t.Wanted}
			return true, s.load(ctx, tx, w)
		}
		w.d = start(tx, w.t, why, "")
		if err := s.insert(ctx, tx, tenant.Operator(w.tenant), w.t, w.d, w.fence); err != nil {
			return false, err
		}
	}
	if err := s.load(ctx, tx, w); err != nil {
		return false, err
	}
	return s.advance(ctx, tx, w)
}

// starts says whether something would begin for a target now.
func (s *Service) starts(t target.Target, now time.Time) bool {
	_, due := s.due(t, now)
	return due && t.Deploy.Status.State != deploy.Running
}

// due says whether and why a target without a running deployment needs one now.
func (s *Service) due(t target.Target, now time.Time) (deploy.Trigger, bool) {
	st := &t.Deploy.Status
	switch {
	case t.Deploy.Paused || t.Wanted == 0:
		return "", false
	case st.Generation != t.Wanted || st.Deployment == "" || st.State == deploy.Superseded:
		return deploy.TriggerChange, true
	case !st.State.Good() && !st.NextAttemptAt.IsZero() && !now.Before(st.NextAttemptAt):
		switch {
		case st.Attempts == 0: // its settings were changed since
			return deploy.TriggerChange, true
		case st.State == deploy.ServingOther:
			return deploy.TriggerLook, true
		}
		return deploy.TriggerRetry, true
	case st.State.Good() && !st.NextAttemptAt.IsZero() && !now.Before(st.NextAttemptAt):
		return deploy.TriggerChange, true // the target itself was changed
	case st.State.Good() && !st.NextScheduleAt.IsZero() && !now.Before(st.NextScheduleAt):
		return deploy.TriggerSchedule, true // what did not end well has its own next attempt, or waits for a person
	}
	return "", false
}

// start makes the deployment of a target to what it wants.
func start(tx ports.Tx, t target.Target, why deploy.Trigger, by string) deploy.Deployment {
	st := &t.Deploy.Status
	d := deploy.Deployment{
		ID: id.New("dep", tx.Now()), Target: t.ID, Group: t.Group, Generation: t.Wanted, Before: st.Observed, State: deploy.Running,
		Trigger: why, By: by, Attempt: 1, StartedAt: tx.Now(),
	}
	if st.Generation == t.Wanted {
		d.Attempt = st.Attempts + 1
	}
	return d
}

// insert writes down that a deployment begins: from here on the key may leave for the device.
func (s *Service) insert(ctx context.Context, tx ports.Tx, actor tenant.Actor, t target.Target, d deploy.Deployment, fence int64) error {
	if err := tx.Deployments().Insert(ctx, d, fence); err != nil {
		return err
	}
	return s.record(ctx, tx, actor, tenant.TargetDeploy, t, map[string]string{
		"deployment": d.ID, "generation": strconv.Itoa(d.Generation), "why": string(d.Trigger),
	})
}

// wait has the target looked at again when its time comes. A time that has come and gone is not left standing: it would be due for ever.
func (s *Service) wait(ctx context.Context, tx ports.Tx, w *work) error {
	st := w.t.Deploy.Status
	switch {
	case w.t.Deploy.Paused:
		return nil
	case w.t.Wanted == 0: // until the group has something to deploy
		return tx.Deployments().Plan(ctx, w.t.ID, time.Time{}, time.Time{})
	case !st.NextScheduleAt.IsZero() && !tx.Now().Before(st.NextScheduleAt):
		if err := s.schedule(ctx, tx, w.t, &st); err != nil {
			return err
		}
		if err := tx.Deployments().SetStatus(ctx, w.t.ID, st, w.fence); err != nil {
			return err
		}
	}
	at := soonest(st.NextAttemptAt, st.NextScheduleAt)
	if at.IsZero() {
		return nil
	}
	return tx.Enqueue(ctx, reconcile(w.tenant, w.t.ID, at))
}

func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func reconcile(t tenant.ID, targetID string, at time.Time) ports.Job {
	return ports.Job{Kind: ports.JobReconcile, Tenant: t, Object: targetID, At: at}
}

// advance writes the next step into the journal, or ends the deployment; false when nothing is to be done now.
func (s *Service) advance(ctx context.Context, tx ports.Tx, w *work) (bool, error) {
	m := w.d.Next(w.can, tx.Now())
	if m.Step == "" {
		return false, s.end(ctx, tx, w, m.End)
	}
	if m.Pause > 0 {
		at := w.step().EndedAt.Add(m.Pause)
		if w.pause = max(0, at.Sub(tx.Now())); w.pause > shortPause {
			return false, tx.Enqueue(ctx, reconcile(w.tenant, w.t.ID, at))
		}
	}
	w.d.Begin(m, tx.Now())
	return true, tx.Deployments().Save(ctx, w.d, w.fence)
}
