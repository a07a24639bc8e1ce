package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	userInsert = `INSERT INTO users (id, email, email_key, name, password_hash, platform_admin, created_at, disabled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`
	userSelect      = `SELECT id, email, name, password_hash, platform_admin, created_at, disabled_at FROM users`
	userGet         = userSelect + ` WHERE id = $1`
	userByEmail     = userSelect + ` WHERE email_key = $1`
	userSetPassword = `UPDATE users SET password_hash = $2 WHERE id = $1`
	userSetAdmin    = `UPDATE users SET platform_admin = $2 WHERE id = $1`
	userCount       = `SELECT count(*) FROM users`
)

type users struct{ *txn }

var _ ports.Users = users{}

// Insert implements ports.Users.
func (r users) Insert(ctx context.Context, u tenant.User) error {
	n, err := r.exec(ctx, "insert user", userInsert, string(u.ID), u.Email, tenant.EmailKey(u.Email), u.Name, u.PasswordHash,
		u.PlatformAdmin, micros(u.CreatedAt), micros(u.DisabledAt))
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
		stamp{&u.DisabledAt})
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

// Count implements ports.Users.
func (r users) Count(ctx context.Context) (n int, err error) {
	err = r.row(ctx, "count users", userCount, nil, &n)
	return n, err
}
