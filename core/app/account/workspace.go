package account

import (
	"context"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
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
	Name         *string
	TimeZone     *string // IANA name
	SecondFactor *bool   // whether every member must have a second factor
}

// ChangeWorkspace renames the workspace, sets its time zone, or says whether its members must have a second factor: those
// without one then get to nothing but making one, with their next request. Whoever asks for that must have one themselves
// (Conflict, own_second_factor_first); a token that ends the demand needs the scope export. To give name or time zone, be they what they were, confirms the profile.
func (s *Service) ChangeWorkspace(ctx context.Context, actor tenant.Actor, c WorkspaceChange) (out tenant.Tenant, err error) {
	if err := actor.Allow(tenant.TenantUpdate); err != nil {
		return out, err
	}
	if err := c.check(); err != nil {
		return out, err
	}
	if err := mayWeaken(actor, c); err != nil {
		return out, err
	}
	if c.SecondFactor == nil || !*c.SecondFactor || actor.User == "" {
		err = s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
			out, err = s.changeWorkspace(ctx, tx, actor, c)
			return err
		})
		return out, err
	}
	// Second factors belong to people, not to workspaces, so they are looked at through the platform's door, in the
	// transaction that relies on them.
	err = s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := hasSecondFactor(ctx, tx, actor.User); err != nil {
			return err
		}
		out, err = s.changeWorkspace(ctx, tx.In(actor.Tenant), actor, c)
		return err
	})
	return out, err
}

// mayWeaken keeps a browser left open, and a token that may only write, from making sign-in weaker for everybody.
func mayWeaken(actor tenant.Actor, c WorkspaceChange) error {
	if c.SecondFactor == nil {
		return nil
	}
	if !*c.SecondFactor {
		if err := actor.Needs(tenant.ScopeExport); err != nil {
			return err
		}
	}
	return actor.NeedsProof()
}

func (s *Service) changeWorkspace(ctx context.Context, tx ports.Tx, actor tenant.Actor, c WorkspaceChange) (tenant.Tenant, error) {
	if _, _, err := tx.Audit().Last(ctx); err != nil { // whoever writes in a tenant takes the end of its trail first
		return tenant.Tenant{}, err
	}
	t, err := tx.Workspace().Get(ctx)
	if err != nil {
		return t, err
	}
	details := map[string]string{}
	if c.Name != nil && strings.TrimSpace(*c.Name) != t.Name {
		t.Name = strings.TrimSpace(*c.Name)
		details["name"] = t.Name
	}
	if c.TimeZone != nil && *c.TimeZone != t.TimeZone {
		t.TimeZone = *c.TimeZone
		details["time_zone"] = t.TimeZone
	}
	if c.SecondFactor != nil && *c.SecondFactor != t.SecondFactor {
		t.SecondFactor = *c.SecondFactor
		details["second_factor"] = strconv.FormatBool(t.SecondFactor)
	}
	confirms := t.ConfirmedAt.IsZero() && (c.Name != nil || c.TimeZone != nil) && actor.Role == tenant.Owner
	if confirms {
		t.ConfirmedAt = tx.Now()
	}
	if len(details) == 0 && !confirms {
		return t, nil
	}
	if err := tx.Workspace().Update(ctx, t); err != nil || len(details) == 0 {
		return t, err
	}
	return t, s.record(ctx, tx, actor, tenant.TenantUpdate, string(t.ID), t.Name, details)
}

func hasSecondFactor(ctx context.Context, tx ports.PlatformTx, user tenant.UserID) error {
	have, err := people.FactorsOf(ctx, tx, user)
	if err != nil || have.Any() {
		return err
	}
	return fault.New(fault.Conflict, "own_second_factor_first",
		"You have no second factor yourself. Add an authenticator app or a passkey under Security first, then ask it of everybody.").
		Field("second_factor", "Add a second factor of your own first.")
}

func (c WorkspaceChange) check() error {
	if c.Name != nil {
		if err := tenant.CheckName("name", strings.TrimSpace(*c.Name), people.MaxName); err != nil {
			return err
		}
	}
	if c.TimeZone != nil {
		return people.CheckTimeZone(*c.TimeZone)
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
