package deploy

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const spread = 60 // seconds over which targets of one schedule are spread

// actRecheck looks whether a target still is as its last deployment left it.
func (s *Service) actRecheck(ctx context.Context, w *work) ended {
	var e ended
	if w.can.Endpoints {
		if e = s.verify(ctx, w); e.state == deploy.StepFailed {
			e.drift = e.message
			return e
		}
	}
	if w.known() && !w.plugin.Can("plan") {
		return e
	}
	plan, err := s.planOf(ctx, w)
	switch {
	case err != nil:
		e.drift = s.failure(w, err).message
	case !plan.Unchanged:
		e.drift = "The device does not have what was put there."
	}
	return e
}

// planOf asks the plugin what a deployment would do.
func (s *Service) planOf(ctx context.Context, w *work) (ports.DeployPlan, error) {
	p, err := s.Plugins.Deployer(string(w.t.Type))
	if err != nil {
		return ports.DeployPlan{}, err
	}
	call, err := s.open(ctx, w)
	if err != nil {
		return ports.DeployPlan{}, err
	}
	defer wipe(call)
	m, err := s.material(ctx, w)
	if err != nil {
		return ports.DeployPlan{}, err
	}
	defer wipeMaterial(m)
	return p.Plan(ctx, call, m)
}

// closeRecheck writes down what was seen; drift begins a deployment.
func (s *Service) closeRecheck(ctx context.Context, w *work, e ended) error {
	return s.Store.Tenant(w.tenant).Update(ctx, func(tx ports.Tx) error {
		if e.drift != "" {
			if _, _, err := tx.Audit().Last(ctx); err != nil { // as in take
				return err
			}
		}
		// Given back first: from here on whoever plans something for the target waits for this commit, and what is read is not older.
		if err := tx.Deployments().Release(ctx, w.t.ID, w.fence); err != nil {
			return err
		}
		t, err := tx.Targets().Get(ctx, w.t.ID)
		if err != nil {
			return err
		}
		st := t.Deploy.Status
		if e.looked {
			st.Served = e.served
		}
		drift := e.drift != "" && !t.Deploy.Paused && t.Wanted == w.d.Generation && t.Group == w.d.Group
		if e.drift == "" {
			st.Observed, st.ObservedAt = w.d.Generation, tx.Now()
		}
		if err := s.schedule(ctx, tx, t, &st); err != nil {
			return err
		}
		if err := tx.Deployments().SetStatus(ctx, t.ID, st, w.fence); err != nil {
			return err
		}
		at := soonest(st.NextAttemptAt, st.NextScheduleAt)
		if drift {
			t.Deploy.Status = st
			d := start(tx, t, deploy.TriggerSchedule, "")
			if err := s.insert(ctx, tx, tenant.Operator(w.tenant), t, d, w.fence); err != nil {
				return err
			}
			if err := tx.Deployments().Append(ctx, d.ID, "Re-check: "+clipped(e.drift)+"\n"+e.lines, w.fence); err != nil {
				return err
			}
			at = tx.Now()
		}
		if at.IsZero() || t.Deploy.Paused {
			return nil
		}
		return tx.Enqueue(ctx, reconcile(w.tenant, t.ID, at))
	})
}

// schedule sets when the target is re-checked next. Targets of one schedule are spread over a minute, each always at the same second. A
// schedule that was right when it was given and is not any more keeps no deployment from ending.
func (s *Service) schedule(ctx context.Context, tx ports.Tx, t target.Target, st *target.Status) error {
	st.NextScheduleAt = time.Time{}
	if t.Deploy.Schedule == "" {
		return nil
	}
	ws, err := tx.Workspace().Get(ctx)
	if err != nil {
		return err
	}
	at, err := s.Cron.Next(t.Deploy.Schedule, ws.TimeZone, tx.Now())
	if err != nil {
		s.Log.Warn("the schedule of a target says no time", "workspace", string(tx.Tenant()), "target", t.ID, "error", err)
		return nil
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.ID))
	st.NextScheduleAt = at.Add(time.Duration(h.Sum32()%spread) * time.Second)
	return nil
}
