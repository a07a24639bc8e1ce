package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	memberInsert = `INSERT INTO members (tenant_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	memberLock   = `SELECT 1 FROM members WHERE tenant_id = $1 ORDER BY user_id`
	memberSelect = `SELECT m.user_id, u.email, u.name, m.role, m.created_at, m.last_at FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.tenant_id = $1`
	memberGet     = memberSelect + ` AND m.user_id = $2`
	memberList    = memberSelect + ` ORDER BY m.user_id LIMIT 1000`
	memberSetRole = `UPDATE members SET role = $3 WHERE tenant_id = $1 AND user_id = $2`
	memberDelete  = `DELETE FROM members WHERE tenant_id = $1 AND user_id = $2`
)

type members struct{ scope }

var _ ports.Members = members{}

// Insert implements ports.Members.
func (r members) Insert(ctx context.Context, m tenant.Member) error {
	n, err := r.exec(ctx, "insert member", memberInsert, string(r.id), string(m.User), string(m.Role), micros(m.CreatedAt))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "already_member", "This person is a member already.")
	}
	return r.on(err, foreign, fault.Missing("user or workspace"))
}

// Get implements ports.Members.
func (r members) Get(ctx context.Context, u tenant.UserID) (m tenant.Member, err error) {
	err = r.row(ctx, "member", memberGet, []any{string(r.id), string(u)}, memberFields(&m)...)
	return m, found(err, "member")
}

// List implements ports.Members. The rows are locked by a statement of their own, before they are read: what is read is
// then what holds until the commit.
func (r members) List(ctx context.Context) (out []tenant.Member, err error) {
	if r.write && r.s.d.lock != "" {
		if err := r.rows(ctx, "lock members", memberLock+r.s.d.lock, []any{string(r.id)}, func(row) error { return nil }); err != nil {
			return nil, err
		}
	}
	err = r.rows(ctx, "members", memberList, []any{string(r.id)}, func(rw row) error {
		var m tenant.Member
		err := rw.Scan(memberFields(&m)...)
		out = append(out, m)
		return err
	})
	slices.SortFunc(out, func(a, b tenant.Member) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Email, b.Email),
			cmp.Compare(a.User, b.User))
	})
	return out, err
}

// SetRole implements ports.Members.
func (r members) SetRole(ctx context.Context, u tenant.UserID, role tenant.Role) error {
	n, err := r.exec(ctx, "set role", memberSetRole, string(r.id), string(u), string(role))
	return changed(n, err, "member")
}

// Delete implements ports.Members.
func (r members) Delete(ctx context.Context, u tenant.UserID) error {
	n, err := r.exec(ctx, "delete member", memberDelete, string(r.id), string(u))
	return changed(n, err, "member")
}

func memberFields(m *tenant.Member) []any {
	return []any{&m.User, &m.Email, &m.Name, &m.Role, stamp{&m.CreatedAt}, stamp{&m.LastAt}}
}
