package signin

import (
	"context"
	"errors"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Confirm is a recent proof of identity by password: the session gets a new cookie and is Fresh. Fault wrong_password
// (Invalid, field password).
func (s *Service) Confirm(ctx context.Context, w Who, password secret.String, _ Visit) (Opened, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return Opened{}, err
	}
	phc, err := s.verify(ctx, w, password)
	if err != nil {
		return Opened{}, err
	}
	return update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		now, err := tx.Users().Get(ctx, w.User)
		if err != nil {
			return Opened{}, err
		}
		if now.PasswordHash != phc {
			return Opened{}, errWrongPassword
		}
		return freshen(ctx, tx, w)
	})
}

// BeginConfirmPasskey asks the browser for one of the person's own passkeys. Fault no_passkey when they have none.
func (s *Service) BeginConfirmPasskey(ctx context.Context, w Who) (Challenge, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return Challenge{}, err
	}
	owner, err := s.owner(ctx, w)
	if err != nil {
		return Challenge{}, err
	}
	if len(owner.Passkeys) == 0 {
		return Challenge{}, fault.New(fault.Conflict, "no_passkey", "You have no passkey. Give your password.")
	}
	options, state, err := s.Passkeys.BeginUse(ctx, owner)
	if err != nil {
		return Challenge{}, err
	}
	return s.begin(ctx, kindConfirm, w.User, options, state)
}

// FinishConfirmPasskey is Confirm by passkey. Fault passkey_refused (Unauthenticated).
func (s *Service) FinishConfirmPasskey(ctx context.Context, w Who, ceremony secret.String, answer []byte, _ Visit) (Opened, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return Opened{}, err
	}
	out, err := s.confirmPasskey(ctx, w, ceremony, answer)
	if errors.Is(err, errPasskeyRefused) {
		s.Log.InfoContext(ctx, "proof of identity refused", "user", string(w.User), "address", w.Addr.String(), "cause", err)
	}
	return out, err
}

func (s *Service) confirmPasskey(ctx context.Context, w Who, ceremony secret.String, answer []byte) (Opened, error) {
	state, err := s.take(ctx, kindConfirm, w.User, ceremony)
	if err != nil {
		return Opened{}, err
	}
	u, err := s.prove(ctx, state, answer)
	if err != nil {
		return Opened{}, err
	}
	if u.user.ID != w.User {
		return Opened{}, errPasskeyRefused
	}
	return update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		if err := settle(ctx, tx, u); err != nil {
			return Opened{}, err
		}
		return freshen(ctx, tx, w)
	})
}

// freshen gives the session a new cookie and the time of the proof. When it ends does not move.
func freshen(ctx context.Context, tx ports.PlatformTx, w Who) (Opened, error) {
	sess, err := openSession(ctx, tx, w.Browser)
	if err != nil {
		return Opened{}, err
	}
	cookie, hash := newSecret()
	sess.Hash, sess.AuthAt, sess.LastAt = hash, tx.Now(), tx.Now().Truncate(time.Minute)
	return Opened{Cookie: cookie, Session: sess}, tx.Sessions().Update(ctx, sess)
}
