package tenant

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
)

// Principal is the sort of credential somebody came with.
type Principal string

// The principals. Push tokens never become an Actor: the pull API knows targets, not people.
const (
	PrincipalUser     Principal = "user"     // a session or an API token of a person
	PrincipalIngest   Principal = "ingest"   // an ingest token
	PrincipalOperator Principal = "operator" // the command line on the server itself, and our own background work
)

// Scope narrows what an API token may do within its user's role.
type Scope string

// The scopes. Write includes read; export includes read; write does not include export.
const (
	ScopeRead   Scope = "read"
	ScopeWrite  Scope = "write"
	ScopeExport Scope = "export"
)

// ParseScopes answers the scopes of these names, without duplicates, in a fixed order.
func ParseScopes(names []string) ([]Scope, error) {
	for _, n := range names {
		if !slices.Contains([]Scope{ScopeRead, ScopeWrite, ScopeExport}, Scope(n)) {
			return nil, fault.New(fault.Invalid, "bad_scope", "There is no such scope.").
				Field("scopes", "Use read, write or export.")
		}
	}
	var out []Scope
	for _, s := range []Scope{ScopeRead, ScopeWrite, ScopeExport} {
		if slices.Contains(names, string(s)) {
			out = append(out, s)
		}
	}
	return out, nil
}

// Actor is who asks: an explicit argument of every use case.
type Actor struct {
	Principal  Principal
	Tenant     ID
	User       UserID // empty for ingest tokens and the operator
	Name       string // for the audit log: an e-mail address, a token's name, "operator"
	Role       Role   // of the user in the tenant
	Scopes     []Scope
	Platform   bool      // platform admin
	Credential string    // id of the token or session used
	Expires    time.Time // when that credential ends; zero: never
	Group      string    // group an ingest token is bound to, empty for none
	Addr       netip.Addr
	Session    bool // a browser: what is sensitive then needs a recent proof of identity
	Fresh      bool // the session has one
	Strong     bool // it is one by all that the person has: somebody with a second factor gave that too
}

// Operator is the actor of the command line and of background work in one tenant.
func Operator(id ID) Actor {
	return Actor{Principal: PrincipalOperator, Tenant: id, Name: "operator"}
}

// HasScope says whether the credential carries scope, directly or by inclusion.
func (a Actor) HasScope(s Scope) bool {
	if a.Principal == PrincipalOperator {
		return true
	}
	if s == ScopeRead {
		return len(a.Scopes) > 0
	}
	return slices.Contains(a.Scopes, s)
}

// Can says whether the actor may do action in its own tenant. It is the only place that decides.
func (a Actor) Can(action Action) bool { return a.Allow(action) == nil }

// Needs answers nil when the credential carries the scope, else the Fault that says so. It is for what depends on how an
// action is done; what always needs a scope is in the table.
func (a Actor) Needs(s Scope) error {
	if a.HasScope(s) {
		return nil
	}
	return fault.New(fault.Forbidden, string(s)+"_scope_needed", "This token lacks the scope "+string(s)+". Make a token that has it.")
}

// carries is Needs for all scopes of a rule.
func (a Actor) carries(r rule) error {
	if !r.session {
		if err := a.Needs(r.scope); err != nil {
			return err
		}
	}
	if r.export {
		return a.Needs(ScopeExport)
	}
	return nil
}

// NeedsProof answers nil, or NotFresh for a browser without a recent proof of identity. It is for what depends on how an
// action is done; what always needs one is in the table.
func (a Actor) NeedsProof() error {
	if a.Session && !a.Fresh {
		return NotFresh
	}
	return nil
}

// NotFresh is the answer to what needs a recent proof of identity when the last one is older than FreshFor.
var NotFresh = fault.New(fault.Forbidden, "confirm_identity", "Confirm that it is you: give your password or use a passkey, then do it again.")

// NotStrong is the answer to what needs a recent proof with the second factor, when the person has one and the last proof
// was by password alone or is older than FreshFor.
var NotStrong = fault.New(fault.Forbidden, "confirm_second_factor",
	"Confirm that it is you: give your password and a code of your app or a recovery code, or use a passkey. Then do it again.")

// NotProved says whether err asks for a recent proof of identity: it is NotFresh or NotStrong.
func NotProved(err error) bool { return errors.Is(err, NotFresh) || errors.Is(err, NotStrong) }

// NeedsStrong says whether a session of somebody with a second factor needs a recent proof with it for action.
func NeedsStrong(action Action) bool { return policy[action].both }

// NeedsFresh says whether a session needs a recent proof of identity for action.
func NeedsFresh(action Action) bool { return policy[action].fresh }

// Allow answers nil, or the Fault that says why not: unauthenticated, forbidden by role, or a missing scope.
func (a Actor) Allow(action Action) error {
	r, ok := policy[action]
	if !ok || a.Principal == "" {
		return fault.New(fault.Unauthenticated, "invalid_token", "Sign in or give a valid API token.")
	}
	switch a.Principal {
	case PrincipalOperator:
		return nil
	case PrincipalIngest:
		if r.ingest {
			return nil
		}
		return fault.New(fault.Forbidden, "forbidden", "An ingest token can only send certificates to /api/ingest.")
	}
	if r.platform {
		if a.Platform {
			return nil
		}
		return fault.Missing("page") // the admin console does not exist for others
	}
	if !r.self && !slices.Contains(r.roles, a.Role) {
		return fault.New(fault.Forbidden, "forbidden", "Your role does not allow this. Ask an owner of the workspace.")
	}
	if r.session && !a.Session {
		return fault.New(fault.Forbidden, "session_needed", "This is done in the dashboard, not with a token.")
	}
	if err := a.carries(r); err != nil {
		return err
	}
	switch {
	case r.both && a.Session && !a.Strong:
		return NotStrong
	case r.fresh && a.Session && !a.Fresh:
		return NotFresh
	}
	return nil
}
