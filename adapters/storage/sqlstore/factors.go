package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	authenticatorGet = `SELECT id, user_id, secret, confirmed_at, last_step, created_at, wrong_codes, wrong_at, next_id, next_secret
		FROM authenticators WHERE user_id = $1`
	authenticatorPut = `INSERT INTO authenticators (id, user_id, secret, confirmed_at, last_step, created_at, wrong_codes, wrong_at,
		next_id, next_secret) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (user_id) DO UPDATE SET id = excluded.id,
		secret = excluded.secret, confirmed_at = excluded.confirmed_at, last_step = excluded.last_step,
		created_at = excluded.created_at, wrong_codes = excluded.wrong_codes, wrong_at = excluded.wrong_at,
		next_id = excluded.next_id, next_secret = excluded.next_secret`
	authenticatorDelete = `DELETE FROM authenticators WHERE user_id = $1`

	passkeySelect = `SELECT id, user_id, name, credential_id, data, created_at, last_at FROM passkeys`
	passkeyList   = passkeySelect + ` WHERE user_id = $1 ORDER BY created_at, id LIMIT 1000`
	passkeyByID   = passkeySelect + ` WHERE credential_id = $1`
	passkeyInsert = `INSERT INTO passkeys (id, user_id, name, credential_id, data, created_at, last_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	passkeyUpdate = `UPDATE passkeys SET name = $3, data = $4, last_at = $5 WHERE id = $1 AND user_id = $2`
	passkeyDelete = `DELETE FROM passkeys WHERE user_id = $1 AND id = $2`

	recoveryDelete = `DELETE FROM recovery_codes WHERE user_id = $1`
	recoveryInsert = `INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	recoverySpend  = `DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2`
	recoveryCount  = `SELECT count(*) FROM recovery_codes WHERE user_id = $1`
)

type factors struct{ *txn }

var _ ports.Factors = factors{}

// Authenticator implements ports.Factors.
func (r factors) Authenticator(ctx context.Context, u tenant.UserID) (a tenant.Authenticator, err error) {
	err = r.row(ctx, "authenticator", r.locked(authenticatorGet), []any{string(u)}, &a.ID, &a.User, &a.Sealed, stamp{&a.ConfirmedAt},
		&a.LastStep, stamp{&a.CreatedAt}, &a.WrongCodes, stamp{&a.WrongAt}, &a.NextID, &a.NextSealed)
	return a, found(err, "authenticator")
}

// locked makes a statement take what it reads when the transaction may write: what was read is then what is changed.
func (t *txn) locked(q string) string {
	if t.write {
		return q + t.s.d.lock
	}
	return q
}

// PutAuthenticator implements ports.Factors.
func (r factors) PutAuthenticator(ctx context.Context, a tenant.Authenticator) error {
	_, err := r.exec(ctx, "put authenticator", authenticatorPut, a.ID, string(a.User), blob(a.Sealed), micros(a.ConfirmedAt), a.LastStep,
		micros(a.CreatedAt), a.WrongCodes, micros(a.WrongAt), a.NextID, a.NextSealed)
	return r.on(err, foreign, fault.Missing("user"))
}

// DeleteAuthenticator implements ports.Factors.
func (r factors) DeleteAuthenticator(ctx context.Context, u tenant.UserID) error {
	_, err := r.exec(ctx, "delete authenticator", authenticatorDelete, string(u))
	return err
}

// Passkeys implements ports.Factors.
func (r factors) Passkeys(ctx context.Context, u tenant.UserID) (out []tenant.Passkey, err error) {
	err = r.rows(ctx, "passkeys", passkeyList, []any{string(u)}, func(rw row) error {
		var p tenant.Passkey
		err := rw.Scan(passkeyFields(&p)...)
		out = append(out, p)
		return err
	})
	return out, err
}

// ByCredential implements ports.Factors.
func (r factors) ByCredential(ctx context.Context, credentialID []byte) (p tenant.Passkey, err error) {
	err = r.row(ctx, "passkey", r.locked(passkeyByID), []any{blob(credentialID)}, passkeyFields(&p)...)
	return p, found(err, "passkey")
}

// InsertPasskey implements ports.Factors.
func (r factors) InsertPasskey(ctx context.Context, p tenant.Passkey) error {
	n, err := r.exec(ctx, "insert passkey", passkeyInsert, p.ID, string(p.User), p.Name, blob(p.CredentialID), blob(p.Data),
		micros(p.CreatedAt), micros(p.LastAt))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "passkey_known", "This passkey is registered already.")
	}
	return r.on(err, foreign, fault.Missing("user"))
}

// UpdatePasskey implements ports.Factors.
func (r factors) UpdatePasskey(ctx context.Context, p tenant.Passkey) error {
	n, err := r.exec(ctx, "update passkey", passkeyUpdate, p.ID, string(p.User), p.Name, blob(p.Data), micros(p.LastAt))
	return changed(n, err, "passkey")
}

// DeletePasskey implements ports.Factors.
func (r factors) DeletePasskey(ctx context.Context, u tenant.UserID, id string) error {
	n, err := r.exec(ctx, "delete passkey", passkeyDelete, string(u), id)
	return changed(n, err, "passkey")
}

// SetRecoveryCodes implements ports.Factors.
func (r factors) SetRecoveryCodes(ctx context.Context, u tenant.UserID, hashes []token.Hash) error {
	if _, err := r.exec(ctx, "delete recovery codes", recoveryDelete, string(u)); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := r.exec(ctx, "insert recovery code", recoveryInsert, string(u), h[:]); err != nil {
			return r.on(err, foreign, fault.Missing("user"))
		}
	}
	return nil
}

// SpendRecoveryCode implements ports.Factors.
func (r factors) SpendRecoveryCode(ctx context.Context, u tenant.UserID, h token.Hash) (bool, error) {
	n, err := r.exec(ctx, "spend recovery code", recoverySpend, string(u), h[:])
	return n > 0 && err == nil, err
}

// RecoveryCodes implements ports.Factors.
func (r factors) RecoveryCodes(ctx context.Context, u tenant.UserID) (n int, err error) {
	err = r.row(ctx, "recovery codes", recoveryCount, []any{string(u)}, &n)
	return n, err
}

func passkeyFields(p *tenant.Passkey) []any {
	return []any{&p.ID, &p.User, &p.Name, &p.CredentialID, &p.Data, stamp{&p.CreatedAt}, stamp{&p.LastAt}}
}
