package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// platformKeyset is the row of the platform's own keyset.
const platformKeyset = ""

const (
	keysetInsert  = `INSERT INTO keysets (tenant_id, kek, blob) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	keysetGet     = `SELECT kek, blob FROM keysets WHERE tenant_id = $1`
	keysetAny     = `SELECT EXISTS (SELECT 1 FROM keysets)`
	keysetList    = `SELECT tenant_id, kek, blob FROM keysets WHERE kek = $1 AND tenant_id > $2 ORDER BY tenant_id LIMIT $3`
	keysetFirst   = `SELECT tenant_id, kek, blob FROM keysets WHERE kek = $1 ORDER BY tenant_id LIMIT $2`
	keysetReplace = `UPDATE keysets SET kek = $2, blob = $3 WHERE tenant_id = $1 AND kek = $4 AND blob = $5`
	kekInsert     = `INSERT INTO keks (id, check_value) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	kekList       = `SELECT id, check_value, retired FROM keks ORDER BY id`
	kekRetired    = `SELECT retired FROM keks WHERE id = $1`
	kekUsed       = `SELECT EXISTS (SELECT 1 FROM keysets WHERE kek = $1)`
	kekRetire     = `UPDATE keks SET retired = TRUE WHERE id = $1`
)

// keysets is the sealer's door. It reads on connections of its own, so that it may be asked while every other connection
// is in a transaction that waits for the answer. On SQLite its writes wait for the one writer like all others.
type keysets struct{ s *Store }

var _ ports.Keysets = keysets{}

func (k keysets) view(ctx context.Context, fn func(*txn) error) error {
	return k.s.run(ctx, access{pool: k.s.side, door: doorKeysets}, fn)
}

func (k keysets) update(ctx context.Context, fn func(*txn) error) error {
	pool := k.s.side
	if k.s.write != k.s.read {
		pool = k.s.write
	}
	return k.s.run(ctx, access{pool: pool, write: true, door: doorKeysets}, fn)
}

// Keyset implements ports.Keysets.
func (k keysets) Keyset(ctx context.Context, id tenant.ID) (w ports.WrappedKeyset, err error) {
	err = k.view(ctx, func(t *txn) (err error) {
		w, err = t.keyset(ctx, id)
		return found(err, "workspace")
	})
	return w, err
}

func (t *txn) keyset(ctx context.Context, id tenant.ID) (w ports.WrappedKeyset, err error) {
	err = t.row(ctx, "keyset", keysetGet, []any{string(id)}, &w.KEK, &w.Blob)
	return w, err
}

// PutPlatformKeyset implements ports.Keysets.
func (k keysets) PutPlatformKeyset(ctx context.Context, w ports.WrappedKeyset) (there ports.WrappedKeyset, err error) {
	err = k.update(ctx, func(t *txn) (err error) {
		n, err := t.exec(ctx, "insert keyset", keysetInsert, platformKeyset, w.KEK, blob(w.Blob))
		if err == nil && n > 0 {
			err = t.mayWrap(ctx, w.KEK)
		}
		if err != nil {
			return err
		}
		there, err = t.keyset(ctx, platformKeyset)
		return err
	})
	return there, err
}

// mayWrap keeps a KEK from being retired until the transaction that stores a keyset under it has ended, and refuses one
// that is retired. A KEK that was never entered cannot be retired either.
func (t *txn) mayWrap(ctx context.Context, kek string) error {
	retired := false
	err := t.row(ctx, "KEK", kekRetired+t.s.d.lockShared, []any{kek}, &retired)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if retired {
		return fault.New(fault.Conflict, "kek_retired", "The key that protects secrets was changed at this very moment. Try again.")
	}
	return nil
}

// KEKs implements ports.Keysets.
func (k keysets) KEKs(ctx context.Context) (out []ports.KEKCheck, err error) {
	err = k.view(ctx, func(t *txn) error {
		out = nil
		return t.rows(ctx, "KEKs", kekList, nil, func(rw row) error {
			var c ports.KEKCheck
			err := rw.Scan(&c.ID, &c.Check, &c.Retired)
			out = append(out, c)
			return err
		})
	})
	return out, err
}

// PutKEK implements ports.Keysets.
func (k keysets) PutKEK(ctx context.Context, c ports.KEKCheck) error {
	return k.update(ctx, func(t *txn) error {
		_, err := t.exec(ctx, "insert KEK", kekInsert, c.ID, blob(c.Check))
		return err
	})
}

// RetireKEK implements ports.Keysets. The row of the KEK is locked by a statement of its own: whoever stores a keyset under
// it has committed, and is seen by the statement that looks, or waits and finds it retired.
func (k keysets) RetireKEK(ctx context.Context, id string) (retired bool, err error) {
	err = k.update(ctx, func(t *txn) error {
		used := false
		if err := t.row(ctx, "lock KEK", kekRetired+t.s.d.lock, []any{id}, &retired); err != nil {
			return found(err, "KEK")
		}
		if err := t.row(ctx, "use of KEK", kekUsed, []any{id}, &used); err != nil {
			return err
		}
		if retired = !used; used {
			return nil
		}
		_, err := t.exec(ctx, "retire KEK", kekRetire, id)
		return err
	})
	return retired && err == nil, err
}

// HasKeysets implements ports.Keysets.
func (k keysets) HasKeysets(ctx context.Context) (has bool, err error) {
	err = k.view(ctx, func(t *txn) error { return t.row(ctx, "keysets", keysetAny, nil, &has) })
	return has, err
}

// ListKeysets implements ports.Keysets. The platform's keyset, whose tenant is empty, comes first, on the first page.
func (k keysets) ListKeysets(ctx context.Context, kek string, after tenant.ID, limit int) (out []ports.KeysetRow, err error) {
	q, args := keysetList, []any{kek, string(after), atMost(limit)}
	if after == "" {
		q, args = keysetFirst, []any{kek, atMost(limit)}
	}
	err = k.view(ctx, func(t *txn) error {
		out = nil
		return t.rows(ctx, "keysets", q, args, func(rw row) error {
			var r ports.KeysetRow
			err := rw.Scan(&r.Tenant, &r.Wrapped.KEK, &r.Wrapped.Blob)
			out = append(out, r)
			return err
		})
	})
	return out, err
}

// ReplaceKeyset implements ports.Keysets.
func (k keysets) ReplaceKeyset(ctx context.Context, id tenant.ID, old, next ports.WrappedKeyset) (was bool, err error) {
	err = k.update(ctx, func(t *txn) error {
		n, err := t.exec(ctx, "replace keyset", keysetReplace, string(id), next.KEK, blob(next.Blob), old.KEK, blob(old.Blob))
		if was = n > 0; was && err == nil {
			err = t.mayWrap(ctx, next.KEK)
		}
		return err
	})
	return was && err == nil, err
}
