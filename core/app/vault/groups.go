package vault

import (
	"context"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Groups answers a page of groups.
func (s *Service) Groups(ctx context.Context, actor tenant.Actor, q group.Query) (group.Page, error) {
	var page group.Page
	if err := actor.Allow(tenant.GroupRead); err != nil {
		return page, err
	}
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		page, err = tx.Groups().List(ctx, q)
		return err
	})
	return page, err
}

// Group answers one group by id or name.
func (s *Service) Group(ctx context.Context, actor tenant.Actor, idOrName string) (group.Group, error) {
	var g group.Group
	if err := actor.Allow(tenant.GroupRead); err != nil {
		return g, err
	}
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		g, err = intake.FindGroup(ctx, tx, idOrName)
		return err
	})
	return g, err
}

// CreateGroup makes an empty group, with a PFX password unless that is empty.
func (s *Service) CreateGroup(ctx context.Context, actor tenant.Actor, name string, password secret.String) (group.Group, error) {
	var g group.Group
	if err := actor.Allow(tenant.GroupCreate); err != nil {
		return g, err
	}
	if !password.Empty() {
		if err := checkPFXPassword(password); err != nil {
			return g, err
		}
	}
	err := s.update(ctx, actor, func(tx ports.Tx) error {
		made, err := intake.NewGroup(ctx, tx, "name", name)
		if err != nil {
			return err
		}
		if !password.Empty() {
			if _, err := s.usePassword(ctx, tx, made.ID, password, true); err != nil {
				return err
			}
		}
		if err := s.record(ctx, tx, actor, tenant.GroupCreate, made.ID, made.Name, nil); err != nil {
			return err
		}
		g, err = tx.Groups().Get(ctx, made.ID)
		return err
	})
	return g, err
}

// GroupChange says what to alter; nil leaves a fact alone.
type GroupChange struct {
	Name          *string
	Password      *secret.String // a new PFX password
	ClearPassword bool
}

// ChangeGroup renames a group or sets, changes or clears its PFX password; for the latter a browser needs a recent proof of
// identity.
func (s *Service) ChangeGroup(ctx context.Context, actor tenant.Actor, groupID string, c GroupChange) (group.Group, error) {
	var g group.Group
	if err := actor.Allow(tenant.GroupUpdate); err != nil {
		return g, err
	}
	if c.Name != nil {
		name := strings.TrimSpace(*c.Name)
		if err := intake.CheckGroupName("name", name); err != nil {
			return g, err
		}
		c.Name = &name
	}
	if c.Password != nil {
		if err := checkPFXPassword(*c.Password); err != nil {
			return g, err
		}
	}
	if c.Password != nil || c.ClearPassword { // files with keys then open with another password, or none that was agreed on
		if err := actor.NeedsProof(); err != nil {
			return g, err
		}
	}
	err := s.update(ctx, actor, func(tx ports.Tx) error {
		old, err := tx.Groups().Lock(ctx, groupID)
		if err != nil {
			return err
		}
		details, err := s.changeGroup(ctx, tx, old, c)
		if err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, tenant.GroupUpdate, groupID, old.Name, details); err != nil {
			return err
		}
		g, err = tx.Groups().Get(ctx, groupID)
		return err
	})
	return g, err
}

func (s *Service) changeGroup(ctx context.Context, tx ports.Tx, old group.Group, c GroupChange) (map[string]string, error) {
	details := map[string]string{}
	if c.Name != nil && *c.Name != old.Name {
		if err := tx.Groups().Rename(ctx, old.ID, *c.Name); err != nil {
			return nil, err
		}
		details["renamed_to"] = *c.Name
	}
	switch {
	case c.ClearPassword:
		details["password"] = "cleared"
		return details, tx.Groups().SetPassword(ctx, old.ID, 0)
	case c.Password != nil:
		details["password"] = "changed"
		_, err := s.usePassword(ctx, tx, old.ID, *c.Password, true)
		return details, err
	}
	return details, nil
}

// DeleteGroup deletes a group that no target is bound to. Its rows stay in the vault, ungrouped.
func (s *Service) DeleteGroup(ctx context.Context, actor tenant.Actor, groupID string) error {
	if err := actor.Allow(tenant.GroupDelete); err != nil {
		return err
	}
	return s.update(ctx, actor, func(tx ports.Tx) error {
		g, err := tx.Groups().Lock(ctx, groupID)
		if err != nil {
			return err
		}
		if err := s.Intake.DeleteGroup(ctx, tx, actor, groupID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.GroupDelete, groupID, g.Name, nil)
	})
}
