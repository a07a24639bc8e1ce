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
	phc, err := s.hashNew(ctx, in.Password, in.Email)
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
	tokens, err := dropTokens(ctx, tx, u.ID, in.RevokeTokens)
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
	app, err := tx.Factors().Authenticator(ctx, u)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	keys, err := tx.Factors().Passkeys(ctx, u)
	if err != nil {
		return err
	}
	a.Authenticator, a.Passkeys = !app.ConfirmedAt.IsZero(), len(keys)
	if a.RecoveryCodes, err = tx.Factors().RecoveryCodes(ctx, u); err != nil || !remove {
		return err
	}
	if app.ID != "" {
		if err := tx.Factors().DeleteAuthenticator(ctx, u); err != nil {
			return err
		}
	}
	for _, k := range keys {
		if err := tx.Factors().DeletePasskey(ctx, u, k.ID); err != nil {
			return err
		}
	}
	return tx.Factors().SetRecoveryCodes(ctx, u, nil)
}

// dropTokens counts the person's API tokens in a workspace, and ends them when that is asked for.
func dropTokens(ctx context.Context, tx ports.Tx, u tenant.UserID, drop bool) (int, error) {
	have, _, err := tx.APITokens().List(ctx, u, maxTokens, "") // there are no more, see insertToken
	for _, t := range have {
		if err != nil || !drop {
			break
		}
		err = tx.APITokens().Delete(ctx, u, t.ID)
	}
	return len(have), err
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

// hashNew is Passwords.Hash for a password that is chosen anew: it is not made of what everybody knows about the person.
func (s *Service) hashNew(ctx context.Context, password secret.String, about ...string) (string, error) {
	if err := people.CheckPassword(password, about...); err != nil {
		return "", err
	}
	return s.Passwords.Hash(ctx, password)
}

func userByEmail(ctx context.Context, tx ports.PlatformTx, email string) (tenant.User, error) {
	u, err := tx.Users().ByEmail(ctx, email)
	if fault.KindOf(err) == fault.NotFound {
		return u, fault.New(fault.NotFound, "no_such_user", "There is no account with this address.")
	}
	return u, err
}
