package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
)

const (
	// A certificate was replaced when it is the leaf of generations that all were current and none is any more. Such a one is
	// taken off the list; it comes back when it is staged or current again. Generations that are pruned change nothing.
	openLeaf = `EXISTS (SELECT 1 FROM generations n JOIN cert_groups g ON g.tenant_id = n.tenant_id AND g.id = n.group_id
		WHERE n.tenant_id = a.tenant_id AND n.leaf_id = a.id AND (n.activated_at = 0 OR g.current_number = n.number))`
	anyLeaf = `EXISTS (SELECT 1 FROM generations n WHERE n.tenant_id = a.tenant_id AND n.leaf_id = a.id)`

	expiringInsert = `INSERT INTO expiring_certs (tenant_id, artifact_id, not_after) VALUES ($1, $2, $3)`
	expiringBack   = `INSERT INTO expiring_certs (tenant_id, artifact_id, not_after) SELECT a.tenant_id, a.id, a.not_after FROM artifacts a
		WHERE a.tenant_id = $1 AND a.kind = 'cert' AND a.not_after <> 0 AND ` + openLeaf + ` AND `
	expiringDrop = `DELETE FROM expiring_certs WHERE tenant_id = $1 AND artifact_id IN
		(SELECT a.id FROM artifacts a WHERE a.tenant_id = $1 AND ` + anyLeaf + ` AND NOT ` + openLeaf + ` AND `
	expiringLock = `SELECT 1 FROM artifacts a WHERE a.tenant_id = $1 AND `
)

// replaced looks again whether these leaves were replaced, after their generations or the pointer changed. The rows are locked by a
// statement of their own: two groups that turn away from the same leaf at once see each other's change.
func (s scope) replaced(ctx context.Context, leaves ...artifact.ID) error {
	if len(leaves) == 0 {
		return nil
	}
	ids := make([]string, len(leaves))
	for i, id := range leaves {
		ids[i] = string(id)
	}
	args := []any{string(s.id), s.s.d.listArg(ids)}
	in := s.s.d.in("a.id", "$2")
	if s.s.d.lock != "" {
		q := expiringLock + in + ` ORDER BY a.id` + s.s.d.lock
		if err := s.rows(ctx, "lock leaves", q, args, func(row) error { return nil }); err != nil {
			return err
		}
	}
	if _, err := s.exec(ctx, "drop replaced leaves", expiringDrop+in+`)`, args...); err != nil {
		return err
	}
	_, err := s.exec(ctx, "bring back leaves", expiringBack+in+` ON CONFLICT DO NOTHING`, args...)
	return err
}
