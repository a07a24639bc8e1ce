package tenant

import (
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

// NotFresh is the answer to what needs a recent proof of identity when the last one is older than FreshFor.
var NotFresh = fault.New(fault.Forbidden, "confirm_identity", "Confirm that it is you: give your password or use a passkey, then do it again.")

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
	if !r.session && !a.HasScope(r.scope) {
		return fault.New(fault.Forbidden, string(r.scope)+"_scope_needed",
			"This token lacks the scope "+string(r.scope)+". Make a token that has it.")
	}
	if r.fresh && a.Session && !a.Fresh {
		return NotFresh
	}
	return nil
}
