package push

import (
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Table is a page of targets with how many are in which state.
type Table struct {
	target.Page
	States target.StateCounts // of all targets of the workspace
}

// Table answers what List answers, and how many targets are in which state, as one state of the workspace.
func (s *Service) Table(ctx context.Context, actor tenant.Actor, q target.Query) (t Table, err error) {
	t.Page, err = s.list(ctx, actor, q, func(tx ports.Tx) (err error) {
		_, t.States, err = tx.Summary().Behind(ctx, 1)
		return err
	})
	return t, err
}

// List answers a page of targets with their living tokens. q.Group is a group's id or name. Faults: Forbidden, NotFound for the
// group, bad_state, bad_sort.
func (s *Service) List(ctx context.Context, actor tenant.Actor, q target.Query) (target.Page, error) {
	return s.list(ctx, actor, q, func(ports.Tx) error { return nil })
}

func (s *Service) list(ctx context.Context, actor tenant.Actor, q target.Query, also func(ports.Tx) error) (page target.Page, err error) {
	if err := actor.Allow(tenant.TargetRead); err != nil {
		return page, err
	}
	if q.State != "" && !slices.Contains(target.AllStates, q.State) {
		return page, fault.New(fault.Invalid, "bad_state", "There is no such state.").
			Field("state", "Use never, up_to_date, behind, deploying, failed, rolled_back, serving_other, unreachable or paused.")
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		if q.Group != "" {
			g, err := intake.FindGroup(ctx, tx, q.Group)
			if err != nil {
				return err
			}
			q.Group = g.ID
		}
		if page, err = tx.Targets().List(ctx, q); err != nil {
			return err
		}
		return also(tx)
	})
	for i := range page.Items {
		s.dropDead(&page.Items[i])
	}
	return page, err
}

// Detail is all that a target's page shows.
type Detail struct {
	Target target.Target // with its living tokens
	Group  group.Group
}

// Detail answers one target with its group, as one state. Fault NotFound.
func (s *Service) Detail(ctx context.Context, actor tenant.Actor, targetID string) (d Detail, err error) {
	for _, a := range []tenant.Action{tenant.TargetRead, tenant.GroupRead} {
		if err := actor.Allow(a); err != nil {
			return Detail{}, err
		}
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		if d.Target, err = find(ctx, tx, targetID); err != nil {
			return err
		}
		d.Group, err = tx.Groups().Get(ctx, d.Target.Group)
		return err
	})
	s.dropDead(&d.Target)
	return d, err
}
