package people

import (
	"cmp"
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Trails are the audit trails of all workspaces of one person, held until the transaction ends.
type Trails struct {
	In []tenant.Membership // by name of the workspace

	tx     ports.PlatformTx
	sealer ports.Sealer
}

// TrailsOf takes the ends of the trails of all workspaces of a person, always in the same order. Call it before anything
// else is written in the transaction: whoever writes in a tenant takes the end of its trail first. Then it takes the person's row,
// which is all that there is of somebody in no workspace.
func TrailsOf(ctx context.Context, tx ports.PlatformTx, sealer ports.Sealer, u tenant.UserID) (Trails, error) {
	in, err := tx.Users().Memberships(ctx, u)
	if err != nil {
		return Trails{}, err
	}
	order := slices.SortedFunc(slices.Values(in), func(a, b tenant.Membership) int { return cmp.Compare(a.Tenant.ID, b.Tenant.ID) })
	for _, m := range order {
		if _, _, err := tx.In(m.Tenant.ID).Audit().Last(ctx); err != nil {
			return Trails{}, err
		}
	}
	return Trails{In: in, tx: tx, sealer: sealer}, Hold(ctx, tx, u)
}

// Hold takes a person's row until the transaction ends, after the trails and before everything else. Of somebody who is gone there is
// nothing to hold, as what is read next tells.
func Hold(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) error {
	err := tx.Users().Hold(ctx, u)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// Record appends to each trail what actor did. The actor's own tenant does not count.
func (t Trails) Record(ctx context.Context, actor tenant.Actor, action tenant.Action, object, name string,
	details map[string]string,
) error {
	for _, m := range t.In {
		if err := t.RecordIn(ctx, m.Tenant.ID, actor, action, object, name, details); err != nil {
			return err
		}
	}
	return nil
}

// RecordIn appends to the trail of one of the workspaces.
func (t Trails) RecordIn(ctx context.Context, id tenant.ID, actor tenant.Actor, action tenant.Action, object, name string,
	details map[string]string,
) error {
	actor.Tenant = id
	return audit.Record(ctx, t.tx.In(id).Audit(), t.sealer, actor, t.tx.Now(), action, object, name, details)
}
