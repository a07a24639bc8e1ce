package account

import (
	"context"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// NewOwner asks for an owner of a workspace.
type NewOwner struct {
	Email    string
	Name     string
	Tenant   string // name of the workspace; made when absent
	Password secret.String
	Admin    bool // also platform admin
	Add      bool // the workspace may have an owner already, and the address an account
}

// Owner is what CreateOwner made or found.
type Owner struct {
	Tenant    tenant.ID
	User      tenant.UserID
	NewTenant bool
	NewUser   bool // false: the person was there before, and the password was left alone
	Platform  bool
}

// CreateOwner makes an owner without a browser: the operator's command. The first account ever is platform admin, later
// ones only with Admin; setup links are dead with any. A workspace that has an owner is refused without Add
// (tenant_has_owner), and so is an address that has an account (email_taken); with Add that person becomes owner here and
// keeps name and password. Somebody who is an owner there already is refused (already_owner) unless Admin makes them
// platform admin.
func (s *Service) CreateOwner(ctx context.Context, in NewOwner) (Owner, error) {
	in.Email, in.Name, in.Tenant = strings.TrimSpace(in.Email), strings.TrimSpace(in.Name), strings.TrimSpace(in.Tenant)
	if err := in.check(); err != nil {
		return Owner{}, err
	}
	phc, err := people.NewPassword(ctx, s.Passwords, in.Password, in.Email, in.Name, in.Tenant)
	if err != nil {
		return Owner{}, err
	}
	var out Owner
	err = people.WithKeyset(ctx, s.Store, s.Sealer, s.Now, func(tx ports.PlatformTx, w people.Fresh) (_ bool, err error) {
		out, err = s.createOwner(ctx, tx, in, phc, w)
		return out.NewTenant, err
	})
	if err != nil {
		return Owner{}, err
	}
	return out, nil
}

func (in *NewOwner) check() error {
	if err := tenant.CheckEmail(in.Email); err != nil {
		return err
	}
	if err := tenant.CheckName("name", in.Name, people.MaxName); err != nil {
		return err
	}
	return tenant.CheckName("tenant", in.Tenant, people.MaxName)
}

func (s *Service) createOwner(ctx context.Context, tx ports.PlatformTx, in NewOwner, phc string, w people.Fresh) (Owner, error) {
	// From here on there is an owner: no setup link makes another. Setup begins with the same step, so that one waits for
	// the other.
	if err := tx.SetupLinks().DeleteAll(ctx); err != nil {
		return Owner{}, err
	}
	user, newUser, err := s.ownerAccount(ctx, tx, in, phc)
	if err != nil {
		return Owner{}, err
	}
	work, err := tx.Tenants().ByName(ctx, in.Tenant)
	newTenant := fault.KindOf(err) == fault.NotFound
	if newTenant {
		work = tenant.Tenant{ID: w.ID, Name: in.Tenant, TimeZone: "UTC", CreatedAt: tx.Now()}
		err = tx.Tenants().Insert(ctx, work, w.Keyset)
	}
	if err != nil {
		return Owner{}, err
	}
	promoted := in.Admin && !user.PlatformAdmin
	if err := s.makeOwner(ctx, tx.In(work.ID), user, in.Add, promoted); err != nil {
		return Owner{}, err
	}
	if _, err := tx.Users().NoteWorkspace(ctx, user.ID); err != nil {
		return Owner{}, err
	}
	if promoted {
		user.PlatformAdmin = true
		if err := tx.Users().SetPlatformAdmin(ctx, user.ID, true); err != nil {
			return Owner{}, err
		}
	}
	return Owner{
		Tenant: work.ID, User: user.ID, NewTenant: newTenant, NewUser: newUser, Platform: user.PlatformAdmin,
	}, nil
}

// ownerAccount answers the account of the address, made when absent.
func (s *Service) ownerAccount(ctx context.Context, tx ports.PlatformTx, in NewOwner, phc string) (tenant.User, bool, error) {
	u, err := tx.Users().ByEmail(ctx, in.Email)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		n, err := tx.Users().Count(ctx)
		if err != nil {
			return u, false, err
		}
		u = tenant.User{
			ID: tenant.UserID(id.New("usr", tx.Now())), Email: in.Email, Name: in.Name, PasswordHash: phc,
			PlatformAdmin: in.Admin || n == 0, HadWorkspace: true, CreatedAt: tx.Now(),
		}
		return u, true, tx.Users().Insert(ctx, u)
	case err != nil:
		return u, false, err
	case !in.Add:
		return u, false, fault.New(fault.Conflict, "email_taken",
			"This address has an account. Add --add to make that person an owner here; name and password stay as they are.").
			Field("email", "The address has an account.")
	case !u.DisabledAt.IsZero():
		return u, false, fault.New(fault.Conflict, "user_disabled", "The account of this address is disabled.")
	}
	return u, false, nil
}

// makeOwner makes u an owner of the workspace of tx, and lets its trail tell when u was made platform admin with that:
// somebody who is an owner already may be made that alone.
func (s *Service) makeOwner(ctx context.Context, tx ports.Tx, u tenant.User, add, promoted bool) error {
	if _, _, err := tx.Audit().Last(ctx); err != nil {
		return err
	}
	members, err := tx.Members().List(ctx)
	if err != nil {
		return err
	}
	if people.Owners(members) > 0 && !add {
		return fault.New(fault.Conflict, "tenant_has_owner",
			"This workspace has an owner. Add --add to make one more.").Field("tenant", "The workspace has an owner.")
	}
	operator := tenant.Operator(tx.Tenant())
	if promoted {
		details := map[string]string{"platform_admin": "true"}
		if err := s.record(ctx, tx, operator, tenant.MemberUpdate, string(u.ID), u.Email, details); err != nil {
			return err
		}
	}
	if m, found := people.Find(members, u.ID); found && m.Role == tenant.Owner {
		if promoted {
			return nil
		}
		return fault.New(fault.Conflict, "already_owner", "This person is an owner of this workspace already.")
	}
	return people.AddOwner(ctx, tx, s.Sealer, operator, u)
}
