package ports

import (
	"context"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Place is where a sealed value lives. It is bound into the sealed bytes: they open nowhere else.
type Place struct {
	Tenant             tenant.ID // empty: the platform's own secrets
	Table, Column, Row string
}

// Sealer seals and opens with the tenant's own key. It is safe for concurrent use.
type Sealer interface {
	// Seal answers plain sealed for its place. It does not wipe plain.
	Seal(ctx context.Context, at Place, plain secret.Bytes) ([]byte, error)
	// Open answers what Seal was given. Bytes that were sealed elsewhere or changed are a fault of kind Internal, code
	// cannot_unseal; a shredded tenant is fault NotFound. The caller wipes the answer.
	Open(ctx context.Context, at Place, sealed []byte) (secret.Bytes, error)
	// NewKeyset makes a tenant's data keys, wrapped by the KEK, to be stored in the transaction that makes the tenant.
	NewKeyset(ctx context.Context, id tenant.ID) (WrappedKeyset, error)
	// Forget drops the tenant's unwrapped keys from memory.
	Forget(id tenant.ID)
	// MAC answers HMAC-SHA-256 of data under a platform key that never leaves the sealer. Purposes are kept apart.
	MAC(ctx context.Context, purpose string, data []byte) ([]byte, error)
}

// WrappedKeyset is a tenant's data keys, wrapped. KEK is the id of the wrapping key: 8 hex digits.
type WrappedKeyset struct {
	KEK  string
	Blob []byte
}

// KEKCheck proves that a KEK of this id is the one that was used before.
type KEKCheck struct {
	ID      string
	Check   []byte
	Retired bool // by RetireKEK
}

// KeysetRow is a tenant's wrapped keyset in a listing.
type KeysetRow struct {
	Tenant  tenant.ID
	Wrapped WrappedKeyset
}

// Keysets is the store of wrapped keysets: a door that crosses tenants, for the sealer alone. It may be called while
// another transaction of the same process is open.
//
// Whatever stores a keyset (PutPlatformKeyset, ReplaceKeyset, Tenants.Insert) under a KEK that is retired answers fault
// Conflict, code kek_retired, and stores nothing: the caller makes a fresh keyset and tries again once.
type Keysets interface {
	// Keyset answers the wrapped keyset of a tenant; fault NotFound when there is none or it was shredded.
	Keyset(ctx context.Context, id tenant.ID) (WrappedKeyset, error)
	// PutPlatformKeyset stores the platform's keyset unless one is there, and answers the one that is there afterwards.
	PutPlatformKeyset(ctx context.Context, w WrappedKeyset) (WrappedKeyset, error)
	// KEKs answers every KEK the database has been used with.
	KEKs(ctx context.Context) ([]KEKCheck, error)
	// PutKEK stores k, not retired, unless its id is there; one that is retired stays so.
	PutKEK(ctx context.Context, k KEKCheck) error
	// RetireKEK marks a KEK retired in the transaction that proves that no keyset is wrapped by it, and says whether it
	// is: false when some keyset is. From then on no keyset can be stored under it, whoever wrapped one meanwhile, so the
	// KEK may be thrown away. Retired is for good. Fault NotFound for a KEK the database was never told of.
	RetireKEK(ctx context.Context, id string) (bool, error)
	// HasKeysets says whether any keyset is stored.
	HasKeysets(ctx context.Context) (bool, error)
	// ListKeysets answers up to limit keysets wrapped by kek, in order of tenant, after the given one.
	ListKeysets(ctx context.Context, kek string, after tenant.ID, limit int) ([]KeysetRow, error)
	// ReplaceKeyset swaps old for next and says whether old was still there.
	ReplaceKeyset(ctx context.Context, id tenant.ID, old, next WrappedKeyset) (bool, error)
}
