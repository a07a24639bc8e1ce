package account

import (
	"context"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// maxInvites is how many invites of a workspace may be open at a time.
const maxInvites = 100

// Invites answers the invites of the actor's workspace, newest first: those that can still be accepted, and those that
// ran out and were not swept away yet.
func (s *Service) Invites(ctx context.Context, actor tenant.Actor) (out []tenant.Invite, err error) {
	if err := actor.Allow(tenant.InviteRead); err != nil {
		return nil, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		out, err = tx.Invites().List(ctx)
		return err
	})
	return out, err
}

// NewInvite asks somebody into the workspace.
type NewInvite struct {
	Email string
	Role  tenant.Role
}

// CreateInvite makes an invite and the secret of its link, which is answered this once. It can be accepted once, within
// tenant.InviteFor. An address that was invited before gets a new invite; the old link is dead with the commit. Faults:
// bad_email, bad_role (Invalid), already_member, workspace_full,
// too_many_invites (Conflict).
func (s *Service) CreateInvite(ctx context.Context, actor tenant.Actor, in NewInvite) (tenant.Invite, secret.String, error) {
	if err := actor.Allow(tenant.InviteCreate); err != nil {
		return tenant.Invite{}, secret.String{}, err
	}
	in.Email = strings.TrimSpace(in.Email)
	if err := tenant.CheckEmail(in.Email); err != nil {
		return tenant.Invite{}, secret.String{}, err
	}
	if _, err := tenant.ParseRole(string(in.Role)); err != nil {
		return tenant.Invite{}, secret.String{}, err
	}
	link, hash := token.New(token.Invite)
	var made tenant.Invite
	err := s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if err := mayInvite(ctx, tx, in.Email); err != nil {
			return err
		}
		made = tenant.Invite{
			ID: id.New("inv", tx.Now()), Email: in.Email, Role: in.Role, Hash: hash, CreatedBy: actor.Name, Maker: actor.User,
			CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(tenant.InviteFor),
		}
		if err := tx.Invites().Insert(ctx, made); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.InviteCreate, made.ID, made.Email, map[string]string{"role": string(made.Role)})
	})
	if err != nil {
		return tenant.Invite{}, secret.String{}, err
	}
	return made, link, nil
}

// mayInvite refuses an address that is a member's, a workspace that is full, and more open invites than a workspace may have.
func mayInvite(ctx context.Context, tx ports.Tx, email string) error {
	if _, _, err := tx.Audit().Last(ctx); err != nil { // whoever writes in a tenant takes the end of its trail first
		return err
	}
	key := tenant.EmailKey(email)
	members, err := tx.Members().List(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		if tenant.EmailKey(m.Email) == key {
			return fault.New(fault.Conflict, "already_member", "This person is a member of the workspace already.").
				Field("email", "The address is a member's.")
		}
	}
	if err := people.Room(members); err != nil {
		return err
	}
	invites, err := tx.Invites().List(ctx)
	if err != nil {
		return err
	}
	open := 0
	for _, i := range invites {
		if i.ExpiresAt.After(tx.Now()) && tenant.EmailKey(i.Email) != key {
			open++
		}
	}
	if open >= maxInvites {
		return fault.New(fault.Conflict, "too_many_invites", "100 invites of this workspace are open. Wait until some are accepted, or cancel some.")
	}
	return nil
}

// DeleteInvite cancels an invite: its link is dead with the commit. Fault NotFound.
func (s *Service) DeleteInvite(ctx context.Context, actor tenant.Actor, inviteID string) error {
	if err := actor.Allow(tenant.InviteDelete); err != nil {
		return err
	}
	if !id.Valid(inviteID) {
		return fault.Missing("invite")
	}
	return s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if _, _, err := tx.Audit().Last(ctx); err != nil {
			return err
		}
		i, err := tx.Invites().Get(ctx, inviteID)
		if err != nil {
			return err
		}
		if err := tx.Invites().Delete(ctx, inviteID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.InviteDelete, i.ID, i.Email, map[string]string{"role": string(i.Role)})
	})
}
