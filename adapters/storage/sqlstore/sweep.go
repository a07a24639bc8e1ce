package sqlstore

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	keepExpiredTokens = 7 * 24 * time.Hour // so that a list can show what ended
	keepInvites       = 7 * 24 * time.Hour
	keepUnseen        = tenant.SessionIdle + time.Hour // what is seen is written down some time later
	tenantsPerSweep   = 20

	sweepKeys   = `DELETE FROM idempotency WHERE (tenant_id, key) IN (SELECT tenant_id, key FROM idempotency WHERE expires_at <= $1 LIMIT $2)`
	sweepTokens = `DELETE FROM push_tokens WHERE (tenant_id, id) IN
		(SELECT tenant_id, id FROM push_tokens WHERE expires_at > 0 AND expires_at <= $1 LIMIT $2)`
	sweepSessions   = `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 OR last_at <= $2 LIMIT $3)`
	sweepCeremonies = `DELETE FROM ceremonies WHERE hash IN (SELECT hash FROM ceremonies WHERE expires_at <= $1 LIMIT $2)`
	sweepSetupLinks = `DELETE FROM setup_links WHERE hash IN (SELECT hash FROM setup_links WHERE expires_at <= $1 LIMIT $2)`
	sweepInvites    = `DELETE FROM invites WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM invites WHERE expires_at <= $1 LIMIT $2)`

	sweepTenants = `SELECT id FROM tenants WHERE deleted_at > 0 ORDER BY deleted_at, id LIMIT $1`
	sweepTenant  = `DELETE FROM tenants WHERE id = $1 AND deleted_at > 0`
	sweepPoint   = `UPDATE cert_groups SET current_number = NULL WHERE tenant_id = $1 AND current_number IS NOT NULL`
)

// sweepRows delete at most $2 rows of a deleted tenant each, what refers before what it refers to. What hangs on a row by
// ON DELETE CASCADE goes with it.
var sweepRows = []string{
	`DELETE FROM audit WHERE (tenant_id, seq) IN (SELECT tenant_id, seq FROM audit WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM audit_heads WHERE tenant_id = $1 AND $2 > 0`,
	`DELETE FROM idempotency WHERE (tenant_id, key) IN (SELECT tenant_id, key FROM idempotency WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM forms WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM forms WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM push_tokens WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM push_tokens WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM deployments WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM deployments WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM targets WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM targets WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM ingest_tokens WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM ingest_tokens WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM generations WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM generations WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM artifacts WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM artifacts WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM cert_groups WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM cert_groups WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM counters WHERE tenant_id = $1 AND $2 > 0`,
	`DELETE FROM expiry_quarters WHERE (tenant_id, quarter, ahead) IN
		(SELECT tenant_id, quarter, ahead FROM expiry_quarters WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM invites WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM invites WHERE tenant_id = $1 LIMIT $2)`,
	`DELETE FROM members WHERE (tenant_id, user_id) IN (SELECT tenant_id, user_id FROM members WHERE tenant_id = $1 LIMIT $2)`,
}

// Sweep implements ports.Jobs. Each table is a transaction of its own, so that writers never wait long for it.
func (j jobs) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	total := 0
	step := func(q string, args ...any) error {
		gone := int64(0)
		err := j.update(ctx, func(t *txn) (err error) {
			gone, err = t.exec(ctx, "sweep", q, args...)
			return err
		})
		if err == nil {
			total += int(gone)
		}
		return err
	}
	for _, s := range []struct {
		q    string
		args []any
	}{
		{sweepKeys, []any{micros(now), limit}},
		{sweepTokens, []any{micros(now.Add(-keepExpiredTokens)), limit}},
		{sweepSessions, []any{micros(now), micros(now.Add(-keepUnseen)), limit}},
		{sweepCeremonies, []any{micros(now), limit}},
		{sweepSetupLinks, []any{micros(now), limit}},
		{sweepInvites, []any{micros(now.Add(-keepInvites)), limit}},
	} {
		if err := step(s.q, s.args...); err != nil {
			return total, err
		}
	}
	dead, err := j.deleted(ctx)
	if err != nil {
		return total, err
	}
	// A tenant's own row stays until the log holds nothing older than its deletion: it is how a later sweep, of any process,
	// knows that there is something left to do.
	clean := len(dead) > 0 && j.s.emptyLog(ctx)
	for _, id := range dead {
		n, err := j.bury(ctx, id, limit, clean)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (j jobs) deleted(ctx context.Context) (out []tenant.ID, err error) {
	err = j.s.run(ctx, access{pool: j.s.read, door: doorJobs}, func(t *txn) error {
		out = nil
		return t.rows(ctx, "deleted tenants", sweepTenants, []any{tenantsPerSweep}, func(rw row) error {
			var id tenant.ID
			err := rw.Scan(&id)
			out = append(out, id)
			return err
		})
	})
	return out, err
}

// bury deletes rows of a deleted tenant, and the tenant itself once none is left, where whole says so. It stops at the first table that has
// more than limit rows: those after it are what its rows refer to.
func (j jobs) bury(ctx context.Context, id tenant.ID, limit int, whole bool) (int, error) {
	total := 0
	for _, q := range sweepRows {
		n := int64(0)
		err := j.update(ctx, func(t *txn) (err error) {
			inside := scope{t, id}
			if _, err := inside.exec(ctx, "sweep tenant", sweepPoint, string(id)); err != nil {
				return err
			}
			n, err = inside.exec(ctx, "sweep tenant", q, string(id), limit)
			return err
		})
		if err != nil {
			return total, err
		}
		total += int(n)
		if n >= int64(limit) {
			return total, nil
		}
	}
	if !whole {
		return total, nil
	}
	err := j.update(ctx, func(t *txn) error {
		_, err := scope{t, id}.exec(ctx, "sweep tenant", sweepTenant, string(id))
		return err
	})
	if j.s.d.classify(err) == foreign {
		err = nil // a transaction that was open during the deletion added something: the next sweep takes it
	}
	return total, err
}
