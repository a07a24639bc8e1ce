package sqlstore

import (
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
)

const (
	// Generations that never were current, and are not, newest first. A group has few of them: a page or two hold the groups that
	// are asked for.
	attentionPage = 100
	attentionWalk = `SELECT n.group_id, n.created_at, n.id FROM generations n
		JOIN cert_groups g ON g.tenant_id = n.tenant_id AND g.id = n.group_id
		WHERE n.tenant_id = $1 AND n.activated_at = 0 AND n.number <> COALESCE(g.current_number, 0) AND (n.created_at, n.id) < ($2, $3)
		ORDER BY n.created_at DESC, n.id DESC LIMIT $4`
	attentionCount = `SELECT count(*) FROM (SELECT DISTINCT n.group_id FROM generations n
		JOIN cert_groups g ON g.tenant_id = n.tenant_id AND g.id = n.group_id
		WHERE n.tenant_id = $1 AND n.activated_at = 0 AND n.number <> COALESCE(g.current_number, 0) LIMIT $2) w`

	// The states of target.Needing.
	needing = `'` + string(target.StateServingOther) + `', '` + string(target.StateUnreachable) + `', '` + string(target.StateRolledBack) +
		`', '` + string(target.StateFailed) + `', '` + string(target.StateBehind) + `'`

	behindCounts = `SELECT state, count(*) FROM (SELECT ` + targetState + ` AS state` + targetFrom + ` WHERE t.tenant_id = $1) s GROUP BY state`
	behindFirst  = `SELECT id FROM (SELECT t.id AS id, ` + targetState + ` AS state, CASE WHEN n.number IS NULL THEN COALESCE(f.at, t.created_at)
			WHEN n.activated_at > t.group_since THEN n.activated_at ELSE t.group_since END AS since` + targetFrom + `
		LEFT JOIN generations n ON n.tenant_id = g.tenant_id AND n.group_id = g.id AND n.number = g.current_number
		WHERE t.tenant_id = $1) s WHERE state IN (` + needing + `) ORDER BY since, id LIMIT $2`
)

// Attention implements ports.Summary.
func (r summary) Attention(ctx context.Context, limit int) ([]group.Group, int, error) {
	var ids []string
	created, last := int64(endOfTime), ""
	for limit = few(limit); len(ids) < limit; {
		n := 0
		args := []any{string(r.id), created, last, attentionPage}
		err := r.rows(ctx, "generations that wait", attentionWalk, args, func(rw row) error {
			var id string
			n++
			if err := rw.Scan(&id, &created, &last); err != nil {
				return err
			}
			if len(ids) < limit && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		if n < attentionPage {
			break
		}
	}
	count := 0
	if err := r.row(ctx, "number of groups that wait", attentionCount, []any{string(r.id), artifact.MostCounted}, &count); err != nil {
		return nil, 0, err
	}
	out, err := r.groupsOf(ctx, ids)
	return out, count, err
}

// groupsOf answers groups in the order of their ids.
func (r summary) groupsOf(ctx context.Context, ids []string) ([]group.Group, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var out []group.Group
	q := groupSelect + ` WHERE g.tenant_id = $1 AND ` + r.s.d.in("g.id", "$2")
	err := r.rows(ctx, "groups", q, []any{string(r.id), r.s.d.listArg(ids)}, func(rw row) error {
		var g group.Group
		err := rw.Scan(groupFields(&g)...)
		out = append(out, g)
		return err
	})
	inOrder(out, ids, func(g group.Group) string { return g.ID })
	return out, err
}

// Behind implements ports.Summary.
func (r summary) Behind(ctx context.Context, limit int) ([]target.Target, target.StateCounts, error) {
	counts := target.StateCounts{}
	err := r.rows(ctx, "states of targets", behindCounts, []any{string(r.id)}, func(rw row) error {
		var s target.State
		var n int
		err := rw.Scan(&s, &n)
		counts[s] = n
		return err
	})
	if err != nil || counts.Needing() == 0 || few(limit) == 0 {
		return nil, counts, err
	}
	var ids []string
	err = r.rows(ctx, "targets behind", behindFirst, []any{string(r.id), few(limit)}, func(rw row) error {
		var id string
		err := rw.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, counts, err
	}
	out, err := targets(r).named(ctx, ids)
	return out, counts, err
}

// inOrder sorts rows as their ids stand.
func inOrder[T any](rows []T, ids []string, id func(T) string) {
	slices.SortFunc(rows, func(a, b T) int { return slices.Index(ids, id(a)) - slices.Index(ids, id(b)) })
}
