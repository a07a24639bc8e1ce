package account

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	tenantsPage = 200
	// maxTenantPages bounds the walk over the workspaces whose trail is told of a new password.
	maxTenantPages = 500
)

// ResetPassword gives an account a new password: the operator's command, for when no mail is configured. Every
// workspace that the person is a member of reads of it in its audit trail.
func (s *Service) ResetPassword(ctx context.Context, email string, password secret.String) error {
	phc, err := s.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		u, err := userByEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := tx.Users().SetPassword(ctx, u.ID, phc); err != nil {
			return err
		}
		return s.tellTenants(ctx, tx, u)
	})
}

func (s *Service) tellTenants(ctx context.Context, tx ports.PlatformTx, u tenant.User) error {
	var after tenant.ID
	for range maxTenantPages {
		page, err := tx.Tenants().List(ctx, after, tenantsPage)
		if err != nil {
			return err
		}
		for _, t := range page {
			in := tx.In(t.ID)
			_, err := in.Members().Get(ctx, u.ID)
			if fault.KindOf(err) == fault.NotFound {
				continue
			}
			if err == nil {
				err = s.record(ctx, in, tenant.Operator(t.ID), tenant.MemberUpdate, string(u.ID), u.Email,
					map[string]string{"password": "reset"})
			}
			if err != nil {
				return err
			}
		}
		if len(page) < tenantsPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
	return nil
}

func userByEmail(ctx context.Context, tx ports.PlatformTx, email string) (tenant.User, error) {
	u, err := tx.Users().ByEmail(ctx, email)
	if fault.KindOf(err) == fault.NotFound {
		return u, fault.New(fault.NotFound, "no_such_user", "There is no account with this address.")
	}
	return u, err
}
