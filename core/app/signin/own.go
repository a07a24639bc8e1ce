package signin

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
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

// factors is what a person has beside their password.
type factors struct {
	app      tenant.Authenticator // zero when there is none, ConfirmedAt zero when it was not proved yet
	passkeys []tenant.Passkey
}

func (f factors) count() int {
	n := len(f.passkeys)
	if !f.app.ConfirmedAt.IsZero() {
		n++
	}
	return n
}

func (f factors) any() bool { return f.count() > 0 }

func factorsOf(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) (f factors, err error) {
	if f.app, err = tx.Factors().Authenticator(ctx, u); err != nil && fault.KindOf(err) != fault.NotFound {
		return f, err
	}
	f.passkeys, err = tx.Factors().Passkeys(ctx, u)
	return f, err
}

// mayLoseOne refuses to take away the last factor of somebody who must have one, and says whether it is the last one.
func (c own) mayLoseOne(ctx context.Context, have factors) (last bool, err error) {
	if have.count() > 1 {
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
