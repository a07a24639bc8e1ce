package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	userInsert = `INSERT INTO users (id, email, email_key, name, password_hash, platform_admin, created_at, disabled_at, time_zone,
		date_format, had_workspace) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`
	userSelect = `SELECT id, email, name, password_hash, platform_admin, created_at, disabled_at, time_zone, date_format, had_workspace
		FROM users`
	userGet         = userSelect + ` WHERE id = $1`
	userByEmail     = userSelect + ` WHERE email_key = $1`
	userSetPassword = `UPDATE users SET password_hash = $2 WHERE id = $1`
	userSetAdmin    = `UPDATE users SET platform_admin = $2 WHERE id = $1`
	userSetProfile  = `UPDATE users SET name = $2, time_zone = $3, date_format = $4 WHERE id = $1`
	userHold        = `SELECT 1 FROM users WHERE id = $1`
	userHad         = `SELECT had_workspace FROM users WHERE id = $1`
	userSetHad      = `UPDATE users SET had_workspace = TRUE WHERE id = $1`
	userCount       = `SELECT count(*) FROM users`
	userDelete      = `DELETE FROM users WHERE id = $1`
	userMemberships = `SELECT w.id, w.name, w.time_zone, w.created_at, w.second_factor, w.confirmed_at, m.role FROM members m
		JOIN tenants w ON w.id = m.tenant_id AND w.deleted_at = 0 WHERE m.user_id = $1 ORDER BY w.name_key, w.id LIMIT 1000`
	userDeadTenants = `SELECT m.tenant_id FROM members m JOIN tenants w ON w.id = m.tenant_id AND w.deleted_at > 0 WHERE m.user_id = $1`
)

type users struct{ *txn }

var _ ports.Users = users{}

// Insert implements ports.Users.
func (r users) Insert(ctx context.Context, u tenant.User) error {
	n, err := r.exec(ctx, "insert user", userInsert, string(u.ID), u.Email, tenant.EmailKey(u.Email), u.Name, u.PasswordHash,
		u.PlatformAdmin, micros(u.CreatedAt), micros(u.DisabledAt), u.TimeZone, string(u.DateFormat), u.HadWorkspace)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "email_taken", "There is an account with this address already.").
			Field("email", "Use another address.")
	}
	return err
}

// Get implements ports.Users.
func (r users) Get(ctx context.Context, id tenant.UserID) (tenant.User, error) {
	return r.one(ctx, userGet, string(id))
}

// ByEmail implements ports.Users.
func (r users) ByEmail(ctx context.Context, email string) (tenant.User, error) {
	return r.one(ctx, userByEmail, tenant.EmailKey(email))
}

func (r users) one(ctx context.Context, q, key string) (u tenant.User, err error) {
	err = r.row(ctx, "user", q, []any{key}, &u.ID, &u.Email, &u.Name, &u.PasswordHash, &u.PlatformAdmin, stamp{&u.CreatedAt},
		stamp{&u.DisabledAt}, &u.TimeZone, &u.DateFormat, &u.HadWorkspace)
	return u, found(err, "user")
}

// SetPassword implements ports.Users.
func (r users) SetPassword(ctx context.Context, id tenant.UserID, phc string) error {
	n, err := r.exec(ctx, "set password", userSetPassword, string(id), phc)
	return changed(n, err, "user")
}

// SetPlatformAdmin implements ports.Users.
func (r users) SetPlatformAdmin(ctx context.Context, id tenant.UserID, admin bool) error {
	n, err := r.exec(ctx, "set platform admin", userSetAdmin, string(id), admin)
	return changed(n, err, "user")
}

// SetProfile implements ports.Users.
func (r users) SetProfile(ctx context.Context, u tenant.User) error {
	n, err := r.exec(ctx, "set profile", userSetProfile, string(u.ID), u.Name, u.TimeZone, string(u.DateFormat))
	return changed(n, err, "user")
}

// NoteWorkspace implements ports.Users. The row is locked by the statement that reads it: who waited for it reads what holds then.
func (r users) NoteWorkspace(ctx context.Context, id tenant.UserID) (before bool, err error) {
	if err := r.row(ctx, "had workspace", userHad+r.s.d.lock, []any{string(id)}, &before); err != nil || before {
		return before, found(err, "user")
	}
	n, err := r.exec(ctx, "note workspace", userSetHad, string(id))
	return false, changed(n, err, "user")
}

// Hold implements ports.Users.
func (r users) Hold(ctx context.Context, id tenant.UserID) error {
	var one int
	return found(r.row(ctx, "hold user", r.locked(userHold), []any{string(id)}, &one), "user")
}

// Count implements ports.Users.
func (r users) Count(ctx context.Context) (n int, err error) {
	err = r.row(ctx, "count users", userCount, nil, &n)
	return n, err
}

// Memberships implements ports.Users.
func (r users) Memberships(ctx context.Context, id tenant.UserID) (out []tenant.Membership, err error) {
	err = r.rows(ctx, "memberships", userMemberships, []any{string(id)}, func(rw row) error {
		var m tenant.Membership
		err := rw.Scan(append(tenantFields(&m.Tenant), &m.Role)...)
		out = append(out, m)
		return err
	})
	return out, err
}

// Delete implements ports.Users. That the person is in no living workspace is what the foreign key of members says once they are out
// of the dead ones. What belongs to the person alone goes with the row.
func (r users) Delete(ctx context.Context, id tenant.UserID) error {
	var dead []tenant.ID
	err := r.rows(ctx, "dead workspaces", userDeadTenants, []any{string(id)}, func(rw row) error {
		var t tenant.ID
		err := rw.Scan(&t)
		dead = append(dead, t)
		return err
	})
	if err != nil {
		return err
	}
	return r.part(ctx, func() error {
		for _, t := range dead {
			if _, err := (scope{r.txn, t}).exec(ctx, "leave dead workspace", memberDelete, string(t), string(id)); err != nil {
				return err
			}
		}
		n, err := r.exec(ctx, "delete user", userDelete, string(id))
		return changed(n, r.on(err, foreign, errIsMember), "user")
	})
}

var errIsMember = fault.New(fault.Conflict, "is_member", "This person is a member of a workspace. Leave or delete it first.")
