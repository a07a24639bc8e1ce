package account

import (
	"context"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Profile is a person as they see themselves in one workspace.
type Profile struct {
	Member    tenant.Member
	Workspace tenant.Tenant
	Scopes    []tenant.Scope // of the credential used
	Platform  bool
}

// Profile answers who the actor is.
func (s *Service) Profile(ctx context.Context, actor tenant.Actor) (Profile, error) {
	if err := s.allowOwn(actor, tenant.ProfileRead); err != nil {
		return Profile{}, err
	}
	p := Profile{Scopes: actor.Scopes, Platform: actor.Platform}
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		if p.Member, err = tx.Members().Get(ctx, actor.User); err != nil {
			return err
		}
		p.Workspace, err = tx.Workspace().Get(ctx)
		return err
	})
	return p, err
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
