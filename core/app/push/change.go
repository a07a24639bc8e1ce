package push

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Change says what of a target is to be otherwise; nil leaves it as it is. Group is an id or a name.
type Change struct {
	Name     *string
	Group    *string
	Settings *SettingsChange
	Tags     *[]string
	Serving  Serving // none of it, for a pull target
}

// SettingsChange is the same for the settings of a pull target. An empty preset is the default, an empty list of
// networks means from anywhere.
type SettingsChange struct {
	PFXPreset    *cert.Preset
	AllowedCIDRs *[]netip.Prefix
	ExpiresAt    *time.Time
	NeverExpires bool // takes the expiry away
}

// Change alters a target and answers it as it is then; a change that changes nothing leaves no trace. Faults as Create,
// and NotFound; a browser needs a recent proof of identity when the group, the networks or the expiry change. Whether the group holds a key is asked of another group only: the target's own may have lost it.
func (s *Service) Change(ctx context.Context, actor tenant.Actor, targetID string, c Change) (t target.Target, err error) {
	if err := actor.Allow(tenant.TargetUpdate); err != nil {
		return t, err
	}
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		old, err := find(ctx, tx, targetID)
		if err != nil {
			return err
		}
		t = old
		if err := s.apply(ctx, tx, &t, c); err != nil || same(&old, &t) {
			return err
		}
		if !reachedAlike(&old, &t) { // a browser left open must not bring a key to a device that somebody else holds
			if err := actor.NeedsProof(); err != nil {
				return err
			}
		}
		if err := tx.Targets().Update(ctx, t); err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, tenant.TargetUpdate, t, map[string]string{"changed": c.names()}); err != nil {
			return err
		}
		t, err = tx.Targets().Get(ctx, t.ID)
		return err
	})
	s.dropDead(&t)
	return t, err
}

// same says whether nothing of what can be changed differs.
func same(a, b *target.Target) bool {
	return a.Name == b.Name && slices.Equal(a.Tags, b.Tags) && a.Settings.PFXPreset == b.Settings.PFXPreset && reachedAlike(a, b)
}

// reachedAlike says whether the same key is handed out, to the same networks, until the same time.
func reachedAlike(a, b *target.Target) bool {
	x, y := a.Settings.ExpiresAt, b.Settings.ExpiresAt
	return a.Group == b.Group && slices.Equal(a.Settings.AllowedCIDRs, b.Settings.AllowedCIDRs) &&
		(x == nil) == (y == nil) && (x == nil || x.Equal(*y))
}

func (s *Service) apply(ctx context.Context, tx ports.Tx, t *target.Target, c Change) error {
	if c.Name != nil {
		t.Name = *c.Name
	}
	if c.Tags != nil {
		t.Tags = slices.Clone(*c.Tags)
	}
	if c.Group != nil {
		g, err := intake.FindGroup(ctx, tx, *c.Group)
		if err != nil {
			return err
		}
		if g.ID != t.Group {
			if _, err := intake.KeyedGroup(ctx, tx, g.ID); err != nil {
				return err
			}
		}
		t.Group = g.ID
	}
	if err := c.Serving.check(); err != nil {
		return err
	}
	now := time.Time{} // an expiry that is there already may have come: other things can still be changed
	if n := c.Settings; n != nil {
		if n.PFXPreset != nil {
			t.Settings.PFXPreset = *n.PFXPreset
		}
		if n.AllowedCIDRs != nil {
			t.Settings.AllowedCIDRs = slices.Clone(*n.AllowedCIDRs)
		}
		switch {
		case n.NeverExpires:
			t.Settings.ExpiresAt = nil
		case n.ExpiresAt != nil:
			t.Settings.ExpiresAt, now = n.ExpiresAt, s.Now()
		}
	}
	return check(t, now)
}

// names answers what is changed, for the audit trail.
func (c Change) names() string {
	var out []string
	add := func(name string, there bool) {
		if there {
			out = append(out, name)
		}
	}
	add("name", c.Name != nil)
	add("group", c.Group != nil)
	add("tags", c.Tags != nil)
	if n := c.Settings; n != nil {
		add("pfx_preset", n.PFXPreset != nil)
		add("allowed_cidrs", n.AllowedCIDRs != nil)
		add("expires_at", n.NeverExpires || n.ExpiresAt != nil)
	}
	return strings.Join(out, ",")
}
