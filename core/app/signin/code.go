package signin

import (
	"context"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// How a second factor was given, for the audit trail.
const (
	byApp      = "authenticator"
	byRecovery = "recovery_code"
	byPasskey  = "passkey"
)

// Asked is what a pending sign-in can be completed with.
type Asked struct{ Authenticator, Passkey, RecoveryCode bool }

// Asked answers what to ask somebody for whose password was right. Fault sign_in_again when the cookie is of no pending
// sign-in, or of one that is over.
func (s *Service) Asked(ctx context.Context, cookie secret.String) (Asked, error) {
	g, err := s.pending(ctx, cookie)
	if err != nil {
		return Asked{}, err
	}
	return view(ctx, s, func(tx ports.PlatformTx) (Asked, error) {
		have, err := people.FactorsOf(ctx, tx, g.Person.ID)
		if err != nil {
			return Asked{}, err
		}
		n, err := tx.Factors().RecoveryCodes(ctx, g.Person.ID)
		return Asked{Authenticator: have.HasApp(), Passkey: len(have.Passkeys) > 0, RecoveryCode: n > 0}, err
	})
}

// SecondFactor completes a pending sign-in with a code of the app or a recovery code, under a new cookie. A wrong code is
// wrong_code; after tenant.MaxFactorTries of them, and for whatever is no pending sign-in, it is sign_in_again (both
// Unauthenticated). A code of the app that comes too soon after too many wrong ones is too_many_codes (RateLimited). No code
// is taken twice.
func (s *Service) SecondFactor(ctx context.Context, cookie secret.String, code string, v Visit) (Opened, error) {
	g, err := s.pending(ctx, cookie)
	if err != nil {
		return Opened{}, err
	}
	var refused error // committed: the try is counted
	out, err := update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		refused = nil
		sess, err := s.heldPending(ctx, tx, g)
		if err != nil {
			return Opened{}, err
		}
		how, err := s.takeCode(ctx, tx, sess.User, code)
		if err != nil {
			return Opened{}, err
		}
		if how == "" {
			refused, err = s.miss(ctx, tx, g.Person, sess, v)
			return Opened{}, err
		}
		return s.complete(ctx, tx, g.Person, sess, v, how)
	})
	if err == nil && refused != nil {
		s.Log.InfoContext(ctx, "second factor refused", "user", string(g.Person.ID), "address", v.Address.String())
		err = refused
	}
	return out, err
}

// pending answers what a cookie of a pending sign-in stands for.
func (s *Service) pending(ctx context.Context, cookie secret.String) (tenant.SessionGrant, error) {
	hash, ok := hashOf(cookie)
	if !ok {
		return tenant.SessionGrant{}, errSignInAgain
	}
	g, err := s.Store.Lookup().SessionGrant(ctx, hash)
	if fault.KindOf(err) == fault.NotFound {
		return g, errSignInAgain
	}
	if err != nil {
		return g, err
	}
	if g.Session.Ended(s.Now(), g.Person.PlatformAdmin) {
		s.bury(ctx, g)
		return g, errSignInAgain
	}
	if g.Session.Hash != hash || !g.Session.Pending || !g.Person.DisabledAt.IsZero() || !g.Session.Alive(s.Now(), g.Person.PlatformAdmin) {
		return g, errSignInAgain
	}
	if g.Role == "" { // taken out meanwhile: where to begin is found when the session is used
		g.Workspace, g.Session.Tenant = tenant.Tenant{}, ""
	}
	return g, nil
}

// heldPending takes the end of the workspace's trail and the session's row, as it is now, until the transaction ends.
func (s *Service) heldPending(ctx context.Context, tx ports.PlatformTx, g tenant.SessionGrant) (tenant.Session, error) {
	if err := holdIn(ctx, tx, g.Session.Tenant, g.Session.User); err != nil {
		return tenant.Session{}, err
	}
	sess, err := tx.Sessions().Get(ctx, g.Session.ID)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return sess, errSignInAgain
	case err != nil:
		return sess, err
	case !sess.Pending || sess.Hash != g.Session.Hash || sess.Tries >= tenant.MaxFactorTries:
		return sess, errSignInAgain
	}
	sess.Tenant = g.Session.Tenant
	return sess, nil
}

// miss counts a wrong code; the last one ends the sign-in.
func (s *Service) miss(ctx context.Context, tx ports.PlatformTx, u tenant.User, sess tenant.Session, v Visit) (refused, err error) {
	sess.Tries++
	refused = errWrongCode
	if sess.Tries >= tenant.MaxFactorTries {
		refused, err = errSignInAgain, tx.Sessions().Delete(ctx, sess.User, sess.ID)
	} else {
		err = tx.Sessions().Update(ctx, sess)
	}
	if err != nil {
		return nil, err
	}
	return refused, s.recordSession(ctx, tx, u, sess, v, SessionRefuse, nil)
}

// complete makes a pending session a full one, with a new cookie.
func (s *Service) complete(ctx context.Context, tx ports.PlatformTx, u tenant.User, sess tenant.Session, v Visit, how string) (Opened, error) {
	cookie, hash := newSecret()
	now, tries := tx.Now(), sess.Tries
	sess.Hash, sess.Pending, sess.Tries = hash, false, 0
	sess.AuthAt, sess.Strong, sess.LastAt = now, true, now.Truncate(time.Minute)
	sess.ExpiresAt = sess.CreatedAt.Add(longest(u.PlatformAdmin))
	if err := tx.Sessions().Update(ctx, sess); err != nil {
		return Opened{}, err
	}
	wrong, err := forgive(ctx, tx, u.ID)
	if err != nil {
		return Opened{}, err
	}
	err = s.recordSession(ctx, tx, u, sess, v, SessionCreate, map[string]string{"by": "password", "second": how})
	return Opened{Cookie: cookie, Session: sess, WrongCodes: max(0, wrong-tries)}, err
}

// takeCode spends a code and says how it was right; "" when it was not, which the transaction has to commit: it is counted.
func (s *Service) takeCode(ctx context.Context, tx ports.PlatformTx, u tenant.UserID, code string) (how string, err error) {
	if d := digits(code); d != "" {
		return s.takeAppCode(ctx, tx, u, d)
	}
	c := recoveryForm(code)
	if c == "" {
		return "", nil
	}
	hash, err := s.recoveryHash(ctx, u, c)
	if err != nil {
		return "", err
	}
	if there, err := tx.Factors().SpendRecoveryCode(ctx, u, hash); err != nil || !there {
		return "", err
	}
	return byRecovery, nil
}

func (s *Service) takeAppCode(ctx context.Context, tx ports.PlatformTx, u tenant.UserID, code string) (how string, err error) {
	a, err := tx.Factors().Authenticator(ctx, u)
	if fault.KindOf(err) == fault.NotFound || err == nil && a.ConfirmedAt.IsZero() {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if wait := guessWait(a, tx.Now()); wait > 0 {
		s.Log.WarnContext(ctx, "code not looked at after too many wrong ones", "user", string(u), "wrong", a.WrongCodes)
		return "", errTooManyCodes(wait)
	}
	right, err := s.takeStep(ctx, &a, code, tx.Now())
	if err != nil {
		return "", err
	}
	how = byApp
	if !right {
		how, a.WrongCodes, a.WrongAt = "", a.WrongCodes+1, tx.Now()
	}
	return how, tx.Factors().PutAuthenticator(ctx, a)
}

// takeStep says whether code is right now and newer than the last one taken, and moves a on to it.
func (s *Service) takeStep(ctx context.Context, a *tenant.Authenticator, code string, now time.Time) (bool, error) {
	key, err := s.Sealer.Open(ctx, placeOf(*a), a.Sealed)
	if err != nil {
		return false, err
	}
	defer key.Wipe()
	step, ok := s.Codes.Check(key, code, now, a.LastStep)
	if ok {
		a.LastStep = step
	}
	return ok, nil
}

// digits answers the six digits of a code without the spaces that apps show; "" when it is none.
func digits(code string) string {
	const most = 16
	if len(code) > most {
		return ""
	}
	code = strings.NewReplacer(" ", "", "-", "").Replace(code)
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code
}
