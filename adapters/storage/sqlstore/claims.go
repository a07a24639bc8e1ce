package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// One works on a target at a time: who claims it gets a number higher than any before, the fence, and whatever is written about the
// target names it. Whoever was taken for dead and is not writes nothing any more.

const (
	statusClaim = `UPDATE target_status SET fence = fence + 1, holder = $3, lease_until = $4 WHERE tenant_id = $1 AND target_id = $2
		AND (holder = '' OR holder = $3 OR lease_until <= $5) RETURNING fence`
	statusFence   = `SELECT fence FROM target_status WHERE tenant_id = $1 AND target_id = $2`
	statusRelease = `UPDATE target_status SET holder = '', lease_until = $3 WHERE tenant_id = $1 AND target_id = $2`
	statusSet     = `UPDATE target_status SET observed = $3, observed_at = $4, served = $5, attempts = $6, next_attempt_at = $7,
		next_schedule_at = $8 WHERE tenant_id = $1 AND target_id = $2`
	statusReset = `UPDATE target_status SET attempts = 0 WHERE tenant_id = $1 AND target_id = $2`
	statusPlan  = `UPDATE target_status SET next_attempt_at = $3, next_schedule_at = $4 WHERE tenant_id = $1 AND target_id = $2`

	// A running deployment is looked after when nobody has held it for a while; otherwise the plan says when, and never while it is paused.
	dueRefresh = `INSERT INTO target_due (tenant_id, target_id, due_at)
		SELECT tenant_id, target_id, CASE WHEN state = 'running' THEN lease_until + $3 WHEN paused THEN 0
			WHEN next_attempt_at = 0 THEN next_schedule_at WHEN next_schedule_at = 0 THEN next_attempt_at
			WHEN next_attempt_at < next_schedule_at THEN next_attempt_at ELSE next_schedule_at END
		FROM target_status WHERE tenant_id = $1 AND target_id = $2
		ON CONFLICT (tenant_id, target_id) DO UPDATE SET due_at = excluded.due_at WHERE target_due.due_at <> excluded.due_at`
	dueTargets = `SELECT d.tenant_id, d.target_id FROM target_due d JOIN tenants t ON t.id = d.tenant_id AND t.deleted_at = 0
		WHERE d.due_at > 0 AND d.due_at <= $1 ORDER BY d.due_at, d.tenant_id, d.target_id LIMIT $2`
)

var (
	errBusy = fault.New(fault.Conflict, "target_busy", "Somebody else works on this target at the moment. Try again in a minute.")
	// errFence is what a server hears that was taken for dead.
	errFence = fault.New(fault.Conflict, "fence_lost", "Another server has taken this target over.")
)

// Claim implements ports.Deployments.
func (r deployments) Claim(ctx context.Context, targetID, holder string, until time.Time) (fence int64, err error) {
	args := []any{string(r.id), targetID, holder, micros(until), micros(r.now)}
	err = r.row(ctx, "claim target", statusClaim, args, &fence)
	if errors.Is(err, sql.ErrNoRows) {
		if err := r.row(ctx, "fence", statusFence, []any{string(r.id), targetID}, &fence); err != nil {
			return 0, found(err, "target")
		}
		return 0, errBusy
	}
	if err != nil {
		return 0, err
	}
	return fence, r.refreshDue(ctx, targetID)
}

// hold keeps what is said of a target for whoever has the fence until the transaction ends.
func (r deployments) hold(ctx context.Context, targetID string, fence int64) error {
	var now int64
	if err := r.row(ctx, "fence", statusFence+r.s.d.lock, []any{string(r.id), targetID}, &now); err != nil {
		return found(err, "target")
	}
	if now != fence {
		return errFence
	}
	return nil
}

// Release implements ports.Deployments.
func (r deployments) Release(ctx context.Context, targetID string, fence int64) error {
	if err := r.hold(ctx, targetID, fence); err != nil {
		return err
	}
	if _, err := r.exec(ctx, "release target", statusRelease, string(r.id), targetID, micros(r.now)); err != nil {
		return err
	}
	return r.refreshDue(ctx, targetID)
}

// SetStatus implements ports.Deployments.
func (r deployments) SetStatus(ctx context.Context, targetID string, s target.Status, fence int64) error {
	if err := r.hold(ctx, targetID, fence); err != nil {
		return err
	}
	served, err := jsonOf(s.Served)
	if err != nil {
		return err
	}
	_, err = r.exec(ctx, "set status", statusSet, string(r.id), targetID, s.Observed, micros(s.ObservedAt), served, s.Attempts,
		micros(s.NextAttemptAt), micros(s.NextScheduleAt))
	if err != nil {
		return err
	}
	return r.refreshDue(ctx, targetID)
}

// Plan implements ports.Deployments.
func (r deployments) Plan(ctx context.Context, targetID string, attempt, schedule time.Time) error {
	n, err := r.exec(ctx, "plan", statusPlan, string(r.id), targetID, micros(attempt), micros(schedule))
	if err := changed(n, err, "target"); err != nil {
		return err
	}
	return r.refreshDue(ctx, targetID)
}

// ResetAttempts implements ports.Deployments.
func (r deployments) ResetAttempts(ctx context.Context, targetID string) error {
	n, err := r.exec(ctx, "reset attempts", statusReset, string(r.id), targetID)
	return changed(n, err, "target")
}

// refreshDue notes when somebody should look at the target.
func (r deployments) refreshDue(ctx context.Context, targetID string) error {
	_, err := r.exec(ctx, "note what is due", dueRefresh, string(r.id), targetID, ports.DeploymentAbandoned.Microseconds())
	return err
}

// DueTargets implements ports.Jobs.
func (j jobs) DueTargets(ctx context.Context, now time.Time, limit int) (out []ports.DueTarget, err error) {
	err = j.s.run(ctx, access{pool: j.s.read, door: doorJobs}, func(t *txn) error {
		out = nil
		return t.rows(ctx, "due targets", dueTargets, []any{micros(now), atMost(limit)}, func(rw row) error {
			var d ports.DueTarget
			err := rw.Scan(&d.Tenant, &d.Target)
			out = append(out, d)
			return err
		})
	})
	return out, err
}
