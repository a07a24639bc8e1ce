package signin

import (
	"context"
	"fmt"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// check refuses names and addresses that are not usable.
func (in *NewPerson) check() error {
	in.Name, in.Email = strings.TrimSpace(in.Name), strings.TrimSpace(in.Email)
	if err := tenant.CheckName("name", in.Name, people.MaxName); err != nil {
		return err
	}
	return tenant.CheckEmail(in.Email)
}

func (in *NewPerson) user(tx ports.PlatformTx, phc string) tenant.User {
	return tenant.User{
		ID: tenant.UserID(id.New("usr", tx.Now())), Email: in.Email, Name: in.Name, PasswordHash: phc, CreatedAt: tx.Now(),
	}
}

// SignUp makes an account in no workspace yet and signs it in. Faults: sign_up_closed (NotFound) unless Deps.SignUp, and
// before there is a first owner; email_taken (Conflict); Invalid ones for each field.
func (s *Service) SignUp(ctx context.Context, in NewPerson, v Visit) (Opened, error) {
	if !s.Deps.SignUp {
		return Opened{}, errSignUpClosed
	}
	if err := in.check(); err != nil {
		return Opened{}, err
	}
	held, err := s.heldBy(ctx, v)
	if err != nil {
		return Opened{}, err
	}
	phc, err := s.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return Opened{}, err
	}
	return update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		// The first account is made by the setup link, which any other account would end.
		if n, err := tx.Users().Count(ctx); err != nil || n == 0 {
			return Opened{}, orClosed(err)
		}
		u := in.user(tx, phc)
		if err := tx.Users().Insert(ctx, u); err != nil {
			return Opened{}, err
		}
		return s.enter(ctx, tx, entry{user: u, visit: v, held: held})
	})
}

func orClosed(err error) error {
	if err != nil {
		return err
	}
	return errSignUpClosed
}

// maxNames bounds the numbers that are tried behind the name of a new workspace.
const maxNames = 50

// Provision makes a workspace for somebody who is in none, with them as its owner, and begins it in their session. When
// they are in one by now, the session moves there. Fault sign_up_closed (NotFound) unless Deps.SignUp.
func (s *Service) Provision(ctx context.Context, w Who) (out tenant.ID, err error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return "", err
	}
	if !s.Deps.SignUp {
		return "", errSignUpClosed
	}
	err = people.WithKeyset(ctx, s.Store, s.Sealer, s.Now, func(tx ports.PlatformTx, f people.Fresh) (bool, error) {
		sess, err := openSession(ctx, tx, w.Browser) // of two requests of one browser the second waits here
		if err != nil {
			return false, err
		}
		in, err := tx.Users().Memberships(ctx, w.User)
		if err != nil {
			return false, err
		}
		made := len(in) == 0
		if made {
			if err := s.provision(ctx, tx, w, f); err != nil {
				return false, err
			}
			sess.Tenant = f.ID
		} else {
			sess.Tenant = in[0].Tenant.ID
		}
		out = sess.Tenant
		return made, tx.Sessions().Update(ctx, sess)
	})
	if err != nil {
		return "", err
	}
	return out, nil
}

func (s *Service) provision(ctx context.Context, tx ports.PlatformTx, w Who, f people.Fresh) error {
	u, err := tx.Users().Get(ctx, w.User)
	if err != nil {
		return err
	}
	if err := insertNamed(ctx, tx, f, u); err != nil {
		return err
	}
	actor := w.Actor
	actor.Tenant = f.ID
	return people.AddOwner(ctx, tx.In(f.ID), s.Sealer, actor, u)
}

// insertNamed makes a workspace called after its owner, with a number behind when the name is taken.
func insertNamed(ctx context.Context, tx ports.PlatformTx, f people.Fresh, u tenant.User) error {
	const room = len("'s workspace 99")
	owner := []rune(u.Name)
	owner = owner[:min(len(owner), people.MaxName-room)]
	name := strings.TrimSpace(string(owner)) + "'s workspace"
	var err error
	for n := 1; n <= maxNames; n++ {
		t := tenant.Tenant{ID: f.ID, Name: name, TimeZone: "UTC", CreatedAt: tx.Now()}
		if n > 1 {
			t.Name = fmt.Sprintf("%s %d", name, n)
		}
		if err = tx.Tenants().Insert(ctx, t, f.Keyset); fault.CodeOf(err) != "name_taken" {
			return err
		}
	}
	return err
}
