package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	inviteColumns = `i.id, i.email, i.role, i.hash, i.created_by, i.maker_id, i.created_at, i.expires_at`
	inviteInsert  = `INSERT INTO invites (tenant_id, id, email, email_key, role, hash, created_by, maker_id, created_at,
		expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant_id, email_key) DO UPDATE SET id = excluded.id,
		email = excluded.email, role = excluded.role, hash = excluded.hash, created_by = excluded.created_by,
		maker_id = excluded.maker_id, created_at = excluded.created_at, expires_at = excluded.expires_at`
	inviteSelect  = `SELECT ` + inviteColumns + ` FROM invites i WHERE i.tenant_id = $1`
	inviteGet     = inviteSelect + ` AND i.id = $2`
	inviteList    = inviteSelect + ` ORDER BY i.created_at DESC, i.id DESC LIMIT 1000`
	inviteDelete  = `DELETE FROM invites WHERE tenant_id = $1 AND id = $2`
	inviteOfMaker = `DELETE FROM invites WHERE tenant_id = $1 AND maker_id = $2`
)

type invites struct{ scope }

var _ ports.Invites = invites{}

// Insert implements ports.Invites.
func (r invites) Insert(ctx context.Context, i tenant.Invite) error {
	_, err := r.exec(ctx, "insert invite", inviteInsert, string(r.id), i.ID, i.Email, tenant.EmailKey(i.Email), string(i.Role), i.Hash[:],
		i.CreatedBy, string(i.Maker), micros(i.CreatedAt), micros(i.ExpiresAt))
	return r.on(err, foreign, fault.Missing("workspace"))
}

// Get implements ports.Invites.
func (r invites) Get(ctx context.Context, id string) (i tenant.Invite, err error) {
	err = r.row(ctx, "invite", inviteGet, []any{string(r.id), id}, inviteFields(&i)...)
	return i, found(err, "invite")
}

// List implements ports.Invites.
func (r invites) List(ctx context.Context) (out []tenant.Invite, err error) {
	err = r.rows(ctx, "invites", inviteList, []any{string(r.id)}, func(rw row) error {
		var i tenant.Invite
		err := rw.Scan(inviteFields(&i)...)
		out = append(out, i)
		return err
	})
	return out, err
}

// Delete implements ports.Invites.
func (r invites) Delete(ctx context.Context, id string) error {
	n, err := r.exec(ctx, "delete invite", inviteDelete, string(r.id), id)
	return changed(n, err, "invite")
}

// DeleteOf implements ports.Invites.
func (r invites) DeleteOf(ctx context.Context, maker tenant.UserID) (int, error) {
	if maker == "" {
		return 0, nil
	}
	n, err := r.exec(ctx, "delete invites of", inviteOfMaker, string(r.id), string(maker))
	return int(n), err
}

// inviteFields are where inviteColumns go.
func inviteFields(i *tenant.Invite) []any {
	return []any{&i.ID, &i.Email, &i.Role, hash{&i.Hash}, &i.CreatedBy, &i.Maker, stamp{&i.CreatedAt}, stamp{&i.ExpiresAt}}
}
