package account

import (
	"context"
	"strings"

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
// ones only with Admin. A workspace that has an owner is refused without Add (tenant_has_owner), and so is an address
// that has an account (email_taken); with Add that person becomes owner here and keeps name and password.
func (s *Service) CreateOwner(ctx context.Context, in NewOwner) (Owner, error) {
	in.Email, in.Name, in.Tenant = strings.TrimSpace(in.Email), strings.TrimSpace(in.Name), strings.TrimSpace(in.Tenant)
	if err := in.check(); err != nil {
		return Owner{}, err
	}
	phc, err := s.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return Owner{}, err
	}
	out, err := s.tryOwner(ctx, in, phc)
	if fault.CodeOf(err) == "kek_retired" { // rotated and pruned since the keyset was wrapped: a fresh one is under the new KEK
		out, err = s.tryOwner(ctx, in, phc)
	}
	return out, err
}

// tryOwner makes a keyset, which is used when the workspace is new, and the owner.
func (s *Service) tryOwner(ctx context.Context, in NewOwner, phc string) (out Owner, err error) {
	fresh := tenant.ID(id.New("ten", s.Now()))
	keyset, err := s.Sealer.NewKeyset(ctx, fresh)
	if err != nil {
		return Owner{}, err
	}
	err = s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) (err error) {
		out, err = s.createOwner(ctx, tx, in, phc, fresh, keyset)
		return err
	})
	if err != nil || !out.NewTenant {
		s.Sealer.Forget(fresh)
	}
	return out, err
}

func (in *NewOwner) check() error {
	if err := tenant.CheckEmail(in.Email); err != nil {
		return err
	}
	if err := tenant.CheckName("name", in.Name, maxName); err != nil {
		return err
	}
	return tenant.CheckName("tenant", in.Tenant, maxName)
}

func (s *Service) createOwner(ctx context.Context, tx ports.PlatformTx, in NewOwner, phc string,
	fresh tenant.ID, keyset ports.WrappedKeyset,
) (Owner, error) {
	user, newUser, err := s.ownerAccount(ctx, tx, in, phc)
	if err != nil {
		return Owner{}, err
	}
	work, err := tx.Tenants().ByName(ctx, in.Tenant)
	newTenant := fault.KindOf(err) == fault.NotFound
	if newTenant {
		work = tenant.Tenant{ID: fresh, Name: in.Tenant, TimeZone: "UTC", CreatedAt: tx.Now()}
		err = tx.Tenants().Insert(ctx, work, keyset)
	}
	if err != nil {
		return Owner{}, err
	}
	if err := s.makeOwner(ctx, tx.In(work.ID), user, in.Add); err != nil {
		return Owner{}, err
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
			PlatformAdmin: in.Admin || n == 0, CreatedAt: tx.Now(),
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
	if in.Admin && !u.PlatformAdmin {
		u.PlatformAdmin = true
		return u, false, tx.Users().SetPlatformAdmin(ctx, u.ID, true)
	}
	return u, false, nil
}

func (s *Service) makeOwner(ctx context.Context, tx ports.Tx, u tenant.User, add bool) error {
	members, err := tx.Members().List(ctx)
	if err != nil {
		return err
	}
	if owners(members) > 0 && !add {
		return fault.New(fault.Conflict, "tenant_has_owner",
			"This workspace has an owner. Add --add to make one more.").Field("tenant", "The workspace has an owner.")
	}
	m, found := find(members, u.ID)
	switch {
	case found && m.Role == tenant.Owner:
		return fault.New(fault.Conflict, "already_owner", "This person is an owner of this workspace already.")
	case found:
		err = tx.Members().SetRole(ctx, u.ID, tenant.Owner)
	default:
		err = tx.Members().Insert(ctx, tenant.Member{
			User: u.ID, Email: u.Email, Name: u.Name, Role: tenant.Owner, CreatedAt: tx.Now(),
		})
	}
	if err != nil {
		return err
	}
	return s.record(ctx, tx, tenant.Operator(tx.Tenant()), tenant.MemberUpdate, string(u.ID), u.Email,
		map[string]string{"role": string(tenant.Owner)})
}
