package sqlstore

import (
	"context"
	"strings"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	deploymentSelect = `SELECT id, target_id, group_id, generation, before_number, state, cause, attempt, started_by, started_at, ended_at,
		code, reason, final, swapped, crashed, baseline, carry FROM deployments WHERE tenant_id = $1`
	deploymentGet    = deploymentSelect + ` AND id = $2`
	deploymentInsert = `INSERT INTO deployments (tenant_id, id, target_id, group_id, generation, before_number, state, cause, attempt,
		started_by, started_at, ended_at, code, reason, final, swapped, crashed, baseline, carry)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING`
	deploymentUpdate = `UPDATE deployments SET generation = $3, before_number = $4, state = $5, attempt = $6, ended_at = $7, code = $8,
		reason = $9, final = $10, swapped = $11, crashed = $12, baseline = $13, carry = $14 WHERE tenant_id = $1 AND id = $2`
	deploymentOf    = `SELECT target_id FROM deployments WHERE tenant_id = $1 AND id = $2`
	deploymentPrune = `DELETE FROM deployments WHERE tenant_id = $1 AND id IN (SELECT id FROM deployments
		WHERE tenant_id = $1 AND target_id = $2 AND state <> 'running' ORDER BY started_at DESC, id DESC LIMIT 10000 OFFSET $3)`
	deploymentsOfGroup = `SELECT t.id FROM targets t JOIN target_status s ON s.tenant_id = t.tenant_id AND s.target_id = t.id
		WHERE t.tenant_id = $1 AND t.group_id = $2 AND t.id > $3 ORDER BY t.id LIMIT $4`

	// The number of a generation says nothing in another group.
	statusDeployment = `UPDATE target_status SET deployment_id = $3, state = $4, code = $5, reason = $6,
		generation = CASE WHEN (SELECT t.group_id FROM targets t WHERE t.tenant_id = $1 AND t.id = $2) = $7 THEN $8 ELSE 0 END
		WHERE tenant_id = $1 AND target_id = $2`
)

// Most that is kept of what a device or a plugin says, in bytes.
const (
	codeBytes    = 100
	messageBytes = 4096
)

var errDeploying = fault.New(fault.Conflict, "deployment_running", "A deployment to this target is running. Wait until it has ended.")

type deployments struct{ scope }

var _ ports.Deployments = deployments{}

// Insert implements ports.Deployments.
func (r deployments) Insert(ctx context.Context, d deploy.Deployment, fence int64) error {
	if err := r.hold(ctx, d.Target, fence); err != nil {
		return err
	}
	baseline, err := jsonOf(d.Baseline)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "insert deployment", deploymentInsert, string(r.id), d.ID, d.Target, d.Group, d.Generation, d.Before,
		string(d.State), string(d.Trigger), d.Attempt, d.By, micros(d.StartedAt), micros(d.EndedAt), legible(d.Code, codeBytes),
		legible(d.Reason, messageBytes), d.Final, d.Swapped, d.Crashed, baseline, blob(d.Carry))
	if err == nil && n == 0 {
		return errDeploying
	}
	if err := r.on(err, foreign, fault.Missing("target")); err != nil {
		return err
	}
	return r.journal(ctx, d)
}

// Save implements ports.Deployments.
func (r deployments) Save(ctx context.Context, d deploy.Deployment, fence int64) error {
	if err := r.hold(ctx, d.Target, fence); err != nil {
		return err
	}
	baseline, err := jsonOf(d.Baseline)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "save deployment", deploymentUpdate, string(r.id), d.ID, d.Generation, d.Before, string(d.State), d.Attempt,
		micros(d.EndedAt), legible(d.Code, codeBytes), legible(d.Reason, messageBytes), d.Final, d.Swapped, d.Crashed, baseline, blob(d.Carry))
	if err := changed(n, err, "deployment"); err != nil {
		return err
	}
	return r.journal(ctx, d)
}

// journal stores the steps that differ and what the target's status says of the deployment.
func (r deployments) journal(ctx context.Context, d deploy.Deployment) error {
	if err := r.saveSteps(ctx, d); err != nil {
		return err
	}
	_, err := r.exec(ctx, "status of deployment", statusDeployment, string(r.id), d.Target, d.ID, string(d.State),
		legible(d.Code, codeBytes), legible(d.Reason, messageBytes), d.Group, d.Generation)
	if err != nil {
		return err
	}
	return r.refreshDue(ctx, d.Target)
}

// Get implements ports.Deployments.
func (r deployments) Get(ctx context.Context, id string) (deploy.Deployment, error) {
	out, err := r.all(ctx, deploymentGet, string(r.id), id)
	if err != nil {
		return deploy.Deployment{}, err
	}
	if len(out) == 0 {
		return deploy.Deployment{}, fault.Missing("deployment")
	}
	out[0].Transcript, err = r.transcript(ctx, id)
	return out[0], err
}

// List implements ports.Deployments.
func (r deployments) List(ctx context.Context, targetID, cursorText string, limit int) ([]deploy.Deployment, string, error) {
	cur, err := parseCursor(cursorText, newest)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(limit)
	c := &clauses{}
	c.add(deploymentSelect)
	c.arg(string(r.id))
	c.add(` AND target_id = `, c.arg(targetID))
	if cur != nil {
		c.add(` AND (started_at, id) < (`, c.arg(cur.Num), `, `, c.arg(cur.ID), `)`)
	}
	c.add(` ORDER BY started_at DESC, id DESC LIMIT `, c.arg(size+1))
	out, err := r.all(ctx, c.String(), c.args...)
	if err != nil || len(out) <= size {
		return out, "", err
	}
	last := out[size-1]
	return out[:size], cursor{Sort: newest, Num: micros(last.StartedAt), ID: last.ID}.String(), nil
}

// Prune implements ports.Deployments.
func (r deployments) Prune(ctx context.Context, targetID string, keep int) error {
	_, err := r.exec(ctx, "prune deployments", deploymentPrune, string(r.id), targetID, max(keep, 0))
	return err
}

// OfGroup implements ports.Deployments.
func (r deployments) OfGroup(ctx context.Context, groupID, after string, limit int) (out []string, err error) {
	err = r.rows(ctx, "targets of group", deploymentsOfGroup, []any{string(r.id), groupID, after, atMost(limit)}, func(rw row) error {
		var id string
		err := rw.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// all reads deployments, then the steps of all of them.
func (r deployments) all(ctx context.Context, q string, args ...any) (out []deploy.Deployment, err error) {
	err = r.rows(ctx, "deployments", q, args, func(rw row) error {
		var d deploy.Deployment
		err := rw.Scan(&d.ID, &d.Target, &d.Group, &d.Generation, &d.Before, &d.State, &d.Trigger, &d.Attempt, &d.By, stamp{&d.StartedAt},
			stamp{&d.EndedAt}, &d.Code, &d.Reason, &d.Final, &d.Swapped, &d.Crashed, stored{&d.Baseline}, &d.Carry)
		if len(d.Carry) == 0 {
			d.Carry = nil
		}
		out = append(out, d)
		return err
	})
	if err != nil || len(out) == 0 {
		return out, err
	}
	return out, r.readSteps(ctx, out)
}

// legible answers at most n bytes of what a program on the other side said: UTF-8 without NUL, which an engine can hold.
func legible(s string, n int) string {
	return cut(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"), n)
}
