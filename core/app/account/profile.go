package account

import (
	"context"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Profile is a person as they see themselves in one workspace.
type Profile struct {
	Member     tenant.Member
	Workspace  tenant.Tenant
	Scopes     []tenant.Scope // of the credential used
	Platform   bool
	Incomplete bool // see tenant.Incomplete
}

// Profile answers who the actor is.
func (s *Service) Profile(ctx context.Context, actor tenant.Actor) (p Profile, err error) {
	if err := s.allowOwn(actor, tenant.ProfileRead); err != nil {
		return Profile{}, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		p, err = profileOf(ctx, tx, actor)
		return err
	})
	return p, err
}

func profileOf(ctx context.Context, tx ports.Tx, actor tenant.Actor) (Profile, error) {
	p := Profile{Scopes: actor.Scopes, Platform: actor.Platform}
	var err error
	if p.Member, err = tx.Members().Get(ctx, actor.User); err != nil {
		return p, err
	}
	p.Workspace, err = tx.Workspace().Get(ctx)
	p.Incomplete = tenant.Incomplete(p.Member.Name, p.Member.Role, p.Workspace)
	return p, err
}

// ProfileChange names what to change; nil stays.
type ProfileChange struct{ Name *string }

// ChangeProfile renames the actor, in all workspaces, and answers the profile as it is then; of somebody without a
// workspace it holds the person alone. Faults: bad_name.
func (s *Service) ChangeProfile(ctx context.Context, actor tenant.Actor, c ProfileChange) (p Profile, err error) {
	if err := s.allowOwn(actor, tenant.ProfileUpdate); err != nil {
		return Profile{}, err
	}
	if c.Name != nil {
		if err := tenant.CheckName("name", strings.TrimSpace(*c.Name), people.MaxName); err != nil {
			return Profile{}, err
		}
	}
	err = s.changeSelf(ctx, actor, func(u *tenant.User, details map[string]string) {
		if c.Name != nil && strings.TrimSpace(*c.Name) != u.Name {
			details["was"] = u.Name
			u.Name = strings.TrimSpace(*c.Name)
			details["name"] = u.Name
		}
	}, func(tx ports.PlatformTx, u tenant.User) error {
		if actor.Tenant == "" {
			p = Profile{Member: tenant.Member{User: u.ID, Email: u.Email, Name: u.Name}, Scopes: actor.Scopes, Platform: actor.Platform}
			return nil
		}
		p, err = profileOf(ctx, tx.In(actor.Tenant), actor)
		return err
	})
	return p, err
}

// changeSelf alters the actor's own row. change notes what it alters; when that is nothing, nothing is written. then runs
// in the same transaction, with the row as it is afterwards. All workspaces of the person read of a new name, of the rest
// the one they work in.
func (s *Service) changeSelf(ctx context.Context, actor tenant.Actor, change func(u *tenant.User, details map[string]string),
	then func(tx ports.PlatformTx, u tenant.User) error,
) error {
	return s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		trails, err := people.TrailsOf(ctx, tx, s.Sealer, actor.User)
		if err != nil {
			return err
		}
		u, err := tx.Users().Get(ctx, actor.User)
		if err != nil {
			return err
		}
		details := map[string]string{}
		if change(&u, details); len(details) == 0 {
			return then(tx, u)
		}
		if err := tx.Users().SetProfile(ctx, u); err != nil {
			return err
		}
		if details["name"] == "" {
			trails.In = slices.DeleteFunc(trails.In, func(m tenant.Membership) bool { return m.Tenant.ID != actor.Tenant })
		}
		if err := trails.Record(ctx, actor, tenant.ProfileUpdate, string(u.ID), u.Email, details); err != nil {
			return err
		}
		return then(tx, u)
	})
}

// Trail answers a page of the workspace's audit trail, newest first, before the entry of that number (0: from the
// newest), and the number to go on from, 0 at the end.
func (s *Service) Trail(ctx context.Context, actor tenant.Actor, limit int, before int64) (out []audit.Entry, next int64, err error) {
	if err := actor.Allow(tenant.AuditRead); err != nil {
		return nil, 0, err
	}
	if err := checkLimit(limit); err != nil {
		return nil, 0, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		out, err = tx.Audit().List(ctx, audit.Query{Limit: limit, Before: before})
		return err
	})
	if len(out) == limit && out[limit-1].Seq > 1 {
		next = out[limit-1].Seq
	}
	return out, next, err
}
