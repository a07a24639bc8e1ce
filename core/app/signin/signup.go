package signin

import (
	"context"
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

// Newcomer is somebody whose name, address and password may be taken.
type Newcomer struct {
	in  NewPerson
	phc string
}

// Newcomer looks at what somebody says who wants an account, and at nothing else: it tells nobody who has one. Faults:
// sign_up_closed (NotFound) unless Deps.SignUp; Invalid ones for each field.
func (s *Service) Newcomer(ctx context.Context, in NewPerson) (n Newcomer, err error) {
	if !s.Deps.SignUp {
		return Newcomer{}, errSignUpClosed
	}
	if err := in.check(); err != nil {
		return Newcomer{}, err
	}
	n.in = in
	n.phc, err = people.NewPassword(ctx, s.Passwords, in.Password, in.Email, in.Name)
	return n, err
}

// SignUp makes an account in no workspace yet and signs it in. Faults: those of Newcomer, which comes first; sign_up_closed
// before there is a first owner; email_taken (Conflict).
func (s *Service) SignUp(ctx context.Context, in NewPerson, v Visit) (Opened, error) {
	n, err := s.Newcomer(ctx, in)
	if err != nil {
		return Opened{}, err
	}
	return s.SignUpAs(ctx, n, v)
}

// SignUpAs is SignUp once the form has been looked at: for who counts sign-ups.
func (s *Service) SignUpAs(ctx context.Context, n Newcomer, v Visit) (Opened, error) {
	held, err := s.heldBy(ctx, v)
	if err != nil {
		return Opened{}, err
	}
	return update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		// The first account is made by the setup link, which any other account would end.
		if n, err := tx.Users().Count(ctx); err != nil || n == 0 {
			return Opened{}, orClosed(err)
		}
		u := n.in.user(tx, n.phc)
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

// Provision makes a workspace for somebody who never was in one, with them as its owner, and begins it in their session: an
// account gets one by itself, once. When they are in one by now, the session moves there. Faults: sign_up_closed (NotFound)
// unless Deps.SignUp, no_workspace (NotFound) for somebody who had one and is in none: they may ask for another with
// NewWorkspace.
func (s *Service) Provision(ctx context.Context, w Who) (tenant.ID, error) {
	return s.provision(ctx, w, false)
}

// NewWorkspace is Provision for somebody who asks for it: also when they were in a workspace before. Whoever is in one gets
// no other.
func (s *Service) NewWorkspace(ctx context.Context, w Who) (tenant.ID, error) {
	return s.provision(ctx, w, true)
}

func (s *Service) provision(ctx context.Context, w Who, asked bool) (out tenant.ID, err error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return "", err
	}
	if !s.Deps.SignUp {
		return "", errSignUpClosed
	}
	err = people.WithKeyset(ctx, s.Store, s.Sealer, s.Now, func(tx ports.PlatformTx, f people.Fresh) (bool, error) {
		// Of two browsers of one person the second waits here, and then finds what the first made.
		had, err := tx.Users().NoteWorkspace(ctx, w.User)
		if err != nil {
			return false, err
		}
		sess, err := openSession(ctx, tx, w.Browser)
		if err != nil {
			return false, err
		}
		in, err := tx.Users().Memberships(ctx, w.User)
		if err != nil {
			return false, err
		}
		made := len(in) == 0
		switch {
		case !made:
			sess.Tenant = in[0].Tenant.ID
		case had && !asked:
			return false, errNoWorkspace
		default:
			if err := s.makeWorkspace(ctx, tx, w, f); err != nil {
				return false, err
			}
			sess.Tenant = f.ID
		}
		out = sess.Tenant
		return made, tx.Sessions().Update(ctx, sess)
	})
	if err != nil {
		return "", err
	}
	return out, nil
}

func (s *Service) makeWorkspace(ctx context.Context, tx ports.PlatformTx, w Who, f people.Fresh) error {
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

// insertNamed makes a workspace called after its owner. When the name is taken a number stands behind it, or, when others
// of that name took the first few, what nobody has: the end of its id.
func insertNamed(ctx context.Context, tx ports.PlatformTx, f people.Fresh, u tenant.User) error {
	const own, random = "'s workspace", 8 // 40 random bits
	owner := []rune(u.Name)
	owner = owner[:min(len(owner), people.MaxName-len(own)-1-random)]
	name := strings.TrimSpace(string(owner)) + own
	var err error
	for _, behind := range []string{"", " 2", " 3", " 4", " 5", " " + string(f.ID[len(f.ID)-random:])} {
		t := tenant.Tenant{ID: f.ID, Name: name + behind, TimeZone: "UTC", CreatedAt: tx.Now()}
		if err = tx.Tenants().Insert(ctx, t, f.Keyset); fault.CodeOf(err) != "name_taken" {
			return err
		}
	}
	return err
}
