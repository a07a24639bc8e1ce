package account

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// ResetPassword gives an account a new password: the operator's command, for when no mail is configured. All sessions of
// the person end; second factors and API tokens stay. Every workspace that the person is a member of reads of it in its
// audit trail.
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
		trails, err := people.TrailsOf(ctx, tx, s.Sealer, u.ID)
		if err != nil {
			return err
		}
		if err := tx.Users().SetPassword(ctx, u.ID, phc); err != nil {
			return err
		}
		if _, err := tx.Sessions().DeleteAll(ctx, u.ID, ""); err != nil {
			return err
		}
		return trails.Record(ctx, tenant.Operator(""), tenant.MemberUpdate, string(u.ID), u.Email, map[string]string{"password": "reset"})
	})
}

func userByEmail(ctx context.Context, tx ports.PlatformTx, email string) (tenant.User, error) {
	u, err := tx.Users().ByEmail(ctx, email)
	if fault.KindOf(err) == fault.NotFound {
		return u, fault.New(fault.NotFound, "no_such_user", "There is no account with this address.")
	}
	return u, err
}
