package signin

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// own is a transaction in which a person changes their own password or second factors.
type own struct {
	tx     ports.PlatformTx
	trails people.Trails // of all their workspaces, held
	who    Who
}

// change runs fn in a transaction and tells all workspaces of the person what it answered; nil is nothing to tell.
func (s *Service) change(ctx context.Context, w Who, fn func(c own) (details map[string]string, err error)) error {
	if err := w.Allow(tenant.CredentialUpdate); err != nil {
		return err
	}
	return s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		trails, err := people.TrailsOf(ctx, tx, s.Sealer, w.User)
		if err != nil {
			return err
		}
		details, err := fn(own{tx: tx, trails: trails, who: w})
		if err != nil || details == nil {
			return err
		}
		return trails.Record(ctx, w.Actor, tenant.CredentialUpdate, string(w.User), w.Person.Email, details)
	})
}

// strengthen makes the proof of this session one by all that the person has now: they have just used what they added, after
// a proof by all that they had.
func (c own) strengthen(ctx context.Context) error {
	sess, err := openSession(ctx, c.tx, c.who.Browser)
	if err != nil || sess.Strong {
		return err
	}
	sess.Strong = true
	return c.tx.Sessions().Update(ctx, sess)
}

// mayLoseOne refuses to take away the last factor of somebody who must have one, and says whether it is the last one.
func (c own) mayLoseOne(ctx context.Context, have people.Factors) (last bool, err error) {
	if have.Count() > 1 {
		return false, nil
	}
	u, err := c.tx.Users().Get(ctx, c.who.User)
	if err != nil {
		return true, err
	}
	if u.PlatformAdmin {
		return true, errFactorNeeded
	}
	for _, m := range c.trails.In {
		if m.Tenant.SecondFactor {
			return true, errFactorNeeded
		}
	}
	return true, nil
}
