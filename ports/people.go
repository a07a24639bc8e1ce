package ports

import (
	"context"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/group"
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
	// SessionGrant answers a session with all that a request of it needs, in one read. It is found by its hash and by the
	// previous one: whether that still counts is the caller's to judge. Sessions of deleted users are not known; the workspace is empty when it was deleted.
	SessionGrant(ctx context.Context, h token.Hash) (tenant.SessionGrant, error)
	InviteGrant(ctx context.Context, h token.Hash) (tenant.InviteGrant, error)
}

// Jobs is the door of background work.
type Jobs interface {
	// RecordFetches stores what devices fetched, in one transaction. Fetches of targets or tokens that are gone are
	// passed over; an older fetch never overwrites a newer one. It does not raise the epoch.
	RecordFetches(ctx context.Context, fetches []target.Fetch) error
	// RecordUses stores when API and ingest tokens were last used, likewise.
	RecordUses(ctx context.Context, uses []TokenUse) error
	// RecordSeen stores when sessions were last seen, and with those that are not pending their members, likewise.
	RecordSeen(ctx context.Context, seen []SessionSeen) error
	// DueTargets answers targets whose next attempt or schedule has come and that are not paused, and those with a running deployment
	// that nobody has held for DeploymentAbandoned, of living tenants, the longest due first, at most limit.
	DueTargets(ctx context.Context, now time.Time, limit int) ([]DueTarget, error)
	// ReleaseKeys gives back every idempotency key whose work was not committed. Only for a start at which no other
	// server works on the database: whoever held them is dead.
	ReleaseKeys(ctx context.Context) error
	// Sweep deletes what has had its time (idempotency keys, sessions, ceremonies, setup links, push tokens and invites that
	// expired a week ago, rows of deleted tenants), at most limit rows of each, and answers how many went. Sessions go at
	// their absolute end, or when not seen for tenant.SessionIdle and an hour.
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

// SessionSeen says that a browser was seen.
type SessionSeen struct {
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
	// SetProfile stores name, time zone and date format.
	SetProfile(ctx context.Context, u tenant.User) error
	// NoteWorkspace sets HadWorkspace and answers what it was. In an Update it holds the person's row until the transaction
	// ends; fault NotFound.
	NoteWorkspace(ctx context.Context, id tenant.UserID) (before bool, err error)
	// Hold takes the person's row until the transaction ends, in the place of a trail for somebody who is in no workspace; fault
	// NotFound. It comes after the trails and before everything else that is locked.
	Hold(ctx context.Context, id tenant.UserID) error
	Count(ctx context.Context) (int, error)
	// Memberships answers the living workspaces of a person by name, at most 1,000.
	Memberships(ctx context.Context, id tenant.UserID) ([]tenant.Membership, error)
	// Delete takes away a person who is in no living workspace, with sessions and second factors; their rows in dead
	// workspaces go too. Somebody who is in one is fault Conflict, code is_member.
	Delete(ctx context.Context, id tenant.UserID) error
}

// Sessions are the browsers that people are signed in with, across tenants.
type Sessions interface {
	// Insert stores s. When the person has tenant.MaxSessions, the one not seen for longest goes; pending ones are counted
	// apart, so that whoever knows no more than a password ends nobody's session. A person who is gone is fault NotFound.
	Insert(ctx context.Context, s tenant.Session) error
	// Get locks the row when the transaction is an Update, so that tries are counted safely; fault NotFound.
	Get(ctx context.Context, id string) (tenant.Session, error)
	List(ctx context.Context, u tenant.UserID) ([]tenant.Session, error) // last seen first, without pending ones
	// Update stores hash, workspace, AuthAt, Strong, LastAt, ExpiresAt, Pending, Tries and the previous hash; fault NotFound. The bound of Insert holds
	// for what stops to be pending.
	Update(ctx context.Context, s tenant.Session) error
	Delete(ctx context.Context, u tenant.UserID, id string) error // fault NotFound, also for somebody else's
	// DeleteAll ends the sessions of a person but the one to keep ("" for none) and answers how many were signed in.
	DeleteAll(ctx context.Context, u tenant.UserID, keep string) (int, error)
}

// Factors are the second factors of people, across tenants.
type Factors interface {
	// Authenticator answers the person's one, confirmed or not, and locks it when the transaction is an Update, so that a code
	// is taken once; fault NotFound.
	Authenticator(ctx context.Context, u tenant.UserID) (tenant.Authenticator, error)
	// PutAuthenticator stores a in the place of the one that was there.
	PutAuthenticator(ctx context.Context, a tenant.Authenticator) error
	DeleteAuthenticator(ctx context.Context, u tenant.UserID) error // nothing to delete is no fault
	// Passkeys answers a person's, oldest first.
	Passkeys(ctx context.Context, u tenant.UserID) ([]tenant.Passkey, error)
	// ByCredential answers the passkey with that credential id, and locks it likewise; fault NotFound.
	ByCredential(ctx context.Context, credentialID []byte) (tenant.Passkey, error)
	InsertPasskey(ctx context.Context, p tenant.Passkey) error           // a credential id that is known: fault Conflict, code passkey_known
	UpdatePasskey(ctx context.Context, p tenant.Passkey) error           // name, data, last use; fault NotFound
	DeletePasskey(ctx context.Context, u tenant.UserID, id string) error // fault NotFound
	// SetRecoveryCodes puts these hashes in the place of all that were there; none of them: no codes.
	SetRecoveryCodes(ctx context.Context, u tenant.UserID, hashes []token.Hash) error
	// SpendRecoveryCode deletes a code and says whether it was there.
	SpendRecoveryCode(ctx context.Context, u tenant.UserID, h token.Hash) (bool, error)
	RecoveryCodes(ctx context.Context, u tenant.UserID) (int, error) // how many are left
}

// Ceremonies are challenges that browsers are answering.
type Ceremonies interface {
	// Put stores c in the place of the person's one of that kind: a person has one of each. Strangers have any number.
	Put(ctx context.Context, c tenant.Ceremony) error
	// Take answers and deletes the ceremony, so that it is used once; fault NotFound, also when it has expired.
	Take(ctx context.Context, h token.Hash, now time.Time) (tenant.Ceremony, error)
}

// SetupLinks let whoever holds one make the first owner.
type SetupLinks interface {
	Insert(ctx context.Context, h token.Hash, expires time.Time) error
	// Expires answers when the link ends, and locks it when the transaction is an Update: of two that use it, the second
	// finds it gone; fault NotFound.
	Expires(ctx context.Context, h token.Hash) (time.Time, error)
	// DeleteAll deletes them, and lets one transaction at a time past, also when there is none: the next finds whom the one before
	// has made owner.
	DeleteAll(ctx context.Context) error
}

// Invites into a tenant. An address is invited once at a time.
type Invites interface {
	// Insert stores i in the place of an invite of the same address.
	Insert(ctx context.Context, i tenant.Invite) error
	Get(ctx context.Context, id string) (tenant.Invite, error) // fault NotFound
	List(ctx context.Context) ([]tenant.Invite, error)         // newest first, at most 1,000, expired ones too
	Delete(ctx context.Context, id string) error               // fault NotFound
	// DeleteOf deletes the invites that a person made and answers how many there were.
	DeleteOf(ctx context.Context, maker tenant.UserID) (int, error)
}

// Summary answers what the overview shows. All of it is counted beforehand or bounded, so that it does not grow with the
// vault. In an Update it sees what the transaction did.
type Summary interface {
	// Counts answers how many there are of everything.
	Counts(ctx context.Context) (artifact.Counts, error)
	// Expiring answers certificates that expire before the time, soonest first, expired ones too, at most 200, and how many
	// there are, counted up to artifact.MostCounted. A certificate is left out once it is leaf of generations that all are
	// previous (see group.Generation.State), and stays so when these are pruned, until it is in a generation again that is not.
	Expiring(ctx context.Context, before time.Time, limit int) ([]artifact.Artifact, int, error)
	// Calendar answers how many certificates expire in each hour from the first time to before the second, hours without
	// any left out, in order; those that Expiring leaves out are counted. The hours are counted from the first time, rounded
	// down to a quarter of an hour: from midnight of any time zone they make up its days. When the first of an hour turns amber and
	// red is told as if it ended with the beginning of its quarter.
	Calendar(ctx context.Context, from, to time.Time) ([]artifact.HourCount, error)
	// Ending answers how many certificates of the Calendar end from the first time, zero for ever, to before the second, counted up to
	// artifact.MostCounted.
	Ending(ctx context.Context, from, before time.Time) (int, error)
	// Between answers the certificates of that span of the Calendar, soonest first, at most 200.
	Between(ctx context.Context, from, to time.Time, limit int) ([]artifact.Artifact, error)
	// Attention answers groups with generations that wait for a key or for somebody to activate them, at most 200, those whose
	// last such generation is newest first, and how many such groups there are, counted up to artifact.MostCounted.
	Attention(ctx context.Context, limit int) ([]group.Group, int, error)
	// Behind answers targets in the states of target.Needing, at most 200, those first whose current generation has waited for them for
	// longest, and how many targets are in which state; states without any may be left out.
	Behind(ctx context.Context, limit int) ([]target.Target, target.StateCounts, error)
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
	// Update stores name, time zone, SecondFactor and ConfirmedAt; fault Conflict, code name_taken.
	Update(ctx context.Context, t tenant.Tenant) error
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
	Count(ctx context.Context, u tenant.UserID) (int, error)
	Delete(ctx context.Context, u tenant.UserID, id string) error // fault NotFound
	// DeleteOf ends all tokens of a member here, however many, and answers how many there were.
	DeleteOf(ctx context.Context, u tenant.UserID) (int, error)
}

// IngestTokens of a tenant.
type IngestTokens interface {
	Insert(ctx context.Context, t tenant.IngestToken) error
	Get(ctx context.Context, id string) (tenant.IngestToken, error)
	// List answers a page and the cursor of the next one. Another sort is fault Invalid, bad_sort.
	List(ctx context.Context, q tenant.IngestTokenQuery) ([]tenant.IngestToken, string, error)
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
