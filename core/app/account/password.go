package account

import (
	"context"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// PasswordReset asks for a new password of an account.
type PasswordReset struct {
	Email               string
	Password            secret.String
	RemoveSecondFactors bool // the authenticator app, passkeys and recovery codes
	RevokeTokens        bool // the person's API tokens and the invites they made, in all workspaces
}

// Access is by what an account can be entered, or others be let in, beside its password.
type Access struct {
	Authenticator bool
	Passkeys      int
	RecoveryCodes int
	Tokens        int // API tokens
	Invites       int // that can still be accepted
}

// ResetPassword gives an account a new password: the operator's command, for when no mail is configured, or when somebody
// else got in. All sessions of the person end. It answers what was there beside the password before; that stays unless in
// says otherwise. Every workspace that the person is a member of reads of it in its audit trail.
func (s *Service) ResetPassword(ctx context.Context, in PasswordReset) (was Access, err error) {
	in.Email = strings.TrimSpace(in.Email)
	phc, err := people.NewPassword(ctx, s.Passwords, in.Password, in.Email)
	if err != nil {
		return Access{}, err
	}
	err = s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		was = Access{}
		u, err := userByEmail(ctx, tx, in.Email)
		if err != nil {
			return err
		}
		if err := people.CheckPassword(in.Password, u.Name); err != nil {
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
		if err := was.factors(ctx, tx, u.ID, in.RemoveSecondFactors); err != nil {
			return err
		}
		for _, m := range trails.In {
			if err := s.tellReset(ctx, tx.In(m.Tenant.ID), u, in, &was); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Access{}, err
	}
	return was, nil
}

// tellReset counts the tokens and invites of one workspace, ends them when that is asked for, and tells its trail.
func (s *Service) tellReset(ctx context.Context, tx ports.Tx, u tenant.User, in PasswordReset, was *Access) error {
	details := map[string]string{"password": "reset"}
	if in.RemoveSecondFactors {
		details["second_factors"] = "removed"
	}
	end := tx.APITokens().Count
	if in.RevokeTokens {
		end = tx.APITokens().DeleteOf
	}
	tokens, err := end(ctx, u.ID)
	if err != nil {
		return err
	}
	invites, err := openInvites(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	was.Tokens += tokens
	was.Invites += invites
	if in.RevokeTokens {
		details["api_tokens_revoked"] = strconv.Itoa(tokens)
		if details, err = people.DropInvites(ctx, tx, u.ID, details); err != nil {
			return err
		}
	}
	return s.record(ctx, tx, tenant.Operator(tx.Tenant()), tenant.MemberUpdate, string(u.ID), u.Email, details)
}

// factors fills in what the person has beside the password, and takes it away when that is asked for.
func (a *Access) factors(ctx context.Context, tx ports.PlatformTx, u tenant.UserID, remove bool) error {
	have, err := people.FactorsOf(ctx, tx, u)
	if err != nil {
		return err
	}
	a.Authenticator, a.Passkeys = have.HasApp(), len(have.Passkeys)
	if a.RecoveryCodes, err = tx.Factors().RecoveryCodes(ctx, u); err != nil || !remove {
		return err
	}
	if have.App.ID != "" {
		if err := tx.Factors().DeleteAuthenticator(ctx, u); err != nil {
			return err
		}
	}
	for _, k := range have.Passkeys {
		if err := tx.Factors().DeletePasskey(ctx, u, k.ID); err != nil {
			return err
		}
	}
	return tx.Factors().SetRecoveryCodes(ctx, u, nil)
}

func openInvites(ctx context.Context, tx ports.Tx, maker tenant.UserID) (n int, err error) {
	all, err := tx.Invites().List(ctx)
	for _, i := range all {
		if i.Maker == maker && i.ExpiresAt.After(tx.Now()) {
			n++
		}
	}
	return n, err
}

func userByEmail(ctx context.Context, tx ports.PlatformTx, email string) (tenant.User, error) {
	u, err := tx.Users().ByEmail(ctx, email)
	if fault.KindOf(err) == fault.NotFound {
		return u, fault.New(fault.NotFound, "no_such_user", "There is no account with this address.")
	}
	return u, err
}
