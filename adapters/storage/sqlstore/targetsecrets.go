package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	secretPut = `INSERT INTO target_secrets (tenant_id, target_id, path, id, payload) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, target_id, path) DO UPDATE SET id = excluded.id, payload = excluded.payload`
	secretDrop = `DELETE FROM target_secrets WHERE tenant_id = $1 AND target_id = $2 AND `
	secretList = `SELECT id, path, payload FROM target_secrets WHERE tenant_id = $1 AND target_id = $2 ORDER BY path`
)

// PutSecret implements ports.Deployments.
func (r deployments) PutSecret(ctx context.Context, targetID string, s ports.TargetSecret) error {
	_, err := r.exec(ctx, "store secret", secretPut, string(r.id), targetID, s.Path, s.ID, blob(s.Sealed))
	return r.on(err, foreign, fault.Missing("target"))
}

// DropSecrets implements ports.Deployments.
func (r deployments) DropSecrets(ctx context.Context, targetID string, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	_, err := r.exec(ctx, "drop secrets", secretDrop+r.s.d.in("path", "$3"), string(r.id), targetID, r.s.d.listArg(paths))
	return err
}

// Secrets implements ports.Deployments.
func (r deployments) Secrets(ctx context.Context, targetID string) (out []ports.TargetSecret, err error) {
	err = r.rows(ctx, "secrets", secretList, []any{string(r.id), targetID}, func(rw row) error {
		var s ports.TargetSecret
		err := rw.Scan(&s.ID, &s.Path, &s.Sealed)
		out = append(out, s)
		return err
	})
	return out, err
}
