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
	who, err := s.Glance(ctx, cookie, addr)
	if err == nil {
		s.saw(ctx, who.Browser, s.Now().UTC(), addr)
	}
	return who, err
}

// Glance is Authenticate for what a page asks by itself, perhaps with nobody before it: it does not count as use.
func (s *Service) Glance(ctx context.Context, cookie secret.String, addr netip.Addr) (Who, error) {
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
	if g.Session.Ended(now, g.Person.PlatformAdmin) {
		s.bury(ctx, g)
		return Who{}, errSignedOut
	}
	if g.Session.Pending || !g.Person.DisabledAt.IsZero() || !g.Session.Alive(now, g.Person.PlatformAdmin) {
		return Who{}, errSignedOut
	}
	if g.Workspace.ID == "" || g.Role == "" {
		if g, err = s.elsewhere(ctx, g, addr); err != nil {
			return Who{}, err
		}
	}
	return whoOf(g, now, addr, g.Session.Hash != hash), nil
}

// bury deletes a session whose time is over when somebody comes with it: a clock that is set back afterwards does not make it
// alive again. A failure is logged: nobody is let in by it.
func (s *Service) bury(ctx context.Context, g tenant.SessionGrant) {
	err := s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		sess, err := tx.Sessions().Get(ctx, g.Session.ID)
		if err != nil || !sess.Ended(tx.Now(), g.Person.PlatformAdmin) { // seen elsewhere, meanwhile
			return err
		}
		return tx.Sessions().Delete(ctx, sess.User, sess.ID)
	})
	if err != nil && fault.KindOf(err) != fault.NotFound {
		s.Log.WarnContext(ctx, "session that is over not deleted", "cause", err)
	}
}

// elsewhere moves a session whose workspace is gone to the first that the person is in. Without any the grant's is empty.
func (s *Service) elsewhere(ctx context.Context, g tenant.SessionGrant, addr netip.Addr) (tenant.SessionGrant, error) {
	g.Workspace, g.Role = tenant.Tenant{}, ""
	in, err := view(ctx, s, func(tx ports.PlatformTx) ([]tenant.Membership, error) {
		return tx.Users().Memberships(ctx, g.Person.ID)
	})
	if err != nil || len(in) == 0 {
		return g, err
	}
	g.Session, err = update(ctx, s, func(tx ports.PlatformTx) (tenant.Session, error) {
		return s.enterWorkspace(ctx, tx, g.Person, g.Session, in[0].Tenant.ID, addr)
	})
	g.Workspace, g.Role = in[0].Tenant, in[0].Role
	return g, err
}

// enterWorkspace makes another workspace the one in use, which is told of it.
func (s *Service) enterWorkspace(ctx context.Context, tx ports.PlatformTx, u tenant.User, was tenant.Session, to tenant.ID,
	addr netip.Addr,
) (tenant.Session, error) {
	if _, _, err := tx.In(to).Audit().Last(ctx); err != nil {
		return tenant.Session{}, err
	}
	before, err := openSession(ctx, tx, was)
	if err != nil {
		return before, err
	}
	now, err := moveSession(ctx, tx, was, to)
	if err != nil || before.Tenant == to { // by another request, meanwhile
		return now, err
	}
	return now, s.recordSession(ctx, tx, u, now, Visit{Address: addr}, SessionCreate, map[string]string{"by": "switch"})
}

// moveSession makes id the workspace of a session.
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
