package sqlstore

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	maxPushTokens = 50 // of one target in an answer

	pushTokenSelect = `SELECT p.id, p.target_id, p.hash, p.display, p.created_at, p.expires_at, COALESCE(u.last_at, 0),
		COALESCE(u.last_addr, '') FROM push_tokens p
		LEFT JOIN token_uses u ON u.tenant_id = p.tenant_id AND u.token_id = p.id`
	pushTokenList   = pushTokenSelect + ` WHERE p.tenant_id = $1 AND p.target_id = $2 ORDER BY p.created_at DESC, p.id DESC LIMIT 50`
	pushTokenInsert = `INSERT INTO push_tokens (tenant_id, id, target_id, hash, display, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	pushTokenExpire = `UPDATE push_tokens SET expires_at = $3 WHERE tenant_id = $1 AND id = $2`
	pushTokenDelete = `DELETE FROM push_tokens WHERE tenant_id = $1 AND id = $2`
)

// errTokenThere is next to impossible: a token has 256 random bits.
var errTokenThere = fault.New(fault.Conflict, "duplicate", "The token is there already. Make another.")

type pushTokens struct{ scope }

var _ ports.PushTokens = pushTokens{}

// Insert implements ports.PushTokens.
func (r pushTokens) Insert(ctx context.Context, t target.Token) error {
	n, err := r.exec(ctx, "insert push token", pushTokenInsert, string(r.id), t.ID, t.Target, t.Hash[:], t.Display,
		micros(t.CreatedAt), micros(t.ExpiresAt))
	if err == nil && n == 0 {
		return errTokenThere
	}
	return r.on(err, foreign, fault.Missing("target"))
}

// List implements ports.PushTokens.
func (r pushTokens) List(ctx context.Context, targetID string) (out []target.Token, err error) {
	err = r.rows(ctx, "push tokens", pushTokenList, []any{string(r.id), targetID}, func(rw row) error {
		t, err := scanPushToken(rw)
		out = append(out, t)
		return err
	})
	return out, err
}

// Expire implements ports.PushTokens.
func (r pushTokens) Expire(ctx context.Context, id string, at time.Time) error {
	n, err := r.exec(ctx, "expire push token", pushTokenExpire, string(r.id), id, micros(at))
	return changed(n, err, "token")
}

// Delete implements ports.PushTokens.
func (r pushTokens) Delete(ctx context.Context, id string) error {
	n, err := r.exec(ctx, "delete push token", pushTokenDelete, string(r.id), id)
	return changed(n, err, "token")
}

func scanPushToken(rw row) (t target.Token, err error) {
	err = rw.Scan(&t.ID, &t.Target, hash{(*[32]byte)(&t.Hash)}, &t.Display, stamp{&t.CreatedAt}, stamp{&t.ExpiresAt},
		stamp{&t.LastAt}, address{&t.LastAddress})
	return t, err
}
