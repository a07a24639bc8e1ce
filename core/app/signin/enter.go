package signin

import (
	"context"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// entry is somebody who has shown who they are and gets a session.
type entry struct {
	user    tenant.User
	in      tenant.ID // the workspace to begin in; empty for none
	visit   Visit
	held    tenant.SessionGrant // what the browser came with; the session's ID is empty for nothing
	pending bool
	strong  bool              // by both factors at once
	how     map[string]string // for the audit trail
}

// enter opens a session and ends the one that the browser came with.
func (s *Service) enter(ctx context.Context, tx ports.PlatformTx, e entry) (Opened, error) {
	if err := s.endHeld(ctx, tx, e); err != nil {
		return Opened{}, err
	}
	cookie, hash := newSecret()
	now := tx.Now()
	sess := tenant.Session{
		ID: id.New("ses", now), User: e.user.ID, Tenant: e.in, Hash: hash, CreatedAt: now, LastAt: now.Truncate(time.Minute),
		AuthAt: now, Strong: e.strong, ExpiresAt: now.Add(longest(e.user.PlatformAdmin)), Pending: e.pending, Stay: e.visit.Stay,
		Address: e.visit.Address, Agent: browserOf(e.visit.Agent),
	}
	if e.pending {
		sess.ExpiresAt = now.Add(tenant.PendingFor)
	}
	if err := tx.Sessions().Insert(ctx, sess); err != nil {
		return Opened{}, err
	}
	if !e.pending {
		if err := s.recordSession(ctx, tx, e.user, sess, e.visit, SessionCreate, e.how); err != nil {
			return Opened{}, err
		}
	}
	return Opened{Cookie: cookie, Session: sess, Pending: e.pending}, nil
}

// endHeld ends the session that the browser came with, and tells its workspace.
func (s *Service) endHeld(ctx context.Context, tx ports.PlatformTx, e entry) error {
	held, who := e.held.Session, e.held.Person
	if held.ID == "" {
		return nil
	}
	err := tx.Sessions().Delete(ctx, held.User, held.ID)
	switch {
	case fault.KindOf(err) == fault.NotFound: // from elsewhere, meanwhile
		return nil
	case err != nil:
		return err
	case held.Pending || !held.Alive(tx.Now(), who.PlatformAdmin): // nothing that ends now
		return nil
	}
	return s.recordSession(ctx, tx, who, held, e.visit, SessionDelete, map[string]string{"by": "sign_in"})
}

func longest(admin bool) time.Duration {
	if admin {
		return tenant.AdminSessionLong
	}
	return tenant.SessionLongest
}

// recordSession tells the trail of the session's workspace, if it has one, what happened with the session.
func (s *Service) recordSession(ctx context.Context, tx ports.PlatformTx, u tenant.User, sess tenant.Session, v Visit,
	action tenant.Action, details map[string]string,
) error {
	if sess.Tenant == "" {
		return nil
	}
	who := tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: sess.Tenant, User: u.ID, Name: u.Email, Credential: sess.ID, Addr: v.Address,
	}
	return audit.Record(ctx, tx.In(sess.Tenant).Audit(), s.Sealer, who, tx.Now(), action, sess.ID, sess.Agent, details)
}

// startIn answers the workspace to begin in: the one that the person was in last, else the first by name, else none. It
// takes the ends of that workspace's trail and of that of the session which the browser came with, and then the person's row,
// which whoever changes their password or second factors waits for: all that comes before everything else that is locked.
func startIn(ctx context.Context, tx ports.PlatformTx, u tenant.UserID, held tenant.SessionGrant) (tenant.ID, error) {
	in, err := lastIn(ctx, tx, u)
	if err != nil {
		return "", err
	}
	trails := []tenant.ID{in, held.Session.Tenant}
	slices.Sort(trails) // always in the same order
	for _, t := range slices.Compact(trails) {
		if t == "" {
			continue
		}
		if _, _, err := tx.In(t).Audit().Last(ctx); err != nil {
			return "", err
		}
	}
	return in, people.Hold(ctx, tx, u)
}

// lastIn answers the workspace that a person was in last, else the first by name, else none.
func lastIn(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) (tenant.ID, error) {
	in, err := tx.Users().Memberships(ctx, u)
	if err != nil || len(in) == 0 {
		return "", err
	}
	before, err := tx.Sessions().List(ctx, u)
	if err != nil {
		return "", err
	}
	for _, sess := range before {
		if slices.ContainsFunc(in, func(m tenant.Membership) bool { return m.Tenant.ID == sess.Tenant }) {
			return sess.Tenant, nil
		}
	}
	return in[0].Tenant.ID, nil
}

// heldBy answers the session of the cookie that a browser came with, zero when it has none that is known. Its workspace is
// empty when the person is in it no longer.
func (s *Service) heldBy(ctx context.Context, v Visit) (tenant.SessionGrant, error) {
	hash, ok := hashOf(v.Held)
	if !ok {
		return tenant.SessionGrant{}, nil
	}
	g, err := s.Store.Lookup().SessionGrant(ctx, hash)
	if fault.KindOf(err) == fault.NotFound || err == nil && g.Session.Hash != hash { // a cookie of before
		return tenant.SessionGrant{}, nil
	}
	if g.Role == "" {
		g.Session.Tenant = ""
	}
	return g, err
}
