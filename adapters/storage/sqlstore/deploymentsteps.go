package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/deploy"
)

const (
	stepPut = `INSERT INTO deployment_steps (tenant_id, deployment_id, seq, name, state, attempt, started_at, ended_at, code, message)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (tenant_id, deployment_id, seq) DO UPDATE SET name = excluded.name, state = excluded.state, attempt = excluded.attempt,
		started_at = excluded.started_at, ended_at = excluded.ended_at, code = excluded.code, message = excluded.message`
	stepSelect = `SELECT deployment_id, seq, name, state, attempt, started_at, ended_at, code, message FROM deployment_steps
		WHERE tenant_id = $1 AND `
)

// saveSteps stores the steps that differ from what is there.
func (r deployments) saveSteps(ctx context.Context, d deploy.Deployment) error {
	if len(d.Steps) == 0 {
		return nil
	}
	stored := []deploy.Deployment{{ID: d.ID}}
	if err := r.readSteps(ctx, stored); err != nil {
		return err
	}
	there := map[int]deploy.Step{}
	for _, s := range stored[0].Steps {
		there[s.Seq] = s
	}
	for _, s := range d.Steps {
		s.Code, s.Message = legible(s.Code, codeBytes), legible(s.Message, messageBytes)
		if old, ok := there[s.Seq]; ok && sameStep(old, s) {
			continue
		}
		_, err := r.exec(ctx, "store step", stepPut, string(r.id), d.ID, s.Seq, string(s.Name), string(s.State), s.Attempt,
			micros(s.StartedAt), micros(s.EndedAt), s.Code, s.Message)
		if err != nil {
			return err
		}
	}
	return nil
}

// sameStep compares as stored: to the microsecond, whatever the zone.
func sameStep(a, b deploy.Step) bool {
	times := micros(a.StartedAt) == micros(b.StartedAt) && micros(a.EndedAt) == micros(b.EndedAt)
	b.StartedAt, b.EndedAt = a.StartedAt, a.EndedAt
	return times && a == b
}

// readSteps reads the steps of all these deployments.
func (r deployments) readSteps(ctx context.Context, ds []deploy.Deployment) error {
	ids := make([]string, len(ds))
	at := map[string]*deploy.Deployment{}
	for i := range ds {
		ids[i] = ds[i].ID
		at[ds[i].ID] = &ds[i]
	}
	q := stepSelect + r.s.d.in("deployment_id", "$2") + ` ORDER BY deployment_id, seq`
	return r.rows(ctx, "steps", q, []any{string(r.id), r.s.d.listArg(ids)}, func(rw row) error {
		var id string
		var s deploy.Step
		err := rw.Scan(&id, &s.Seq, &s.Name, &s.State, &s.Attempt, stamp{&s.StartedAt}, stamp{&s.EndedAt}, &s.Code, &s.Message)
		if err == nil {
			at[id].Steps = append(at[id].Steps, s)
		}
		return err
	})
}
