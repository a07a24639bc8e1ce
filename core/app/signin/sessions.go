package signin

import (
	"context"
	"strconv"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// SignOut ends the session.
func (s *Service) SignOut(ctx context.Context, w Who) error {
	err := s.endSession(ctx, w, w.Browser.ID)
	if fault.KindOf(err) == fault.NotFound { // from elsewhere, meanwhile
		return nil
	}
	return err
}

// Sessions answers the browsers that the person is signed in with, last seen first.
func (s *Service) Sessions(ctx context.Context, w Who) ([]tenant.Session, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return nil, err
	}
	all, err := view(ctx, s, func(tx ports.PlatformTx) ([]tenant.Session, error) { return tx.Sessions().List(ctx, w.User) })
	out := all[:0]
	for _, sess := range all {
		if sess.Alive(s.Now(), w.Person.PlatformAdmin) {
			out = append(out, sess)
		}
	}
	return out, err
}

// Revoke ends one of the person's sessions; it is dead for the next request. Fault not_found, also for somebody else's.
func (s *Service) Revoke(ctx context.Context, w Who, sessionID string) error {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return err
	}
	if !id.Valid(sessionID) {
		return fault.Missing("session")
	}
	return s.endSession(ctx, w, sessionID)
}

func (s *Service) endSession(ctx context.Context, w Who, sessionID string) error {
	return s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := holdTrail(ctx, tx, w); err != nil {
			return err
		}
		sess, err := tx.Sessions().Get(ctx, sessionID)
		if err == nil && sess.User != w.User {
			err = fault.Missing("session")
		}
		if err != nil {
			return err
		}
		if err := tx.Sessions().Delete(ctx, w.User, sessionID); err != nil {
			return err
		}
		return s.tell(ctx, tx, w, sessionID, sess.Agent, nil)
	})
}

// RevokeOthers ends all sessions of the person but this one and answers how many there were.
func (s *Service) RevokeOthers(ctx context.Context, w Who) (int, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return 0, err
	}
	return update(ctx, s, func(tx ports.PlatformTx) (int, error) {
		if err := holdTrail(ctx, tx, w); err != nil {
			return 0, err
		}
		n, err := tx.Sessions().DeleteAll(ctx, w.User, w.Browser.ID)
		if err != nil || n == 0 {
			return n, err
		}
		return n, s.tell(ctx, tx, w, w.Browser.ID, w.Browser.Agent, map[string]string{"others": strconv.Itoa(n)})
	})
}

// holdTrail takes the end of the trail of the workspace in use before anything else is locked.
func holdTrail(ctx context.Context, tx ports.PlatformTx, w Who) error {
	return holdIn(ctx, tx, w.Tenant, w.User)
}

// holdIn takes the end of the trail of a workspace, or where there is none the person's row: whoever changes what opens their
// account takes all of these.
func holdIn(ctx context.Context, tx ports.PlatformTx, in tenant.ID, u tenant.UserID) error {
	if in == "" {
		return people.Hold(ctx, tx, u)
	}
	_, _, err := tx.In(in).Audit().Last(ctx)
	return err
}

func (s *Service) tell(ctx context.Context, tx ports.PlatformTx, w Who, sessionID, agent string, details map[string]string) error {
	of := tenant.Session{ID: sessionID, Tenant: w.Tenant, Agent: agent}
	return s.recordSession(ctx, tx, w.Person, of, Visit{Address: w.Addr}, SessionDelete, details)
}
