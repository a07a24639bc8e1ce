// Package ports holds the interfaces between the use cases and the outside world, in domain types.
//
// Store is the database. Tenant(id) is the only way to a tenant's tables; Lookup, Platform, Jobs and Keysets are the
// narrow doors that cross tenants, each with no more than its purpose needs. Every implementation passes
// ports/storagetest.
package ports

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// Store is the database. All methods are safe for concurrent use. A store that cannot be reached, or stays busy beyond
// its patience, answers fault Unavailable, code store_unavailable.
type Store interface {
	// Tenant answers the view of one tenant. It does not look whether the tenant exists: its tables are then empty.
	Tenant(id tenant.ID) TenantStore
	Lookup() Lookup
	Platform() Platform
	Jobs() Jobs
	Keysets() Keysets
	// Epoch answers the counter that every change of a push token, target, group, generation or form raises in its own
	// transaction. The read begins after the call.
	Epoch(ctx context.Context) (int64, error)
	// Ping proves that the database can be read.
	Ping(ctx context.Context) error
	// Close lets no new transaction begin and waits for those that are open, some seconds at most.
	Close() error
}

// TenantStore gives transactions inside one tenant.
type TenantStore interface {
	// View runs fn in a transaction that sees one state of the tenant and changes nothing.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn in a transaction that commits when fn answers nil and rolls back otherwise. fn may be run again
	// after a serialisation failure or a busy database, so it has no effect outside the transaction. When ctx carries a
	// Once (see WithOnce), its reservation is spent in the same commit. No other Update, View or door may be called inside
	// fn with the same store (fault Internal, code nested_update); reading Keysets alone may.
	//
	// A conflict that a method names (a name taken, a duplicate, something in use) changes nothing and leaves the
	// transaction usable. Any other failure of a
	// statement, a reference to what is not there among them, spoils it: it answers that failure from there on and is
	// rolled back even when fn answers nil.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Tx is one open transaction of one tenant. It ends with the function it was given to.
type Tx interface {
	// Now is the time of the transaction, the same at every call, in UTC, whole microseconds.
	Now() time.Time
	Tenant() tenant.ID
	Artifacts() Artifacts
	Groups() Groups
	Generations() Generations
	Forms() Forms
	Targets() Targets
	Deployments() Deployments
	PushTokens() PushTokens
	IngestTokens() IngestTokens
	APITokens() APITokens
	Members() Members
	Invites() Invites
	Workspace() Workspace
	Summary() Summary
	Audit() Audit
	Idempotency() Idempotency
	// Enqueue has a job of this tenant done after the commit, and never when there is none. It waits for its time when that has not
	// come. A queue that cannot take it fails the commit. A View, or a store that was opened without a queue, answers fault Internal.
	Enqueue(ctx context.Context, j Job) error
}

// Platform is the door for making and ending tenants and users.
type Platform interface {
	View(ctx context.Context, fn func(PlatformTx) error) error
	// Update is as TenantStore.Update.
	Update(ctx context.Context, fn func(PlatformTx) error) error
}

// PlatformTx is one open transaction of the platform door.
type PlatformTx interface {
	Now() time.Time
	Users() Users
	Tenants() Tenants
	Sessions() Sessions
	Factors() Factors
	Ceremonies() Ceremonies
	SetupLinks() SetupLinks
	// In answers the tables of one tenant in the same transaction.
	In(id tenant.ID) Tx
}

// Once is a reserved idempotency key on its way to the transaction that does the work.
type Once struct {
	Tenant  tenant.ID
	Key     string
	Attempt string
}

type onceKey struct{}

// WithOnce answers a context whose first committed Update in the tenant spends the reservation, be it the tenant's or one of the
// platform that enters it: the work and the mark that it was done are one commit. When the reservation has gone to another attempt meanwhile, that Update answers
// fault Conflict, code in_progress, and changes nothing.
func WithOnce(ctx context.Context, o Once) context.Context {
	return context.WithValue(ctx, onceKey{}, o)
}

// OnceFrom answers the reservation that ctx carries.
func OnceFrom(ctx context.Context) (Once, bool) {
	o, ok := ctx.Value(onceKey{}).(Once)
	return o, ok
}
