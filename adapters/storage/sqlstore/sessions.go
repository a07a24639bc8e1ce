package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	sessionColumns = `s.id, s.user_id, s.workspace_id, s.hash, s.created_at, s.last_at, s.auth_at, s.expires_at, s.pending, s.tries,
		s.stay, s.address, s.agent, s.strong, s.previous_hash, s.previous_until`
	sessionInsert = `INSERT INTO sessions (id, user_id, workspace_id, hash, created_at, last_at, auth_at, expires_at, pending, tries,
		stay, address, agent, strong, previous_hash, previous_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`
	sessionGet  = `SELECT ` + sessionColumns + ` FROM sessions s WHERE s.id = $1`
	sessionList = `SELECT ` + sessionColumns + ` FROM sessions s WHERE s.user_id = $1 AND NOT s.pending
		ORDER BY s.last_at DESC, s.id DESC LIMIT 1000`
	sessionUpdate = `UPDATE sessions SET workspace_id = $3, hash = $4, last_at = $5, auth_at = $6, expires_at = $7, pending = $8,
		tries = $9, strong = $10, previous_hash = $11, previous_until = $12 WHERE id = $1 AND user_id = $2`
	sessionDelete    = `DELETE FROM sessions WHERE user_id = $1 AND id = $2`
	sessionDeleteAll = `DELETE FROM sessions WHERE user_id = $1 AND pending = $2 AND id <> $3`
	// Sign-ins that wait for a second factor are counted apart: whoever knows no more than a password ends nobody's session.
	sessionTrim = `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 AND pending = $2 AND id <> $3
		ORDER BY last_at DESC, id DESC LIMIT 1000 OFFSET $4)`

	memberSeen = `UPDATE members SET last_at = $3 WHERE tenant_id = $1 AND user_id = $2 AND last_at < $3`
)

type sessions struct{ *txn }

var _ ports.Sessions = sessions{}

// Insert implements ports.Sessions.
func (r sessions) Insert(ctx context.Context, s tenant.Session) error {
	_, err := r.exec(ctx, "insert session", sessionInsert, s.ID, string(s.User), string(s.Tenant), s.Hash[:], micros(s.CreatedAt),
		micros(s.LastAt), micros(s.AuthAt), micros(s.ExpiresAt), s.Pending, s.Tries, s.Stay, addrText(s.Address), s.Agent,
		s.Strong, hashOrNone(s.Previous), micros(s.PreviousUntil))
	if err != nil {
		return r.on(err, foreign, fault.Missing("user"))
	}
	return r.settle(ctx, s)
}

// settle ends the sessions that are too many beside s, and notes that its member was seen.
func (r sessions) settle(ctx context.Context, s tenant.Session) error {
	_, err := r.exec(ctx, "end oldest sessions", sessionTrim, string(s.User), s.Pending, s.ID, tenant.MaxSessions-1)
	if err != nil || s.Pending {
		return err
	}
	return r.seenIn(ctx, s)
}

// seenIn notes that the member of the session's workspace was seen.
func (t *txn) seenIn(ctx context.Context, s tenant.Session) error {
	if s.Tenant == "" {
		return nil
	}
	_, err := scope{t, s.Tenant}.exec(ctx, "member seen", memberSeen, string(s.Tenant), string(s.User), micros(s.LastAt))
	return err
}

// Get implements ports.Sessions.
func (r sessions) Get(ctx context.Context, id string) (s tenant.Session, err error) {
	err = r.row(ctx, "session", r.locked(sessionGet), []any{id}, sessionFields(&s)...)
	return s, found(err, "session")
}

// List implements ports.Sessions.
func (r sessions) List(ctx context.Context, u tenant.UserID) (out []tenant.Session, err error) {
	err = r.rows(ctx, "sessions", sessionList, []any{string(u)}, func(rw row) error {
		var s tenant.Session
		err := rw.Scan(sessionFields(&s)...)
		out = append(out, s)
		return err
	})
	return out, err
}

// Update implements ports.Sessions.
func (r sessions) Update(ctx context.Context, s tenant.Session) error {
	n, err := r.exec(ctx, "update session", sessionUpdate, s.ID, string(s.User), string(s.Tenant), s.Hash[:], micros(s.LastAt),
		micros(s.AuthAt), micros(s.ExpiresAt), s.Pending, s.Tries, s.Strong, hashOrNone(s.Previous), micros(s.PreviousUntil))
	if err := changed(n, err, "session"); err != nil {
		return err
	}
	return r.settle(ctx, s)
}

// Delete implements ports.Sessions.
func (r sessions) Delete(ctx context.Context, u tenant.UserID, id string) error {
	n, err := r.exec(ctx, "delete session", sessionDelete, string(u), id)
	return changed(n, err, "session")
}

// DeleteAll implements ports.Sessions.
func (r sessions) DeleteAll(ctx context.Context, u tenant.UserID, keep string) (int, error) {
	if _, err := r.exec(ctx, "delete pending sessions", sessionDeleteAll, string(u), true, keep); err != nil {
		return 0, err
	}
	n, err := r.exec(ctx, "delete sessions", sessionDeleteAll, string(u), false, keep)
	return int(n), err
}

// sessionFields are where sessionColumns go.
func sessionFields(s *tenant.Session) []any {
	return []any{&s.ID, &s.User, &s.Tenant, hash{&s.Hash}, stamp{&s.CreatedAt}, stamp{&s.LastAt}, stamp{&s.AuthAt}, stamp{&s.ExpiresAt},
		&s.Pending, &s.Tries, &s.Stay, address{&s.Address}, &s.Agent, &s.Strong, someHash{&s.Previous}, stamp{&s.PreviousUntil}}
}
