package account

import (
	"context"
	"strings"
	"time"
	_ "time/tzdata" // time zones are known wherever the program runs

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Workspace answers the actor's workspace.
func (s *Service) Workspace(ctx context.Context, actor tenant.Actor) (out tenant.Tenant, err error) {
	if err := actor.Allow(tenant.TenantRead); err != nil {
		return out, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		out, err = tx.Workspace().Get(ctx)
		return err
	})
	return out, err
}

// WorkspaceChange names what to change; nil stays.
type WorkspaceChange struct {
	Name     *string
	TimeZone *string // IANA name
}

// ChangeWorkspace renames the workspace or sets its time zone.
func (s *Service) ChangeWorkspace(ctx context.Context, actor tenant.Actor, c WorkspaceChange) (out tenant.Tenant, err error) {
	if err := actor.Allow(tenant.TenantUpdate); err != nil {
		return out, err
	}
	if err := c.check(); err != nil {
		return out, err
	}
	err = s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if out, err = tx.Workspace().Get(ctx); err != nil {
			return err
		}
		details := map[string]string{}
		if c.Name != nil && strings.TrimSpace(*c.Name) != out.Name {
			out.Name = strings.TrimSpace(*c.Name)
			details["name"] = out.Name
		}
		if c.TimeZone != nil && *c.TimeZone != out.TimeZone {
			out.TimeZone = *c.TimeZone
			details["time_zone"] = out.TimeZone
		}
		if len(details) == 0 {
			return nil
		}
		if err := tx.Workspace().Update(ctx, out); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.TenantUpdate, string(out.ID), out.Name, details)
	})
	return out, err
}

func (c WorkspaceChange) check() error {
	if c.Name != nil {
		if err := tenant.CheckName("name", strings.TrimSpace(*c.Name), maxName); err != nil {
			return err
		}
	}
	if c.TimeZone != nil {
		if _, err := time.LoadLocation(*c.TimeZone); err != nil || *c.TimeZone == "" || *c.TimeZone == "Local" {
			return fault.New(fault.Invalid, "bad_time_zone", "There is no such time zone.").
				Field("time_zone", "Give an IANA name such as Europe/Berlin or UTC.")
		}
	}
	return nil
}

// DeleteWorkspace ends the actor's workspace: its keys are destroyed and its credentials are dead with the commit, its
// rows are swept away later. name must repeat the workspace's name. It cannot be undone.
func (s *Service) DeleteWorkspace(ctx context.Context, actor tenant.Actor, name string) error {
	if err := actor.Allow(tenant.TenantDelete); err != nil {
		return err
	}
	err := s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		t, err := tx.Tenants().Get(ctx, actor.Tenant)
		if err != nil {
			return err
		}
		if name != t.Name {
			return fault.New(fault.Invalid, "name_differs", "To delete the workspace, repeat its name.").
				Field("name", "Repeat the name of the workspace exactly.")
		}
		if err := s.record(ctx, tx.In(t.ID), actor, tenant.TenantDelete, string(t.ID), t.Name, nil); err != nil {
			return err
		}
		return tx.Tenants().Shred(ctx, t.ID)
	})
	if err != nil {
		return err
	}
	s.Sealer.Forget(actor.Tenant)
	// The trail goes with the workspace; this line stays.
	s.Log.InfoContext(ctx, "workspace deleted", "tenant", string(actor.Tenant), "actor", string(actor.User))
	return nil
}
