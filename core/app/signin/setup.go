package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// OpenSetup makes a link that makes the first owner, and answers its secret and when it ends. Other links stay: each
// replica shows its own. Fault set_up (Conflict) when there is any account.
func (s *Service) OpenSetup(ctx context.Context) (secret.String, time.Time, error) {
	link, hash := token.New(token.Setup)
	ends, err := update(ctx, s, func(tx ports.PlatformTx) (time.Time, error) {
		if n, err := tx.Users().Count(ctx); err != nil || n > 0 {
			return time.Time{}, orSetUp(err)
		}
		ends := tx.Now().Add(tenant.SetupFor)
		return ends, tx.SetupLinks().Insert(ctx, hash, ends)
	})
	if err != nil {
		return secret.String{}, time.Time{}, err
	}
	return link, ends, nil
}

func orSetUp(err error) error {
	if err != nil {
		return err
	}
	return errSetUp
}

// IsSetUp says whether there is any account: nobody sets the server up then.
func (s *Service) IsSetUp(ctx context.Context) (bool, error) {
	n, err := view(ctx, s, func(tx ports.PlatformTx) (int, error) { return tx.Users().Count(ctx) })
	return n > 0, err
}

// SetupValid says whether a link would make the first owner now.
func (s *Service) SetupValid(ctx context.Context, link secret.String) (bool, error) {
	_, err := s.SetupUntil(ctx, link)
	if errors.Is(err, errSetupLinkDead) {
		return false, nil
	}
	return err == nil, err
}

// SetupUntil answers when a link ends that would make the first owner now. Fault setup_link_dead (NotFound) for any other.
func (s *Service) SetupUntil(ctx context.Context, link secret.String) (time.Time, error) {
	hash, ok := linkHash(link, token.Setup)
	if !ok {
		return time.Time{}, errSetupLinkDead
	}
	return view(ctx, s, func(tx ports.PlatformTx) (time.Time, error) {
		ends, err := setupEnds(ctx, tx, hash)
		if err != nil {
			return time.Time{}, err
		}
		n, err := tx.Users().Count(ctx)
		if err == nil && n > 0 {
			err = errSetupLinkDead
		}
		return ends, err
	})
}

// setupEnds answers when a link ends that lives.
func setupEnds(ctx context.Context, tx ports.PlatformTx, hash token.Hash) (time.Time, error) {
	ends, err := tx.SetupLinks().Expires(ctx, hash)
	if fault.KindOf(err) == fault.NotFound || err == nil && !tx.Now().Before(ends) {
		return time.Time{}, errSetupLinkDead
	}
	return ends, err
}

// Setup asks for the first owner.
type Setup struct {
	Link         secret.String
	Name         string
	Organisation string // name of the workspace
	Email        string
	TimeZone     string // IANA name of the workspace's; empty: UTC
	Password     secret.String
}

func (in *Setup) check() error {
	in.Name, in.Organisation, in.Email = strings.TrimSpace(in.Name), strings.TrimSpace(in.Organisation), strings.TrimSpace(in.Email)
	if in.TimeZone == "" {
		in.TimeZone = "UTC"
	}
	if err := tenant.CheckName("name", in.Name, people.MaxName); err != nil {
		return err
	}
	if err := tenant.CheckName("organisation", in.Organisation, people.MaxName); err != nil {
		return err
	}
	if err := tenant.CheckEmail(in.Email); err != nil {
		return err
	}
	return people.CheckTimeZone(in.TimeZone)
}

// Setup makes the first owner, who is platform admin, with their workspace, and signs them in. Every link is dead with it,
// and of two at once one makes an owner. Faults: setup_link_dead (NotFound), and Invalid ones for each field.
func (s *Service) Setup(ctx context.Context, in Setup, v Visit) (Opened, error) {
	hash, ok := linkHash(in.Link, token.Setup)
	if !ok {
		return Opened{}, errSetupLinkDead
	}
	if _, err := s.SetupUntil(ctx, in.Link); err != nil {
		return Opened{}, err
	}
	if err := in.check(); err != nil {
		return Opened{}, err
	}
	phc, err := people.NewPassword(ctx, s.Passwords, in.Password, in.Email, in.Name, in.Organisation)
	if err != nil {
		return Opened{}, err
	}
	var out Opened
	err = people.WithKeyset(ctx, s.Store, s.Sealer, s.Now, func(tx ports.PlatformTx, w people.Fresh) (_ bool, err error) {
		if err := burnLinks(ctx, tx, hash); err != nil {
			return false, err
		}
		out, err = s.firstOwner(ctx, tx, in, phc, w, v)
		return err == nil, err
	})
	if err != nil {
		return Opened{}, err
	}
	return out, nil
}

// burnLinks ends all links. It does so before it counts people: of two that come at once the second waits for the first
// to end, and then sees the owner it made.
func burnLinks(ctx context.Context, tx ports.PlatformTx, hash token.Hash) error {
	if _, err := setupEnds(ctx, tx, hash); err != nil {
		return err
	}
	if err := tx.SetupLinks().DeleteAll(ctx); err != nil {
		return err
	}
	n, err := tx.Users().Count(ctx)
	if err == nil && n > 0 {
		return errSetupLinkDead
	}
	return err
}

func (s *Service) firstOwner(ctx context.Context, tx ports.PlatformTx, in Setup, phc string, w people.Fresh, v Visit) (Opened, error) {
	u := tenant.User{
		ID: tenant.UserID(id.New("usr", tx.Now())), Email: in.Email, Name: in.Name, PasswordHash: phc, PlatformAdmin: true,
		HadWorkspace: true, CreatedAt: tx.Now(),
	}
	if err := tx.Users().Insert(ctx, u); err != nil {
		return Opened{}, err
	}
	// Name and time zone were asked for, so there is no need to ask for a look at them again.
	t := tenant.Tenant{ID: w.ID, Name: in.Organisation, TimeZone: in.TimeZone, CreatedAt: tx.Now(), ConfirmedAt: tx.Now()}
	if err := tx.Tenants().Insert(ctx, t, w.Keyset); err != nil {
		return Opened{}, fault.Renamed(err, "name", "organisation")
	}
	if err := people.AddOwner(ctx, tx.In(t.ID), s.Sealer, selfIn(t.ID, u, v), u); err != nil {
		return Opened{}, err
	}
	return s.enter(ctx, tx, entry{user: u, in: t.ID, visit: v, how: map[string]string{"by": "setup"}})
}

// selfIn is somebody who has no session yet, for the audit trail.
func selfIn(id tenant.ID, u tenant.User, v Visit) tenant.Actor {
	return tenant.Actor{Principal: tenant.PrincipalUser, Tenant: id, User: u.ID, Name: u.Email, Addr: v.Address}
}
