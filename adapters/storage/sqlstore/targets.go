package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	targetSelect = `SELECT t.id, t.name, t.type, t.group_id, g.name, t.settings, t.tags, t.created_at, COALESCE(g.current_number, 0),
		t.group_since, COALESCE(f.at, 0), COALESCE(f.address, ''), COALESCE(f.kind, ''), COALESCE(f.generation, 0),
		COALESCE(f.key_at, 0), COALESCE(f.key_generation, 0), COALESCE(f.fullchain_at, 0), COALESCE(f.fullchain_generation, 0)
` + targetFrom
	targetFrom = ` FROM targets t JOIN cert_groups g ON g.tenant_id = t.tenant_id AND g.id = t.group_id
		LEFT JOIN target_fetches f ON f.tenant_id = t.tenant_id AND f.target_id = t.id
		LEFT JOIN target_status s ON s.tenant_id = t.tenant_id AND s.target_id = t.id`
	targetGet    = targetSelect + ` WHERE t.tenant_id = $1 AND t.id = $2`
	targetInsert = `INSERT INTO targets (tenant_id, id, name, type, group_id, group_since, settings, tags, created_at, name_key, group_key)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`
	targetUpdate = `UPDATE targets SET name = $3, settings = $4, tags = $5,
		group_since = CASE WHEN group_id = $6 THEN group_since ELSE $7 END, group_id = $6, name_key = $8, group_key = $9
		WHERE tenant_id = $1 AND id = $2`
	targetGroup  = `SELECT group_id FROM targets WHERE tenant_id = $1 AND id = $2`
	targetDelete = `DELETE FROM targets WHERE tenant_id = $1 AND id = $2`
)

// targetState is target.Target.State as a statement has it. Observed is as scanTarget reads it: what was fetched before the target
// came to its group does not count.
const targetState = `CASE
	WHEN s.state = '` + string(deploy.Running) + `' THEN '` + string(target.StateDeploying) + `'
	WHEN s.paused THEN '` + string(target.StatePaused) + `'
	WHEN s.deployment_id = '' THEN '` + string(target.StateNever) + `'
	WHEN s.target_id IS NOT NULL THEN CASE
		WHEN s.generation <> COALESCE(g.current_number, 0) OR g.current_number IS NULL THEN '` + string(target.StateBehind) + `'
		WHEN s.state IN ('` + string(deploy.Unchanged) + `', '` + string(deploy.Delivered) + `', '` + string(deploy.Serving) + `')
			THEN '` + string(target.StateUpToDate) + `'
		WHEN s.state = '` + string(deploy.ServingOther) + `' THEN '` + string(target.StateServingOther) + `'
		WHEN s.state = '` + string(deploy.Unreachable) + `' THEN '` + string(target.StateUnreachable) + `'
		WHEN s.state = '` + string(deploy.RolledBack) + `' THEN '` + string(target.StateRolledBack) + `'
		WHEN s.state = '` + string(deploy.Failed) + `' THEN '` + string(target.StateFailed) + `'
		ELSE '` + string(target.StateBehind) + `' END
	WHEN COALESCE(f.at, 0) = 0 THEN '` + string(target.StateNever) + `'
	WHEN g.current_number = CASE WHEN f.key_at > 0 AND f.key_at > t.group_since THEN f.key_generation
		WHEN f.key_at = 0 AND f.fullchain_at > t.group_since THEN f.fullchain_generation ELSE 0 END
		THEN '` + string(target.StateUpToDate) + `'
	ELSE '` + string(target.StateBehind) + `' END`

type targets struct{ scope }

var _ ports.Targets = targets{}

// Insert implements ports.Targets.
func (r targets) Insert(ctx context.Context, t target.Target) error {
	key, err := r.groupKey(ctx, t.Group)
	if err != nil {
		return err
	}
	settings, tags, err := targetJSON(t)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "insert target", targetInsert, string(r.id), t.ID, t.Name, string(t.Type), t.Group, settings, tags,
		micros(t.CreatedAt), sortKey(t.Name), key)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "duplicate", "The target is there already.")
	}
	r.count(countTargets, int(n))
	if err := r.on(err, foreign, fault.Missing("group")); err != nil || t.Deploy == nil {
		return err
	}
	return r.insertDeploy(ctx, t.ID, t.Deploy)
}

// Get implements ports.Targets.
func (r targets) Get(ctx context.Context, id string) (target.Target, error) {
	out, err := r.all(ctx, "target", targetGet, string(r.id), id)
	if err != nil {
		return target.Target{}, err
	}
	if len(out) == 0 {
		return target.Target{}, fault.Missing("target")
	}
	return out[0], nil
}

// Update implements ports.Targets.
func (r targets) Update(ctx context.Context, t target.Target) error {
	var was string
	if err := r.row(ctx, "group of target", targetGroup+r.s.d.lock, []any{string(r.id), t.ID}, &was); err != nil {
		return found(err, "target")
	}
	key, err := r.groupKey(ctx, t.Group)
	if err != nil {
		return err
	}
	settings, tags, err := targetJSON(t)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "update target", targetUpdate, string(r.id), t.ID, t.Name, settings, tags, t.Group, micros(r.now),
		sortKey(t.Name), key)
	if err := changed(n, r.on(err, foreign, fault.Missing("group")), "target"); err != nil {
		return err
	}
	return r.updateDeploy(ctx, t.ID, t.Deploy, was != t.Group)
}

// Delete implements ports.Targets.
func (r targets) Delete(ctx context.Context, id string) error {
	n, err := r.exec(ctx, "delete target", targetDelete, string(r.id), id)
	r.count(countTargets, -int(n))
	return changed(n, err, "target")
}

// named answers targets in the order of their ids.
func (r targets) named(ctx context.Context, ids []string) ([]target.Target, error) {
	q := targetSelect + ` WHERE t.tenant_id = $1 AND ` + r.s.d.in("t.id", "$2")
	out, err := r.all(ctx, "targets", q, string(r.id), r.s.d.listArg(ids))
	inOrder(out, ids, func(t target.Target) string { return t.ID })
	return out, err
}

// all reads targets, then the tokens of all of them, then what those are deployed with that are deployed to.
func (r targets) all(ctx context.Context, what, q string, args ...any) (out []target.Target, err error) {
	err = r.rows(ctx, what, q, args, func(rw row) error {
		t, err := scanTarget(rw)
		out = append(out, t)
		return err
	})
	if err != nil || len(out) == 0 {
		return out, err
	}
	ids := make([]string, len(out))
	at := make(map[string]*target.Target, len(out))
	for i := range out {
		ids[i] = out[i].ID
		at[ids[i]] = &out[i]
	}
	q = pushTokenSelect + ` WHERE p.tenant_id = $1 AND ` + r.s.d.in("p.target_id", "$2") + ` ORDER BY p.created_at DESC, p.id DESC`
	err = r.rows(ctx, "tokens of targets", q, []any{string(r.id), r.s.d.listArg(ids)}, func(rw row) error {
		tok, err := scanPushToken(rw)
		if err != nil {
			return err
		}
		if t := at[tok.Target]; len(t.Tokens) < maxPushTokens {
			t.Tokens = append(t.Tokens, tok)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	return out, r.readDeploys(ctx, at)
}

func scanTarget(rw row) (t target.Target, err error) {
	var since, keyAt, fullAt int64
	var keyGen, fullGen int
	f := &t.LastFetch
	err = rw.Scan(&t.ID, &t.Name, &t.Type, &t.Group, &t.GroupName, stored{&t.Settings}, stored{&t.Tags}, stamp{&t.CreatedAt},
		&t.Wanted, &since, stamp{&f.At}, address{&f.Address}, &f.Kind, &f.Generation, &keyAt, &keyGen, &fullAt, &fullGen)
	// What was fetched before the target came to this group has another group's numbers.
	switch {
	case keyAt > 0 && keyAt > since:
		f.Observed = keyGen
	case keyAt == 0 && fullAt > since:
		f.Observed = fullGen
	}
	return t, err
}

func targetJSON(t target.Target) (settings, tags string, err error) {
	if settings, err = jsonOf(t.Settings); err != nil {
		return "", "", err
	}
	tags, err = jsonOf(t.Tags)
	return settings, tags, err
}
