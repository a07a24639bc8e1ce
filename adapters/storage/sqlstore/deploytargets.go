package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/target"
)

const (
	deployInsert = `INSERT INTO deploy_settings (tenant_id, target_id, settings, endpoints, sni, schedule) VALUES ($1, $2, $3, $4, $5, $6)`
	deployUpdate = `UPDATE deploy_settings SET settings = $3, endpoints = $4, sni = $5, schedule = $6 WHERE tenant_id = $1 AND target_id = $2`
	statusInsert = `INSERT INTO target_status (tenant_id, target_id, paused) VALUES ($1, $2, $3)`
	statusPause  = `UPDATE target_status SET paused = $3 WHERE tenant_id = $1 AND target_id = $2`
	// What was found out about a target that comes to another group is of that other group. Whoever works on it loses it.
	statusMove = `UPDATE target_status SET fence = fence + 1, lease_until = CASE WHEN holder = '' THEN lease_until ELSE $3 END, holder = '',
		observed = 0, observed_at = 0, served = '[]', generation = 0, attempts = 0 WHERE tenant_id = $1 AND target_id = $2`
	deploySelect = `SELECT s.target_id, p.settings, p.endpoints, p.sni, p.schedule, s.paused, s.observed, s.observed_at, s.served,
		s.deployment_id, s.generation, s.state, s.code, s.reason, s.attempts, s.next_attempt_at, s.next_schedule_at
		FROM target_status s JOIN deploy_settings p ON p.tenant_id = s.tenant_id AND p.target_id = s.target_id
		WHERE s.tenant_id = $1 AND `
	secretPaths = `SELECT target_id, path FROM target_secrets WHERE tenant_id = $1 AND `
)

// insertDeploy stores what a new target is deployed with.
func (r targets) insertDeploy(ctx context.Context, id string, d *target.Deploy) error {
	settings, endpoints, err := deployJSON(d)
	if err != nil {
		return err
	}
	if _, err := r.exec(ctx, "insert settings", deployInsert, string(r.id), id, settings, endpoints, d.SNI, d.Schedule); err != nil {
		return err
	}
	_, err = r.exec(ctx, "insert status", statusInsert, string(r.id), id, d.Paused)
	return err
}

// updateDeploy stores what a target is deployed with, unless d is nil, and forgets what was found out when it moved to another group.
func (r targets) updateDeploy(ctx context.Context, id string, d *target.Deploy, moved bool) error {
	if d != nil {
		settings, endpoints, err := deployJSON(d)
		if err != nil {
			return err
		}
		if _, err := r.exec(ctx, "update settings", deployUpdate, string(r.id), id, settings, endpoints, d.SNI, d.Schedule); err != nil {
			return err
		}
		if _, err := r.exec(ctx, "update pause", statusPause, string(r.id), id, d.Paused); err != nil {
			return err
		}
	}
	if moved {
		if _, err := r.exec(ctx, "forget status", statusMove, string(r.id), id, micros(r.now)); err != nil {
			return err
		}
	}
	if !moved && (d == nil || !d.Paused) {
		return nil
	}
	return deployments(r).refreshDue(ctx, id)
}

func deployJSON(d *target.Deploy) (settings, endpoints string, err error) {
	if settings, err = jsonOf(d.Settings); err != nil {
		return "", "", err
	}
	written := make([]string, len(d.Endpoints))
	for i, e := range d.Endpoints {
		written[i] = e.String()
	}
	endpoints, err = jsonOf(written)
	return settings, endpoints, err
}

// readDeploys reads, for those of the targets that are deployed to, with what and how they stand.
func (r targets) readDeploys(ctx context.Context, at map[string]*target.Target) error {
	var ids []string
	for id, t := range at {
		if t.Type != target.TypePull {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	args := []any{string(r.id), r.s.d.listArg(ids)}
	err := r.rows(ctx, "settings of targets", deploySelect+r.s.d.in("s.target_id", "$2"), args, func(rw row) error {
		id, d, err := scanDeploy(rw)
		if err == nil {
			at[id].Deploy = d
		}
		return err
	})
	if err != nil {
		return err
	}
	q := secretPaths + r.s.d.in("target_id", "$2") + ` ORDER BY target_id, path`
	return r.rows(ctx, "secrets of targets", q, args, func(rw row) error {
		var id, path string
		err := rw.Scan(&id, &path)
		if d := at[id].Deploy; err == nil && d != nil {
			d.Secrets = append(d.Secrets, path)
		}
		return err
	})
}

func scanDeploy(rw row) (id string, d *target.Deploy, err error) {
	d = &target.Deploy{}
	s := &d.Status
	var endpoints []string
	err = rw.Scan(&id, stored{&d.Settings}, stored{&endpoints}, &d.SNI, &d.Schedule, &d.Paused, &s.Observed, stamp{&s.ObservedAt},
		stored{&s.Served}, &s.Deployment, &s.Generation, &s.State, &s.Code, &s.Reason, &s.Attempts, stamp{&s.NextAttemptAt},
		stamp{&s.NextScheduleAt})
	for _, text := range endpoints {
		e, perr := target.ParseEndpoint(text)
		if err == nil {
			err = perr
		}
		d.Endpoints = append(d.Endpoints, e)
	}
	return id, d, err
}
