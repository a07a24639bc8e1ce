package ports

import (
	"context"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
)

// Lookup finds out whom a credential belongs to. Each answers fault NotFound for a hash it does not know; whether what
// it found has expired is the caller's to judge.
type Lookup interface {
	PullGrant(ctx context.Context, h token.Hash) (target.Grant, error)
	IngestGrant(ctx context.Context, h token.Hash) (tenant.IngestGrant, error)
	APIGrant(ctx context.Context, h token.Hash) (tenant.APIGrant, error)
}

// Jobs is the door of background work.
type Jobs interface {
	// RecordFetches stores what devices fetched, in one transaction. Fetches of targets or tokens that are gone are
	// passed over; an older fetch never overwrites a newer one. It does not raise the epoch.
	RecordFetches(ctx context.Context, fetches []target.Fetch) error
	// RecordUses stores when API and ingest tokens were last used, likewise.
	RecordUses(ctx context.Context, uses []TokenUse) error
	// ReleaseKeys gives back every idempotency key whose work was not committed. Only for a start at which no other
	// server works on the database: whoever held them is dead.
	ReleaseKeys(ctx context.Context) error
	// Sweep deletes what has had its time (idempotency keys, expired push tokens past a week, rows of deleted tenants),
	// at most limit rows of each, and answers how many went.
	Sweep(ctx context.Context, now time.Time, limit int) (int, error)
}

// TokenUse says that an API or ingest token was used.
type TokenUse struct {
	Tenant  tenant.ID
	Kind    token.Kind
	ID      string
	At      time.Time
	Address netip.Addr
}

// Users are people, across tenants.
type Users interface {
	Insert(ctx context.Context, u tenant.User) error                // address taken: fault Conflict, code email_taken
	Get(ctx context.Context, id tenant.UserID) (tenant.User, error) // fault NotFound
	ByEmail(ctx context.Context, email string) (tenant.User, error) // compares EmailKey; fault NotFound
	SetPassword(ctx context.Context, id tenant.UserID, phc string) error
	SetPlatformAdmin(ctx context.Context, id tenant.UserID, admin bool) error
	Count(ctx context.Context) (int, error)
}

// Tenants are the workspaces. Names are unique without regard to case (fault Conflict, code name_taken).
type Tenants interface {
	// Insert stores the tenant with its keyset; under a retired KEK fault Conflict, code kek_retired.
	Insert(ctx context.Context, t tenant.Tenant, keyset WrappedKeyset) error
	Get(ctx context.Context, id tenant.ID) (tenant.Tenant, error)   // fault NotFound, also when deleted
	ByName(ctx context.Context, name string) (tenant.Tenant, error) // fault NotFound, also when deleted
	// Shred destroys the tenant's wrapped keyset, deletes all its credentials and marks it deleted; the rows go with
	// Jobs.Sweep. Its name is free again.
	Shred(ctx context.Context, id tenant.ID) error
	List(ctx context.Context, after tenant.ID, limit int) ([]tenant.Tenant, error)
}

// Workspace is the tenant's own row, seen from inside.
type Workspace interface {
	Get(ctx context.Context) (tenant.Tenant, error)
	Update(ctx context.Context, t tenant.Tenant) error // name and time zone; fault Conflict, code name_taken
}

// Members of a tenant.
type Members interface {
	Insert(ctx context.Context, m tenant.Member) error // already a member: fault Conflict, code already_member
	Get(ctx context.Context, u tenant.UserID) (tenant.Member, error)
	// List answers all members by name, at most 1,000, and locks them when the transaction is an Update, so that the
	// last owner can be counted safely.
	List(ctx context.Context) ([]tenant.Member, error)
	SetRole(ctx context.Context, u tenant.UserID, r tenant.Role) error
	// Delete takes the member out; its API tokens in this tenant are dead with the commit.
	Delete(ctx context.Context, u tenant.UserID) error
}

// APITokens of a tenant's members.
type APITokens interface {
	Insert(ctx context.Context, t tenant.APIToken) error
	List(ctx context.Context, u tenant.UserID, limit int, cursor string) ([]tenant.APIToken, string, error) // newest first
	Delete(ctx context.Context, u tenant.UserID, id string) error                                           // fault NotFound
}

// IngestTokens of a tenant.
type IngestTokens interface {
	Insert(ctx context.Context, t tenant.IngestToken) error
	Get(ctx context.Context, id string) (tenant.IngestToken, error)
	List(ctx context.Context, limit int, cursor string) ([]tenant.IngestToken, string, error) // newest first
	Delete(ctx context.Context, id string) error
}

// Audit is the tenant's trail. See core/audit for Last and Insert.
type Audit interface {
	audit.Log
	// List answers entries newest first.
	List(ctx context.Context, q audit.Query) ([]audit.Entry, error)
}

// Reservation is the outcome of asking for an idempotency key.
type Reservation struct {
	Granted  bool   // the caller may do the work
	BodyHash []byte // of the request that holds the key
	Spent    bool   // the work was committed
	Status   int    // of the stored answer, 0 when none was stored
	Answer   []byte // sealed
}

// Idempotency keeps what was already done for a key. Keys hold tenant-wide; the caller mixes actor and route into them.
type Idempotency interface {
	// Reserve grants the key to attempt when nobody holds it, when the holder's lease ran out unspent, or when it is
	// older than keep; otherwise it answers what is known of the holder.
	Reserve(ctx context.Context, key, attempt string, bodyHash []byte, lease, keep time.Duration) (Reservation, error)
	// Finish stores the sealed answer of the attempt that holds the key, which is spent with it. When the key has gone to
	// another attempt: fault Conflict, code in_progress. The context carries no Once.
	Finish(ctx context.Context, key, attempt string, status int, answer []byte) error
	// Release gives an unspent key back.
	Release(ctx context.Context, key, attempt string) error
}

// Passwords hashes and compares passwords. It bounds how many run at a time.
type Passwords interface {
	// Hash answers a PHC string; a password that is too short or too long is fault Invalid, field password.
	Hash(ctx context.Context, password secret.String) (string, error)
	// Verify compares; an empty phc stands for an account that does not exist and takes the same time. rehash says that
	// the parameters of phc are out of date.
	Verify(ctx context.Context, password secret.String, phc string) (ok, rehash bool, err error)
}
