package account

import (
	"cmp"
	"context"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Preferences are how things are shown to a person, in all their workspaces.
type Preferences struct {
	TimeZone   string // IANA name; empty: that of the workspace
	DateFormat tenant.DateFormat
	Workspace  string // the workspace's time zone
}

// Zone answers the IANA name of the time zone in use.
func (p Preferences) Zone() string { return cmp.Or(p.TimeZone, p.Workspace, "UTC") }

// Preferences answers the actor's own.
func (s *Service) Preferences(ctx context.Context, actor tenant.Actor) (p Preferences, err error) {
	if err := s.allowOwn(actor, tenant.ProfileRead); err != nil {
		return Preferences{}, err
	}
	err = s.Store.Platform().View(ctx, func(tx ports.PlatformTx) error {
		u, err := tx.Users().Get(ctx, actor.User)
		if err != nil {
			return err
		}
		p, err = preferencesOf(ctx, tx, actor, u)
		return err
	})
	return p, err
}

func preferencesOf(ctx context.Context, tx ports.PlatformTx, actor tenant.Actor, u tenant.User) (Preferences, error) {
	p := Preferences{TimeZone: u.TimeZone, DateFormat: cmp.Or(u.DateFormat, tenant.DateLong)}
	if actor.Tenant == "" {
		return p, nil
	}
	w, err := tx.In(actor.Tenant).Workspace().Get(ctx)
	p.Workspace = w.TimeZone
	return p, err
}

// PreferencesChange names what to change; nil stays. An empty time zone is the workspace's, an empty format the default.
type PreferencesChange struct {
	TimeZone   *string
	DateFormat *tenant.DateFormat
}

// ChangePreferences sets the actor's own and answers them as they are then. Faults: bad_time_zone, bad_date_format.
func (s *Service) ChangePreferences(ctx context.Context, actor tenant.Actor, c PreferencesChange) (p Preferences, err error) {
	if err := s.allowOwn(actor, tenant.ProfileUpdate); err != nil {
		return Preferences{}, err
	}
	if c.TimeZone != nil && *c.TimeZone != "" {
		if err := people.CheckTimeZone(*c.TimeZone); err != nil {
			return Preferences{}, err
		}
	}
	if c.DateFormat != nil && *c.DateFormat != "" {
		if _, err := tenant.ParseDateFormat(string(*c.DateFormat)); err != nil {
			return Preferences{}, err
		}
	}
	err = s.changeSelf(ctx, actor, func(u *tenant.User, details map[string]string) {
		if c.TimeZone != nil && *c.TimeZone != u.TimeZone {
			u.TimeZone = *c.TimeZone
			details["time_zone"] = u.TimeZone
		}
		if c.DateFormat != nil && cmp.Or(*c.DateFormat, tenant.DateLong) != cmp.Or(u.DateFormat, tenant.DateLong) {
			u.DateFormat = *c.DateFormat
			details["date_format"] = string(u.DateFormat)
		}
	}, func(tx ports.PlatformTx, u tenant.User) error {
		p, err = preferencesOf(ctx, tx, actor, u)
		return err
	})
	return p, err
}
