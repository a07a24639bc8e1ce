package signin

import (
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Workspaces answers the workspaces that the person is in, by name.
func (s *Service) Workspaces(ctx context.Context, w Who) ([]tenant.Membership, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return nil, err
	}
	return view(ctx, s, func(tx ports.PlatformTx) ([]tenant.Membership, error) { return tx.Users().Memberships(ctx, w.User) })
}

// Switch makes another workspace of the person the one in use. Fault not_found for one that they are not in.
func (s *Service) Switch(ctx context.Context, w Who, to tenant.ID) error {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return err
	}
	return s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		in, err := tx.Users().Memberships(ctx, w.User)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(in, func(m tenant.Membership) bool { return m.Tenant.ID == to }) {
			return fault.Missing("workspace")
		}
		_, err = s.enterWorkspace(ctx, tx, w.Person, w.Browser, to, w.Addr)
		return err
	})
}

// Leave takes the person out of the workspace in use; their API tokens there and the invites they made are dead with the
// commit. Faults: last_owner
// (Conflict), no_workspace (NotFound).
func (s *Service) Leave(ctx context.Context, w Who) error {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return err
	}
	if w.Tenant == "" {
		return errNoWorkspace
	}
	return s.Store.Tenant(w.Tenant).Update(ctx, func(tx ports.Tx) error {
		if _, _, err := tx.Audit().Last(ctx); err != nil {
			return err
		}
		members, err := tx.Members().List(ctx)
		if err != nil {
			return err
		}
		m, found := people.Find(members, w.User)
		if !found {
			return errNoWorkspace
		}
		if err := people.KeepOwner(members, m); err != nil {
			return err
		}
		if err := tx.Members().Delete(ctx, w.User); err != nil {
			return err
		}
		details, err := people.DropInvites(ctx, tx, w.User, map[string]string{"role": string(m.Role)})
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx.Audit(), s.Sealer, w.Actor, tx.Now(), tenant.MemberDelete, string(w.User), m.Email, details)
	})
}

// DeleteAccount deletes the person with their sessions and second factors. email must repeat their address. Faults:
// email_differs (Invalid, field email), is_platform_admin, is_member (Conflict). It cannot be undone.
func (s *Service) DeleteAccount(ctx context.Context, w Who, email string) error {
	if err := w.Allow(tenant.CredentialUpdate); err != nil {
		return err
	}
	if tenant.EmailKey(email) != tenant.EmailKey(w.Person.Email) {
		return fault.New(fault.Invalid, "email_differs", "To delete your account, repeat its e-mail address.").
			Field("email", "Repeat your e-mail address.")
	}
	err := s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		u, err := tx.Users().Get(ctx, w.User)
		if err != nil {
			return err
		}
		if u.PlatformAdmin {
			return errPlatformAdmin
		}
		if err := tx.Users().Delete(ctx, w.User); fault.CodeOf(err) == "is_member" {
			return errStillMember
		} else if err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	// No workspace has a trail for it; this line stays.
	s.Log.InfoContext(ctx, "account deleted", "user", string(w.User))
	return nil
}
