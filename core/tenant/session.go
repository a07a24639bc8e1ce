package tenant

import (
	"net/netip"
	"time"
)

// Lifetimes of sessions. Platform admins have shorter ones.
const (
	SessionIdle       = 12 * time.Hour
	SessionLongest    = 7 * 24 * time.Hour
	AdminSessionIdle  = 30 * time.Minute
	AdminSessionLong  = 8 * time.Hour
	FreshFor          = 10 * time.Minute // how long a proof of identity opens what needs a recent one
	PendingFor        = 10 * time.Minute // how long the second factor may take
	MaxFactorTries    = 5                // wrong codes before a pending sign-in is over
	RenewedFor        = 10 * time.Second // how long the cookie before a new one still reads
	ClockMayLag       = 5 * time.Minute  // a clock that is further back than what it has seen is wrong
	MaxSessions       = 50               // of one person; the oldest goes
	MaxPasskeys       = 20               // of one person
	RecoveryCodeCount = 10
)

// Session is a browser that somebody signed in with: never its cookie.
type Session struct {
	ID        string
	User      UserID
	Tenant    ID       // the workspace in use; empty before there is one
	Hash      [32]byte // SHA-256 of the cookie
	CreatedAt time.Time
	LastAt    time.Time // last seen, to the minute
	AuthAt    time.Time // when the person last proved who they are
	Strong    bool      // they did so with all they have: password and second factor, or a passkey
	ExpiresAt time.Time // the absolute end
	Pending   bool      // the password was right, the second factor is still asked for: opens nothing
	Tries     int       // wrong codes so far, while pending
	Stay      bool      // the cookie outlives the browser's own session
	Address   netip.Addr
	Agent     string // browser and system, made visible and cut

	// The cookie before the last new one, which an answer that was lost or comes late leaves a browser with.
	Previous      [32]byte // its SHA-256; zero for none
	PreviousUntil time.Time
}

// Alive says whether the session may still be used at now by a person of that sort. A clock that was set back makes nothing
// alive that had ended before.
func (s *Session) Alive(now time.Time, admin bool) bool {
	return !s.Ended(now, admin) && !now.Before(s.LastAt.Add(-ClockMayLag))
}

// Ended says whether the session's time is over, for good.
func (s *Session) Ended(now time.Time, admin bool) bool {
	idle, longest := SessionIdle, SessionLongest
	if admin {
		idle, longest = AdminSessionIdle, AdminSessionLong
	}
	if s.Pending {
		longest = PendingFor
	}
	return !now.Before(s.ExpiresAt) || !now.Before(s.LastAt.Add(idle)) || !now.Before(s.CreatedAt.Add(longest))
}

// Proved says whether the last proof of identity is a recent one.
func (s *Session) Proved(now time.Time) bool {
	return now.Sub(s.AuthAt) <= FreshFor
}

// SessionGrant is what a presented cookie stands for right now.
type SessionGrant struct {
	Session      Session
	Person       User // without its password hash
	Workspace    Tenant
	Role         Role // in the workspace; empty when the person is no member of it, or there is none
	SecondFactor bool // the person has a confirmed authenticator or a passkey
}

// Membership is one workspace of a person.
type Membership struct {
	Tenant Tenant
	Role   Role
}

// Authenticator is a person's TOTP secret.
type Authenticator struct {
	ID          string
	User        UserID
	Sealed      []byte    // at Place{AuthenticatorsTable, AuthenticatorColumn, ID} of the platform
	ConfirmedAt time.Time // zero until a first code proved it
	LastStep    int64     // the newest time step a code was taken for: none is taken twice
	CreatedAt   time.Time

	WrongCodes int       // since the last right second factor
	WrongAt    time.Time // when the last of them came
	// Another app that takes the place of this one with its first right code. Sealed at the same Place with NextID.
	NextID     string // empty for none
	NextSealed []byte
}

// Where the secrets of authenticators are sealed.
const (
	AuthenticatorsTable = "authenticators"
	AuthenticatorColumn = "secret"
)

// Passkey is a WebAuthn credential: nothing in it is secret.
type Passkey struct {
	ID           string
	User         UserID
	Name         string
	CredentialID []byte
	Data         []byte // public key, counters and transports, as the passkey library keeps them
	CreatedAt    time.Time
	LastAt       time.Time // zero: never used
}

// Ceremony is a challenge that a browser is answering. It is used once.
type Ceremony struct {
	Hash      [32]byte // SHA-256 of what the browser holds
	Kind      string   // "enrol", "sign_in", "confirm"
	User      UserID   // empty for a sign-in by passkey alone
	Data      []byte
	ExpiresAt time.Time
}

// Invite asks somebody into a workspace. Whoever holds its link may accept it, once.
type Invite struct {
	ID        string
	Email     string
	Role      Role
	Hash      [32]byte
	CreatedBy string // name of the actor
	Maker     UserID // the actor; empty for the operator
	CreatedAt time.Time
	ExpiresAt time.Time
}

// InviteGrant is what a presented invite stands for right now.
type InviteGrant struct {
	Invite    Invite
	Workspace Tenant
	Known     bool // the address has an account
}

// InviteFor is how long an invite can be accepted.
const InviteFor = 72 * time.Hour

// SetupFor is how long a setup link works.
const SetupFor = 24 * time.Hour
