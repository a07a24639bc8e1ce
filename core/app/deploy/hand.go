package deploy

import (
	"context"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Deploy begins a deployment of what the target wants now, whatever became of those before, and answers it; the running one, if one
// runs. Faults: NotFound; Invalid not_deployed, group_without_key; Conflict target_paused, target_busy (a re-check is going on).
func (s *Service) Deploy(ctx context.Context, actor tenant.Actor, targetID string) (d deploy.Deployment, err error) {
	if err := actor.Allow(tenant.TargetDeploy); err != nil {
		return d, err
	}
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		t, err := deployed(ctx, tx, targetID)
		if err != nil {
			return err
		}
		st := &t.Deploy.Status
		switch {
		case st.State == deploy.Running:
			d, err = tx.Deployments().Get(ctx, st.Deployment)
			return err
		case t.Deploy.Paused:
			return fault.New(fault.Conflict, "target_paused", "This target is paused. Resume it first.")
		case t.Wanted == 0:
			return fault.New(fault.Invalid, "group_without_key", "The group has no current certificate with its private key.")
		}
		fence, err := tx.Deployments().Claim(ctx, t.ID, id.New("run", tx.Now()), tx.Now().Add(Lease))
		if err != nil {
			return err
		}
		d = start(tx, t, deploy.TriggerHand, actor.Name)
		if err := s.insert(ctx, tx, actor, t, d, fence); err != nil {
			return err
		}
		if err := tx.Deployments().Release(ctx, t.ID, fence); err != nil {
			return err
		}
		return tx.Enqueue(ctx, reconcile(tx.Tenant(), t.ID, tx.Now()))
	})
	return d, err
}

// Pause keeps a target from being deployed to and re-checked. A deployment that runs is carried through: what was begun is not left
// half done.
func (s *Service) Pause(ctx context.Context, actor tenant.Actor, targetID string) (target.Target, error) {
	return s.pause(ctx, actor, targetID, true)
}

// Resume has a paused target looked at at once.
func (s *Service) Resume(ctx context.Context, actor tenant.Actor, targetID string) (target.Target, error) {
	return s.pause(ctx, actor, targetID, false)
}

func (s *Service) pause(ctx context.Context, actor tenant.Actor, targetID string, paused bool) (t target.Target, err error) {
	if err := actor.Allow(tenant.TargetDeploy); err != nil {
		return t, err
	}
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		if t, err = deployed(ctx, tx, targetID); err != nil || t.Deploy.Paused == paused {
			return err
		}
		t.Deploy.Paused = paused
		if err := tx.Targets().Update(ctx, t); err != nil {
			return err
		}
		if err := s.replan(ctx, tx, t); err != nil {
			return err
		}
		changed := map[bool]string{true: "paused", false: "resumed"}
		if err := s.record(ctx, tx, actor, tenant.TargetUpdate, t, map[string]string{"changed": changed[paused]}); err != nil {
			return err
		}
		t, err = tx.Targets().Get(ctx, t.ID)
		return err
	})
	return t, err
}

// Deployments answers those of a target with their steps, newest first, without transcripts.
func (s *Service) Deployments(ctx context.Context, actor tenant.Actor, targetID, cursor string, limit int) (out []deploy.Deployment, more string, err error) {
	err = s.reading(ctx, actor, func(tx ports.Tx) error {
		if _, err := deployed(ctx, tx, targetID); err != nil {
			return err
		}
		out, more, err = tx.Deployments().List(ctx, targetID, cursor, limit)
		return err
	})
	return out, more, err
}

// Deployment answers one deployment of a target with its transcript.
func (s *Service) Deployment(ctx context.Context, actor tenant.Actor, targetID, deploymentID string) (d deploy.Deployment, err error) {
	err = s.reading(ctx, actor, func(tx ports.Tx) error {
		if !id.Valid(deploymentID) {
			return fault.Missing("deployment")
		}
		if d, err = tx.Deployments().Get(ctx, deploymentID); err == nil && d.Target != targetID {
			err = fault.Missing("deployment")
		}
		return err
	})
	return d, err
}

func (s *Service) reading(ctx context.Context, actor tenant.Actor, fn func(ports.Tx) error) error {
	if err := actor.Allow(tenant.TargetRead); err != nil {
		return err
	}
	return s.Store.Tenant(actor.Tenant).View(ctx, fn)
}
