package signin

import (
	"context"
	"errors"
	"time"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// Invite answers what a link asks its holder into. Fault invite_dead (NotFound) for one that was used, withdrawn or is
// over, and for what is no link.
func (s *Service) Invite(ctx context.Context, link secret.String) (tenant.InviteGrant, error) {
	hash, ok := linkHash(link, token.Invite)
	if !ok {
		return tenant.InviteGrant{}, errInviteDead
	}
	g, err := s.Store.Lookup().InviteGrant(ctx, hash)
	if fault.KindOf(err) == fault.NotFound || err == nil && !s.Now().Before(g.Invite.ExpiresAt) {
		return tenant.InviteGrant{}, errInviteDead
	}
	return g, err
}

// AcceptInvite makes an account for the address that was invited, whatever in.Email says, takes it into the workspace with
// the role of the invite, and signs it in. Faults: invite_dead (NotFound), sign_in_first (Conflict) when the address has an
// account, workspace_full (Conflict), Invalid ones for each field.
func (s *Service) AcceptInvite(ctx context.Context, link secret.String, in NewPerson, v Visit) (Opened, error) {
	g, err := s.Invite(ctx, link)
	if err != nil {
		return Opened{}, err
	}
	if g.Known {
		return Opened{}, errSignInFirst
	}
	in.Email = g.Invite.Email
	if err := in.check(); err != nil {
		return Opened{}, err
	}
	held, err := s.heldBy(ctx, v)
	if err != nil {
		return Opened{}, err
	}
	phc, err := people.NewPassword(ctx, s.Passwords, in.Password, in.Email, in.Name)
	if err != nil {
		return Opened{}, err
	}
	return update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		inside := tx.In(g.Workspace.ID)
		i, err := spendInvite(ctx, inside, g)
		if err != nil {
			return Opened{}, err
		}
		u := in.user(tx, phc)
		u.HadWorkspace = true
		if err := tx.Users().Insert(ctx, u); fault.CodeOf(err) == "email_taken" {
			return Opened{}, errSignInFirst
		} else if err != nil {
			return Opened{}, err
		}
		if err := s.admit(ctx, inside, i, u, selfIn(g.Workspace.ID, u, v)); err != nil {
			return Opened{}, err
		}
		return s.enter(ctx, tx, entry{user: u, in: g.Workspace.ID, visit: v, held: held, how: map[string]string{"by": "invite"}})
	})
}

// JoinInvite takes a signed-in person into the workspace of a link and moves their session there. Holding the link is the
// proof: their address need not be the invited one, and the trail names both. Faults: invite_dead (NotFound),
// already_member, workspace_full (Conflict; the invite stays).
func (s *Service) JoinInvite(ctx context.Context, w Who, link secret.String) (tenant.ID, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return "", err
	}
	g, err := s.Invite(ctx, link)
	if err != nil {
		return "", err
	}
	actor := w.Actor
	actor.Tenant = g.Workspace.ID
	return update(ctx, s, func(tx ports.PlatformTx) (tenant.ID, error) {
		inside := tx.In(g.Workspace.ID)
		i, err := spendInvite(ctx, inside, g)
		if err != nil {
			return "", err
		}
		if err := s.admit(ctx, inside, i, w.Person, actor); err != nil {
			return "", err
		}
		if _, err := tx.Users().NoteWorkspace(ctx, w.User); err != nil {
			return "", err
		}
		_, err = moveSession(ctx, tx, w.Browser, g.Workspace.ID)
		return g.Workspace.ID, err
	})
}

// spendInvite takes the invite away, so that it is accepted once. It must have been made by somebody who still is an owner,
// or by the operator: who was demoted or taken out has no way back by a link of their own.
func spendInvite(ctx context.Context, tx ports.Tx, g tenant.InviteGrant) (tenant.Invite, error) {
	if _, _, err := tx.Audit().Last(ctx); err != nil {
		return tenant.Invite{}, orDead(err)
	}
	i, err := tx.Invites().Get(ctx, g.Invite.ID)
	if err != nil {
		return i, orDead(err)
	}
	if i.Hash != g.Invite.Hash || !beforeEnd(tx.Now(), i) {
		return i, errInviteDead
	}
	if i.Maker != "" {
		maker, err := tx.Members().Get(ctx, i.Maker)
		if err == nil && maker.Role != tenant.Owner {
			err = errInviteDead
		}
		if err != nil {
			return i, orDead(err)
		}
	}
	return i, orDead(tx.Invites().Delete(ctx, i.ID))
}

func beforeEnd(now time.Time, i tenant.Invite) bool { return now.Before(i.ExpiresAt) }

// orDead makes what is gone the one answer for invites.
func orDead(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) && f.Kind == fault.NotFound {
		return errInviteDead
	}
	return err
}

func (s *Service) admit(ctx context.Context, tx ports.Tx, i tenant.Invite, u tenant.User, actor tenant.Actor) error {
	err := people.Admit(ctx, tx, tenant.Member{User: u.ID, Email: u.Email, Name: u.Name, Role: i.Role, CreatedAt: tx.Now()})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx.Audit(), s.Sealer, actor, tx.Now(), InviteAccept, string(u.ID), u.Email,
		map[string]string{"role": string(i.Role), "invited": i.Email, "by": i.CreatedBy})
}
