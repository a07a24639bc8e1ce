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

const (
	stepSize = 200 // targets looked at in one step
	maxSteps = 25  // of one page: what lies behind is for the next
)

// Table is a page of targets with how many are in which state.
type Table struct {
	target.Page
	States target.StateCounts // of all targets of the workspace
}

// Table answers a page of targets as List does, only those in a state unless that is empty. A page of one state may hold
// fewer than asked for, even none, and yet have a next one. Faults: as List, and bad_state.
func (s *Service) Table(ctx context.Context, actor tenant.Actor, q target.Query, state target.State) (t Table, err error) {
	if err := actor.Allow(tenant.TargetRead); err != nil {
		return Table{}, err
	}
	if !slices.Contains([]target.State{"", target.StateNever, target.StateUpToDate, target.StateBehind}, state) {
		return Table{}, fault.New(fault.Invalid, "bad_state", "There is no such state.").
			Field("state", "Use never, up_to_date or behind.")
	}
	if q.Limit < 1 || q.Limit > stepSize {
		q.Limit = stepSize
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		if q.Group != "" {
			g, err := intake.FindGroup(ctx, tx, q.Group)
			if err != nil {
				return err
			}
			q.Group = g.ID
		}
		if t.Page, err = inState(ctx, tx, q, state); err != nil {
			return err
		}
		_, t.States, err = tx.Summary().Behind(ctx, 1)
		return err
	})
	for i := range t.Items {
		s.dropDead(&t.Items[i])
	}
	return t, err
}

// inState reads on until the page is full. The state is not a column: it is the device's generation held against the
// group's.
func inState(ctx context.Context, tx ports.Tx, q target.Query, state target.State) (out target.Page, err error) {
	if state == "" {
		return tx.Targets().List(ctx, q)
	}
	want := q.Limit
	q.Limit = stepSize
	for range maxSteps {
		page, err := tx.Targets().List(ctx, q)
		if err != nil {
			return out, err
		}
		found, last := pick(page.Items, state, want-len(out.Items))
		if len(out.Items)+len(found) == want && last < len(page.Items)-1 { // full in the middle: where does that end?
			q.Limit = last + 1
			if page, err = tx.Targets().List(ctx, q); err != nil {
				return out, err
			}
		}
		out.Items = append(out.Items, found...)
		out.Next, q.Cursor = page.Next, page.Next
		if len(out.Items) == want || page.Next == "" {
			break
		}
	}
	return out, nil
}

// pick answers the first so many targets in the state, and the place of the last of them.
func pick(items []target.Target, state target.State, most int) (found []target.Target, last int) {
	for i := range items {
		if items[i].State() == state {
			if found = append(found, items[i]); len(found) == most {
				return found, i
			}
		}
	}
	return found, len(items) - 1
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
