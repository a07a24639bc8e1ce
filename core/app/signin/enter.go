package signin

import (
	"context"
	"slices"
	"time"

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
	held    tenant.Session // what the browser came with; its ID is empty for nothing
	pending bool
	strong  bool              // by both factors at once
	how     map[string]string // for the audit trail
}

// enter opens a session and ends the one that the browser came with.
func (s *Service) enter(ctx context.Context, tx ports.PlatformTx, e entry) (Opened, error) {
	if e.held.ID != "" {
		if err := tx.Sessions().Delete(ctx, e.held.User, e.held.ID); err != nil && fault.KindOf(err) != fault.NotFound {
			return Opened{}, err
		}
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
// takes the end of that workspace's trail, which comes before everything else that is locked.
func startIn(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) (tenant.ID, error) {
	in, err := tx.Users().Memberships(ctx, u)
	if err != nil || len(in) == 0 {
		return "", err
	}
	before, err := tx.Sessions().List(ctx, u)
	if err != nil {
		return "", err
	}
	first := in[0].Tenant.ID
	for _, sess := range before {
		if slices.ContainsFunc(in, func(m tenant.Membership) bool { return m.Tenant.ID == sess.Tenant }) {
			first = sess.Tenant
			break
		}
	}
	_, _, err = tx.In(first).Audit().Last(ctx)
	return first, err
}

// heldBy answers the session of the cookie that a browser came with, zero when it has none that is known.
func (s *Service) heldBy(ctx context.Context, v Visit) (tenant.Session, error) {
	hash, ok := hashOf(v.Held)
	if !ok {
		return tenant.Session{}, nil
	}
	g, err := s.Store.Lookup().SessionGrant(ctx, hash)
	if fault.KindOf(err) == fault.NotFound {
		return tenant.Session{}, nil
	}
	return g.Session, err
}
