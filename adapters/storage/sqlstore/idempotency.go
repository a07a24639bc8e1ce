package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	keyReserve = `INSERT INTO idempotency (tenant_id, key, attempt, body_hash, spent, reserved_at, lease_until, expires_at, status, answer)
		VALUES ($1, $2, $3, $4, FALSE, $5, $6, $7, 0, $8)
		ON CONFLICT (tenant_id, key) DO UPDATE SET attempt = excluded.attempt, body_hash = excluded.body_hash, spent = FALSE,
			reserved_at = excluded.reserved_at, lease_until = excluded.lease_until, expires_at = excluded.expires_at, status = 0,
			answer = excluded.answer
		WHERE idempotency.reserved_at <= $9 OR (NOT idempotency.spent AND idempotency.lease_until <= $5)`
	keyHolder     = `SELECT body_hash, spent, status, answer FROM idempotency WHERE tenant_id = $1 AND key = $2`
	keySpend      = `UPDATE idempotency SET spent = TRUE WHERE tenant_id = $1 AND key = $2 AND attempt = $3`
	keyFinish     = `UPDATE idempotency SET spent = TRUE, status = $4, answer = $5 WHERE tenant_id = $1 AND key = $2 AND attempt = $3`
	keyReleaseAll = `DELETE FROM idempotency WHERE NOT spent`
	keyRelease    = `DELETE FROM idempotency WHERE tenant_id = $1 AND key = $2 AND attempt = $3 AND NOT spent`
)

var errInProgress = fault.New(fault.Conflict, "in_progress",
	"The same request is being worked on. Ask again in a moment with the same key.")

type idempotency struct{ scope }

var _ ports.Idempotency = idempotency{}

// Reserve implements ports.Idempotency.
func (r idempotency) Reserve(ctx context.Context, key, attempt string, bodyHash []byte, lease, keep time.Duration) (ports.Reservation, error) {
	n, err := r.exec(ctx, "reserve key", keyReserve, string(r.id), key, attempt, blob(bodyHash), micros(r.now),
		micros(r.now.Add(lease)), micros(r.now.Add(keep)), []byte{}, micros(r.now.Add(-keep)))
	if err != nil {
		return ports.Reservation{}, r.on(err, foreign, fault.Missing("workspace"))
	}
	if n > 0 {
		return ports.Reservation{Granted: true, BodyHash: bodyHash}, nil
	}
	var res ports.Reservation
	err = r.row(ctx, "holder of key", keyHolder, []any{string(r.id), key}, &res.BodyHash, &res.Spent, &res.Status, &res.Answer)
	if errors.Is(err, sql.ErrNoRows) { // given back between the two statements
		return ports.Reservation{}, errInProgress
	}
	if len(res.Answer) == 0 {
		res.Answer = nil
	}
	return res, err
}

// spend marks the key as done by the attempt; fault Conflict when it is no longer the attempt's.
func (r idempotency) spend(ctx context.Context, o ports.Once) error {
	n, err := r.exec(ctx, "spend key", keySpend, string(r.id), o.Key, o.Attempt)
	if err == nil && n == 0 {
		return errInProgress
	}
	return err
}

// Finish implements ports.Idempotency.
func (r idempotency) Finish(ctx context.Context, key, attempt string, status int, answer []byte) error {
	n, err := r.exec(ctx, "finish key", keyFinish, string(r.id), key, attempt, status, blob(answer))
	if err == nil && n == 0 {
		return errInProgress
	}
	return err
}

// Release implements ports.Idempotency.
func (r idempotency) Release(ctx context.Context, key, attempt string) error {
	_, err := r.exec(ctx, "release key", keyRelease, string(r.id), key, attempt)
	return err
}
