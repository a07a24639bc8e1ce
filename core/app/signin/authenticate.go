package signin

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Authenticate answers whom a cookie stands for right now; nothing is remembered from one request to the next. What is no
// cookie by its form is refused before any look-up. Unknown, ended, pending, of a disabled person: all are the same fault
// Unauthenticated, code signed_out. When the person is in the session's workspace no longer, it moves to another of theirs.
func (s *Service) Authenticate(ctx context.Context, cookie secret.String, addr netip.Addr) (Who, error) {
	hash, ok := hashOf(cookie)
	if !ok {
		return Who{}, errSignedOut
	}
	g, err := s.Store.Lookup().SessionGrant(ctx, hash)
	if fault.KindOf(err) == fault.NotFound {
		return Who{}, errSignedOut
	}
	if err != nil {
		return Who{}, err
	}
	now := s.Now().UTC()
	if g.Session.Hash != hash && !now.Before(g.Session.PreviousUntil) {
		return Who{}, errSignedOut
	}
	if g.Session.Pending || !g.Person.DisabledAt.IsZero() || !g.Session.Alive(now, g.Person.PlatformAdmin) {
		return Who{}, errSignedOut
	}
	if g.Workspace.ID == "" || g.Role == "" {
		if g, err = s.elsewhere(ctx, g); err != nil {
			return Who{}, err
		}
	}
	s.saw(ctx, g.Session, now, addr)
	return whoOf(g, now, addr, g.Session.Hash != hash), nil
}

// elsewhere moves a session whose workspace is gone to the first that the person is in. Without any the grant's is empty.
func (s *Service) elsewhere(ctx context.Context, g tenant.SessionGrant) (tenant.SessionGrant, error) {
	g.Workspace, g.Role = tenant.Tenant{}, ""
	in, err := view(ctx, s, func(tx ports.PlatformTx) ([]tenant.Membership, error) {
		return tx.Users().Memberships(ctx, g.Person.ID)
	})
	if err != nil || len(in) == 0 {
		return g, err
	}
	g.Session, err = s.moveSession(ctx, g.Session, in[0].Tenant.ID)
	g.Workspace, g.Role = in[0].Tenant, in[0].Role
	return g, err
}

// moveSession makes id the workspace of a session.
func (s *Service) moveSession(ctx context.Context, was tenant.Session, id tenant.ID) (tenant.Session, error) {
	return update(ctx, s, func(tx ports.PlatformTx) (tenant.Session, error) { return moveSession(ctx, tx, was, id) })
}

func moveSession(ctx context.Context, tx ports.PlatformTx, was tenant.Session, id tenant.ID) (tenant.Session, error) {
	now, err := openSession(ctx, tx, was)
	if err != nil {
		return now, err
	}
	now.Tenant = id
	if seen := tx.Now().Truncate(time.Minute); seen.After(now.LastAt) {
		now.LastAt = seen
	}
	return now, tx.Sessions().Update(ctx, now)
}

// openSession reads the row of a session that the caller knows already and holds it until the transaction ends.
func openSession(ctx context.Context, tx ports.PlatformTx, was tenant.Session) (tenant.Session, error) {
	now, err := tx.Sessions().Get(ctx, was.ID)
	if fault.KindOf(err) == fault.NotFound || err == nil && (now.User != was.User || now.Pending) {
		return now, errSignedOut
	}
	return now, err
}

var sessionScopes = []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}

func whoOf(g tenant.SessionGrant, now time.Time, addr netip.Addr, previous bool) Who {
	w := Who{Browser: g.Session, Person: g.Person, Workspace: g.Workspace, SecondFactor: g.SecondFactor, Previous: previous}
	fresh := !previous && g.Session.Proved(now)
	switch {
	case !g.SecondFactor && (g.Person.PlatformAdmin || g.Workspace.SecondFactor):
		w.Must = MustSecondFactor
	case g.Role == "":
		w.Must = MustWorkspace
	}
	// Expires stays zero: it bounds what a token may make, and an API token made in a browser outlives the session.
	w.Actor = tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: g.Workspace.ID, User: g.Person.ID, Name: g.Person.Email,
		Scopes: slices.Clone(sessionScopes), Credential: g.Session.ID, Addr: addr, Session: true,
		Fresh: fresh, Strong: !g.SecondFactor || fresh && g.Session.Strong,
	}
	if w.Must == "" {
		w.Role, w.Platform = g.Role, g.Person.PlatformAdmin
	}
	return w
}
