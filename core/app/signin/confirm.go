package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Proof is what somebody shows to prove once more who they are.
type Proof struct {
	Password secret.String
	Code     string // of the app, or a recovery code; empty for a proof by password alone
}

// Confirm is a recent proof of identity: the session gets a new cookie and is Fresh. What needs NeedsStrong asks somebody
// with a second factor for a code too. Faults: wrong_password (Invalid, field password), and with a code those of
// SecondFactor but sign_in_again.
func (s *Service) Confirm(ctx context.Context, w Who, p Proof, v Visit) (Opened, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return Opened{}, err
	}
	phc, err := s.verify(ctx, w, p.Password)
	if err != nil {
		return Opened{}, err
	}
	var refused error // committed: the try is counted
	out, err := update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		refused = nil
		sess, err := heldOpen(ctx, tx, w)
		if err != nil {
			return Opened{}, err
		}
		now, err := tx.Users().Get(ctx, w.User)
		if err != nil {
			return Opened{}, err
		}
		if now.PasswordHash != phc {
			return Opened{}, errWrongPassword
		}
		how := map[string]string{"by": "password"}
		if strings.TrimSpace(p.Code) == "" {
			return s.freshen(ctx, tx, w, sess, false, how)
		}
		if how["second"], err = s.takeCode(ctx, tx, w.User, p.Code); err != nil {
			return Opened{}, err
		}
		if how["second"] == "" {
			refused = errWrongCode
			return Opened{}, s.recordSession(ctx, tx, w.Person, toldIn(sess, w), v, SessionRefuse, nil)
		}
		return s.freshen(ctx, tx, w, sess, true, how)
	})
	if err == nil && refused != nil {
		s.Log.InfoContext(ctx, "proof of identity refused", "user", string(w.User), "address", w.Addr.String())
		err = refused
	}
	return out, err
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
		sess, err := heldOpen(ctx, tx, w)
		if err != nil {
			return Opened{}, err
		}
		if err := settle(ctx, tx, u); err != nil {
			return Opened{}, err
		}
		return s.freshen(ctx, tx, w, sess, true, map[string]string{"by": byPasskey})
	})
}

// heldOpen takes the end of the trail of the workspace in use and the session's row until the transaction ends.
func heldOpen(ctx context.Context, tx ports.PlatformTx, w Who) (tenant.Session, error) {
	if err := holdTrail(ctx, tx, w); err != nil {
		return tenant.Session{}, err
	}
	return openSession(ctx, tx, w.Browser)
}

// freshen gives the session a new cookie and the time of the proof, which is told to the trail of the workspace in use.
// When the session ends does not move. The old cookie still reads for a moment: an answer may be lost, and another tab may
// be asking right now.
func (s *Service) freshen(ctx context.Context, tx ports.PlatformTx, w Who, sess tenant.Session, strong bool, how map[string]string,
) (Opened, error) {
	cookie, hash := newSecret()
	now := tx.Now()
	sess.Previous, sess.PreviousUntil = sess.Hash, now.Add(tenant.RenewedFor)
	sess.Hash, sess.AuthAt, sess.Strong, sess.LastAt = hash, now, strong, now.Truncate(time.Minute)
	if err := tx.Sessions().Update(ctx, sess); err != nil {
		return Opened{}, err
	}
	out := Opened{Cookie: cookie, Session: sess}
	if strong {
		var err error
		if out.WrongCodes, err = forgive(ctx, tx, w.User); err != nil {
			return Opened{}, err
		}
	}
	return out, s.recordSession(ctx, tx, w.Person, toldIn(sess, w), Visit{Address: w.Addr}, SessionConfirm, how)
}

// toldIn is a session for the trail of the workspace that the person has been found in.
func toldIn(sess tenant.Session, w Who) tenant.Session {
	sess.Tenant = w.Tenant
	return sess
}
