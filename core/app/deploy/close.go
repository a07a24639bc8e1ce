package deploy

import (
	"context"
	"errors"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	firstRetry   = 30 * time.Second
	longestRetry = time.Hour
)

func asFault(err error, into **fault.Fault) bool { return errors.As(err, into) }

// close writes down how a step ended. Then it begins the next one, which it answers, when this job is to go on; or has it done by
// another; or ends the deployment. When it answers none the target is free.
func (s *Service) close(ctx context.Context, w *work, e ended, on bool) (next *work, err error) {
	err = s.Store.Tenant(w.tenant).Update(ctx, func(tx ports.Tx) error {
		next = nil
		now := *w // fn may be run again
		now.pause, now.d.Steps = 0, append([]deploy.Step(nil), w.d.Steps...)
		w := &now
		if err := s.settle(ctx, tx, w, e); err != nil {
			return err
		}
		going := false
		switch m := w.d.Next(w.can, tx.Now()); {
		case m.Step == "":
			err = s.end(ctx, tx, w, m.End)
		case on && m.Step != deploy.StepClean:
			going, err = s.goOn(ctx, tx, w)
		default:
			j := reconcile(w.tenant, w.t.ID, tx.Now().Add(m.Pause))
			j.Last = m.Step == deploy.StepClean // other targets are served first
			err = tx.Enqueue(ctx, j)
		}
		if err != nil {
			return err
		}
		if going {
			next = w
			return nil
		}
		return tx.Deployments().Release(ctx, w.t.ID, w.fence)
	})
	if err != nil {
		return nil, err
	}
	return next, nil
}

// goOn begins the next step under a fence of its own, like one that a new job takes.
func (s *Service) goOn(ctx context.Context, tx ports.Tx, w *work) (going bool, err error) {
	if w.fence, err = tx.Deployments().Claim(ctx, w.t.ID, w.holder, tx.Now().Add(Lease)); err != nil {
		return false, err
	}
	if err := s.load(ctx, tx, w); err != nil {
		return false, err
	}
	return s.advance(ctx, tx, w)
}

// settle stores the end of the step. The target is read again: what it wants may have changed meanwhile.
func (s *Service) settle(ctx context.Context, tx ports.Tx, w *work, e ended) error {
	line := w.step()
	line.State, line.Code, line.Message, line.EndedAt = e.state, e.code, clipped(e.message), tx.Now()
	if e.carry != nil {
		w.d.Carry = e.carry
	}
	if e.state == deploy.StepFailed {
		w.d.Fails(line, e.final)
	}
	if line.Name == deploy.StepObserve && e.looked {
		w.d.Baseline = e.served
	}
	if err := tx.Deployments().Save(ctx, w.d, w.fence); err != nil {
		return err
	}
	if e.lines != "" {
		if err := tx.Deployments().Append(ctx, w.d.ID, e.lines, w.fence); err != nil {
			return err
		}
	}
	t, err := tx.Targets().Get(ctx, w.t.ID)
	if err != nil {
		return err
	}
	w.t = t
	w.can = s.can(w)
	if e.looked {
		st := t.Deploy.Status
		st.Served = e.served
		w.t.Deploy.Status = st
		return tx.Deployments().SetStatus(ctx, t.ID, st, w.fence)
	}
	return nil
}

// end writes down how a deployment ended, and when the target is to be looked at next.
func (s *Service) end(ctx context.Context, tx ports.Tx, w *work, state deploy.State) error {
	w.d.Close(state, tx.Now())
	if err := tx.Deployments().Save(ctx, w.d, w.fence); err != nil {
		return err
	}
	t, err := tx.Targets().Get(ctx, w.t.ID)
	if err != nil {
		return err
	}
	st := t.Deploy.Status
	w.found(&st, tx.Now())
	if err := s.schedule(ctx, tx, t, &st); err != nil {
		return err
	}
	at := next(t, st, w.d, tx.Now())
	if at.Equal(tx.Now()) {
		st.NextAttemptAt = at // so that a sweep finds it too, were its job lost
	}
	if err := tx.Deployments().SetStatus(ctx, t.ID, st, w.fence); err != nil {
		return err
	}
	if !at.IsZero() {
		if err := tx.Enqueue(ctx, reconcile(w.tenant, t.ID, at)); err != nil {
			return err
		}
	}
	return tx.Deployments().Prune(ctx, t.ID, keep)
}

// found notes in the status what an ended deployment found out about the device.
func (w *work) found(st *target.Status, now time.Time) {
	switch {
	case w.d.State.Good():
		st.Observed, st.ObservedAt, st.Attempts, st.NextAttemptAt = w.d.Generation, now, 0, time.Time{}
		return
	case w.d.State == deploy.Superseded:
		st.NextAttemptAt = time.Time{}
		return
	case w.d.State == deploy.RolledBack:
		st.Observed, st.ObservedAt = w.d.Before, now
	case w.d.Swapped:
		st.Observed, st.ObservedAt = 0, now // nobody knows
	}
	st.Attempts++
	st.NextAttemptAt = time.Time{}
	if !w.d.Final {
		st.NextAttemptAt = now.Add(min(firstRetry<<min(st.Attempts-1, 10), longestRetry))
	}
}

// next answers when the target is to be looked at again; the zero time for never.
func next(t target.Target, st target.Status, d deploy.Deployment, now time.Time) time.Time {
	switch {
	case t.Deploy.Paused:
		return time.Time{}
	case t.Wanted != d.Generation || t.Group != d.Group || d.State == deploy.Superseded: // also when it is wanted again meanwhile
		return now
	}
	return soonest(st.NextAttemptAt, st.NextScheduleAt)
}
