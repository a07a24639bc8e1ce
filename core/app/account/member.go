package account

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Members answers all members of the actor's workspace, by name.
func (s *Service) Members(ctx context.Context, actor tenant.Actor) (out []tenant.Member, err error) {
	if err := actor.Allow(tenant.MemberRead); err != nil {
		return nil, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		out, err = tx.Members().List(ctx)
		return err
	})
	return out, err
}

// MemberChange names what to change; nil stays.
type MemberChange struct{ Role *tenant.Role }

// ChangeMember gives a member another role, in force for the next request, and answers the member as they are then. The
// last owner keeps theirs (last_owner). Open invites of somebody who was an owner are dead with the commit.
func (s *Service) ChangeMember(ctx context.Context, actor tenant.Actor, user tenant.UserID, c MemberChange) (tenant.Member, error) {
	if err := actor.Allow(tenant.MemberUpdate); err != nil {
		return tenant.Member{}, err
	}
	if c.Role != nil {
		if _, err := tenant.ParseRole(string(*c.Role)); err != nil {
			return tenant.Member{}, err
		}
	}
	var m tenant.Member
	err := s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		var err error
		m, err = lockedMember(ctx, tx, user, c.Role == nil || *c.Role == tenant.Owner)
		if err != nil || c.Role == nil || m.Role == *c.Role {
			return err
		}
		was, role := m.Role, *c.Role
		m.Role = role
		if err := tx.Members().SetRole(ctx, user, role); err != nil {
			return err
		}
		details := map[string]string{"role": string(role), "was": string(was)}
		if role != tenant.Owner {
			if details, err = people.DropInvites(ctx, tx, user, details); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, actor, tenant.MemberUpdate, string(user), m.Email, details)
	})
	return m, err
}

// RemoveMember takes a member out; their API tokens here and the invites they made are dead with the commit. The last owner stays (last_owner).
func (s *Service) RemoveMember(ctx context.Context, actor tenant.Actor, user tenant.UserID) error {
	if err := actor.Allow(tenant.MemberDelete); err != nil {
		return err
	}
	return s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		m, err := lockedMember(ctx, tx, user, false)
		if err != nil {
			return err
		}
		if err := tx.Members().Delete(ctx, user); err != nil {
			return err
		}
		details, err := people.DropInvites(ctx, tx, user, map[string]string{"role": string(m.Role)})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.MemberDelete, string(user), m.Email, details)
	})
}

// lockedMember answers the member from a list that is locked until the transaction ends, so that two owners cannot each
// see the other stay and both go.
func lockedMember(ctx context.Context, tx ports.Tx, user tenant.UserID, staysOwner bool) (tenant.Member, error) {
	if !id.Valid(string(user)) {
		return tenant.Member{}, fault.Missing("member")
	}
	if _, _, err := tx.Audit().Last(ctx); err != nil { // whoever writes in a tenant takes the end of its trail first
		return tenant.Member{}, err
	}
	members, err := tx.Members().List(ctx)
	if err != nil {
		return tenant.Member{}, err
	}
	m, found := people.Find(members, user)
	if !found {
		return m, fault.Missing("member")
	}
	if !staysOwner {
		err = people.KeepOwner(members, m)
	}
	return m, err
}
