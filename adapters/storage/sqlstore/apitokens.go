package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	apiTokenInsert = `INSERT INTO api_tokens (tenant_id, id, user_id, name, hash, display, scopes, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
	apiTokenSelect = `SELECT t.id, t.user_id, t.name, t.hash, t.display, t.scopes, t.created_at, t.expires_at, t.last_at, t.last_addr
		FROM api_tokens t WHERE t.tenant_id = $1 AND t.user_id = $2`
	apiTokenCount    = `SELECT count(*) FROM api_tokens WHERE tenant_id = $1 AND user_id = $2`
	apiTokenDelete   = `DELETE FROM api_tokens WHERE tenant_id = $1 AND user_id = $2 AND id = $3`
	apiTokenDeleteOf = `DELETE FROM api_tokens WHERE tenant_id = $1 AND user_id = $2`
)

type apiTokens struct{ scope }

var _ ports.APITokens = apiTokens{}

// Insert implements ports.APITokens.
func (r apiTokens) Insert(ctx context.Context, t tenant.APIToken) error {
	scopes, err := jsonOf(t.Scopes)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "insert API token", apiTokenInsert, string(r.id), t.ID, string(t.User), t.Name, t.Hash[:], t.Display,
		scopes, micros(t.CreatedAt), micros(t.ExpiresAt))
	if err == nil && n == 0 {
		return errTokenThere
	}
	return r.on(err, foreign, fault.Missing("member"))
}

// List implements ports.APITokens.
func (r apiTokens) List(ctx context.Context, u tenant.UserID, limit int, after string) ([]tenant.APIToken, string, error) {
	cur, err := parseCursor(after, newest)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(limit)
	c := &clauses{}
	c.arg(string(r.id))
	c.arg(string(u))
	c.add(apiTokenSelect)
	behind(c, "t", cur)
	c.add(` ORDER BY t.created_at DESC, t.id DESC LIMIT `, c.arg(size+1))
	var out []tenant.APIToken
	err = r.rows(ctx, "API tokens", c.String(), c.args, func(rw row) error {
		var t tenant.APIToken
		err := rw.Scan(&t.ID, &t.User, &t.Name, hash{&t.Hash}, &t.Display, stored{&t.Scopes}, stamp{&t.CreatedAt},
			stamp{&t.ExpiresAt}, stamp{&t.LastAt}, address{&t.LastAddr})
		out = append(out, t)
		return err
	})
	if err != nil || len(out) <= size {
		return out, "", err
	}
	last := out[size-1]
	return out[:size], cursor{Sort: newest, Num: micros(last.CreatedAt), ID: last.ID}.String(), nil
}

// Delete implements ports.APITokens.
func (r apiTokens) Delete(ctx context.Context, u tenant.UserID, id string) error {
	n, err := r.exec(ctx, "delete API token", apiTokenDelete, string(r.id), string(u), id)
	return changed(n, err, "token")
}

// Count implements ports.APITokens.
func (r apiTokens) Count(ctx context.Context, u tenant.UserID) (n int, err error) {
	err = r.row(ctx, "count API tokens", apiTokenCount, []any{string(r.id), string(u)}, &n)
	return n, err
}

// DeleteOf implements ports.APITokens.
func (r apiTokens) DeleteOf(ctx context.Context, u tenant.UserID) (int, error) {
	n, err := r.exec(ctx, "delete API tokens", apiTokenDeleteOf, string(r.id), string(u))
	return int(n), err
}
