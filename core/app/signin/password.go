package signin

import (
	"context"
	"errors"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// errPasswordMoved says that the stored hash is another one than the password was compared with.
var errPasswordMoved = errors.New("the password was changed meanwhile")

// SignIn lets in whoever gives the password of an account. An address nobody has, a wrong password and a disabled account
// are the same fault Unauthenticated, code wrong_credentials, in the same time. Somebody with a second factor gets a
// session that is Pending: it opens nothing until SecondFactor or FinishPasskeySignIn.
func (s *Service) SignIn(ctx context.Context, email string, password secret.String, v Visit) (Opened, error) {
	held, err := s.heldBy(ctx, v)
	if err != nil {
		return Opened{}, err
	}
	out, err := s.trySignIn(ctx, email, password, v, held)
	if errors.Is(err, errPasswordMoved) { // by another sign-in that renewed the hash, or for good: the second try tells
		out, err = s.trySignIn(ctx, email, password, v, held)
	}
	if errors.Is(err, errPasswordMoved) {
		err = errWrongCredentials
	}
	if errors.Is(err, errWrongCredentials) {
		s.Log.InfoContext(ctx, "sign-in refused", "address", v.Address.String())
	}
	return out, err
}

func (s *Service) trySignIn(ctx context.Context, email string, password secret.String, v Visit, held tenant.SessionGrant) (Opened, error) {
	u, err := s.byEmail(ctx, email)
	if err != nil {
		return Opened{}, err
	}
	ok, rehash, err := s.Passwords.Verify(ctx, password, u.PasswordHash)
	if err != nil {
		return Opened{}, err
	}
	if !ok || u.ID == "" {
		return Opened{}, errWrongCredentials
	}
	fresh := ""
	if rehash {
		if fresh, err = s.Passwords.Hash(ctx, password); err != nil {
			s.Log.WarnContext(ctx, "hash of a password not renewed", "cause", err) // the next sign-in tries again
			fresh = ""
		}
	}
	return update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		return s.signIn(ctx, tx, entry{user: u, visit: v, held: held, how: map[string]string{"by": "password"}}, fresh)
	})
}

// signIn opens the session of somebody whose password was right, unless it was changed meanwhile. fresh replaces the
// stored hash; empty for none.
func (s *Service) signIn(ctx context.Context, tx ports.PlatformTx, e entry, fresh string) (Opened, error) {
	var err error
	if e.in, err = startIn(ctx, tx, e.user.ID, e.held); err != nil {
		return Opened{}, err
	}
	now, err := tx.Users().Get(ctx, e.user.ID)
	switch {
	case fault.KindOf(err) == fault.NotFound || err == nil && !now.DisabledAt.IsZero():
		return Opened{}, errWrongCredentials
	case err == nil && now.PasswordHash != e.user.PasswordHash:
		return Opened{}, errPasswordMoved
	case err == nil && fresh != "": // the row is held, so nobody changes the password at the same time
		err = tx.Users().SetPassword(ctx, now.ID, fresh)
	}
	if err != nil {
		return Opened{}, err
	}
	e.user = now
	have, err := people.FactorsOf(ctx, tx, now.ID)
	if err != nil {
		return Opened{}, err
	}
	e.pending = have.Any()
	return s.enter(ctx, tx, e)
}

// byEmail answers the person of an address; nobody, whose hash is empty, when there is none who may sign in.
func (s *Service) byEmail(ctx context.Context, email string) (tenant.User, error) {
	email = strings.TrimSpace(email)
	if tenant.CheckEmail(email) != nil {
		return tenant.User{}, nil
	}
	u, err := view(ctx, s, func(tx ports.PlatformTx) (tenant.User, error) { return tx.Users().ByEmail(ctx, email) })
	switch {
	case fault.KindOf(err) == fault.NotFound, err == nil && !u.DisabledAt.IsZero():
		return tenant.User{}, nil
	}
	return u, err
}

// Chosen is a password that somebody chose and that may be taken.
type Chosen struct{ phc string }

// Choose looks at a new password without touching the old one. Faults: what is said of a password that cannot be taken, with
// field new_password.
func (s *Service) Choose(ctx context.Context, w Who, next secret.String) (Chosen, error) {
	phc, err := people.NewPassword(ctx, s.Passwords, next, w.Person.Email, w.Person.Name)
	return Chosen{phc}, fault.Renamed(err, "password", "new_password")
}

// ChangePassword gives the person another password and ends their other sessions. The current one must be given again.
// Faults: those of Choose, which comes first, and wrong_password (Invalid, field password).
func (s *Service) ChangePassword(ctx context.Context, w Who, current, next secret.String) error {
	if err := w.Allow(tenant.CredentialUpdate); err != nil {
		return err
	}
	c, err := s.Choose(ctx, w, next)
	if err != nil {
		return err
	}
	return s.ChangePasswordTo(ctx, w, current, c)
}

// ChangePasswordTo is ChangePassword once the new one is chosen: for who counts tries of the current one.
func (s *Service) ChangePasswordTo(ctx context.Context, w Who, current secret.String, next Chosen) error {
	if err := w.Allow(tenant.CredentialUpdate); err != nil {
		return err
	}
	was, err := s.verify(ctx, w, current)
	if err != nil {
		return err
	}
	return s.change(ctx, w, func(c own) (map[string]string, error) {
		now, err := c.tx.Users().Get(ctx, w.User)
		if err != nil {
			return nil, err
		}
		if now.PasswordHash != was {
			return nil, errWrongPassword
		}
		if err := c.tx.Users().SetPassword(ctx, w.User, next.phc); err != nil {
			return nil, err
		}
		if _, err := c.tx.Sessions().DeleteAll(ctx, w.User, w.Browser.ID); err != nil {
			return nil, err
		}
		return map[string]string{"password": "changed"}, nil
	})
}

// verify compares a password with the person's own and answers the hash it was compared with.
func (s *Service) verify(ctx context.Context, w Who, password secret.String) (phc string, err error) {
	u, err := view(ctx, s, func(tx ports.PlatformTx) (tenant.User, error) { return tx.Users().Get(ctx, w.User) })
	if err != nil {
		return "", err
	}
	ok, _, err := s.Passwords.Verify(ctx, password, u.PasswordHash)
	if err == nil && !ok {
		s.Log.InfoContext(ctx, "proof of identity refused", "user", string(w.User), "address", w.Addr.String())
		err = errWrongPassword
	}
	return u.PasswordHash, err
}
