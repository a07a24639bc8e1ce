// Package signin is how people come in with a browser: set-up, sign-up, sign-in, second factors, sessions, recent proofs
// of identity, invites accepted, and what a person decides about their own account.
//
//	s := signin.New(signin.Deps{…})
//	opened, err := s.SignIn(ctx, email, password, visit)  // set opened.Cookie; when Pending ask for the second factor
//	who, err := s.Authenticate(ctx, cookie, address)      // every request; the use cases get who.Actor
//	go s.Run(ctx)                                         // writes down when browsers were last seen
//
// What a person does to themselves begins with who.Allow; every change is in the audit trail of the workspaces it concerns
// by the transaction that makes it. How often somebody may try a password is not counted here but before; wrong codes are
// counted here, in the row of a pending sign-in and in that of the person's app.
package signin

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// What the audit trail calls things that nobody needs a right for, beside tenant.CredentialUpdate, MemberUpdate and
// MemberDelete.
const (
	SessionCreate  tenant.Action = "session.create"  // signed in; details: by, second
	SessionRefuse  tenant.Action = "session.refuse"  // the password was right, the second factor was not
	SessionConfirm tenant.Action = "session.confirm" // a recent proof of identity; details: by, second
	SessionDelete  tenant.Action = "session.delete"  // signed out, or ended from elsewhere
	InviteAccept   tenant.Action = "invite.accept"
)

// Deps of New.
type Deps struct {
	Store     ports.Store
	Sealer    ports.Sealer
	Passwords ports.Passwords
	Codes     ports.OneTimeCodes
	Passkeys  ports.Passkeys
	Now       func() time.Time
	Log       *slog.Logger
	SignUp    bool // anybody may make an account
}

// Service holds the use cases. It is safe for concurrent use.
type Service struct {
	Deps
	seen *people.Latest[string, ports.SessionSeen]
}

// New makes the service. Nothing runs until Run is called.
func New(d Deps) *Service {
	return &Service{Deps: d, seen: people.NewLatest[string](func(ctx context.Context, seen []ports.SessionSeen) error {
		return d.Store.Jobs().RecordSeen(ctx, seen)
	})}
}

// Visit is the browser that asks.
type Visit struct {
	Address netip.Addr
	Agent   string        // the User-Agent header as it came
	Stay    bool          // the cookie outlives the browser's own session
	Held    secret.String // the cookie it came with, if any: that session ends with a new sign-in
}

// Opened is a session that was opened or got a new cookie. The old cookie is dead; after a proof of identity it still reads
// for tenant.RenewedFor.
type Opened struct {
	Cookie  secret.String // 43 characters of base64url
	Session tenant.Session
	Pending bool // the second factor comes next; otherwise signed in
	// WrongCodes is how many wrong codes there were since the person's last right second factor, not counting those that this
	// browser gave in this sign-in: whoever gave them knows the password.
	WrongCodes int
}

// What Who.Must asks for before anything else.
const (
	MustSecondFactor = "second_factor"
	MustWorkspace    = "workspace"
)

// Who is a signed-in person and the actor they are. As long as Must is not empty the actor has no role and is no platform
// admin: it can do nothing but what is about the person alone.
type Who struct {
	tenant.Actor
	Browser      tenant.Session
	Person       tenant.User // without its password hash
	Workspace    tenant.Tenant
	SecondFactor bool
	// Previous: the cookie is the one before the last new one, which reads for tenant.RenewedFor and changes nothing. Whoever
	// answers requests refuses those that would.
	Previous bool
	Must     string // what has to be done first: MustSecondFactor, MustWorkspace or nothing
}

// NewPerson is what somebody says about themselves who makes an account.
type NewPerson struct {
	Name     string
	Email    string
	Password secret.String
}

// update runs fn in a transaction of the platform and answers what it answered.
func update[T any](ctx context.Context, s *Service, fn func(tx ports.PlatformTx) (T, error)) (out T, err error) {
	err = s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) (err error) {
		out, err = fn(tx)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return out, nil
}

// view is update for what changes nothing.
func view[T any](ctx context.Context, s *Service, fn func(tx ports.PlatformTx) (T, error)) (out T, err error) {
	err = s.Store.Platform().View(ctx, func(tx ports.PlatformTx) (err error) {
		out, err = fn(tx)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return out, nil
}
