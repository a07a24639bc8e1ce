package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Change says what of a target is to be otherwise; nil leaves it as it is. Settings is a merge patch (RFC 7396): what is left out
// stays, secrets too, null removes.
type Change struct {
	Name      *string
	Group     *string // id or name
	Settings  map[string]any
	Endpoints *[]string
	SNI       *string
	Schedule  *string
	Tags      *[]string
}

// Change alters a target and answers it as it is then; the device is looked at anew when it matters to it. A change of host, port, jump
// host, URL or pinned key asks for the secrets again. A browser needs a recent proof of identity for a change of the group or the
// settings. Faults as Create, and Conflict: changed_meanwhile; deployment_running for what a deployment works with.
func (s *Service) Change(ctx context.Context, actor tenant.Actor, targetID string, c Change) (t target.Target, err error) {
	if err := actor.Allow(tenant.TargetUpdate); err != nil {
		return t, err
	}
	var before target.Target
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		before, err = deployed(ctx, tx, targetID)
		return err
	})
	if err != nil {
		return t, err
	}
	next, set, err := s.changed(ctx, actor, before, c)
	if err != nil {
		return t, err
	}
	secrets, err := s.sealed(ctx, actor.Tenant, set.secrets)
	if err != nil {
		return t, err
	}
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		now, err := deployed(ctx, tx, targetID)
		if err != nil {
			return err
		}
		if edited(before, now) { // what was checked outside rests on what was there then
			return fault.New(fault.Conflict, "changed_meanwhile", "Somebody has changed this target meanwhile. Look at it again, then change it.")
		}
		t = next
		t.Deploy.Paused, t.Deploy.Status = now.Deploy.Paused, now.Deploy.Status
		if c.Group != nil {
			g, err := intake.FindGroup(ctx, tx, *c.Group)
			if err == nil && g.ID != now.Group {
				_, err = intake.KeyedGroup(ctx, tx, g.ID)
			}
			if err != nil {
				return err
			}
			t.Group = g.ID
		}
		return s.store(ctx, tx, actor, now, &t, set, secrets)
	})
	return t, err
}

// changed answers what the target would be.
func (s *Service) changed(ctx context.Context, actor tenant.Actor, before target.Target, c Change) (target.Target, *settings, error) {
	t, set := before, &settings{plain: before.Deploy.Settings}
	deploy := *before.Deploy
	t.Deploy = &deploy
	if c.Settings != nil {
		var err error
		if set, err = s.merge(ctx, t.Type, before.Deploy.Settings, before.Deploy.Secrets, c.Settings); err != nil {
			return t, nil, err
		}
		if !same(set.plain, deploy.Settings) {
			deploy.Settings = set.plain
		}
	}
	if c.Name != nil {
		t.Name = strings.TrimSpace(*c.Name)
		if err := tenant.CheckName("name", t.Name, target.NameRunes); err != nil {
			return t, nil, err
		}
	}
	if c.Tags != nil {
		var err error
		if t.Tags, err = target.CleanTags(*c.Tags); err != nil {
			return t, nil, err
		}
	}
	return t, set, s.serving(ctx, actor.Tenant, t.Deploy, c.Endpoints, c.SNI, c.Schedule)
}

// edited says whether people made something else of a target. That it was paused meanwhile is no matter.
func edited(before, now target.Target) bool {
	a, b := before.Deploy, now.Deploy
	return before.Name != now.Name || before.Group != now.Group || !slices.Equal(before.Tags, now.Tags) || !same(a.Settings, b.Settings) ||
		!slices.Equal(a.Secrets, b.Secrets) || !slices.Equal(a.Endpoints, b.Endpoints) || a.SNI != b.SNI || a.Schedule != b.Schedule
}

// same compares settings as they are stored: a number that was read back is of another type, and means the same.
func same(a, b map[string]any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return len(a) == 0 && len(b) == 0 || err == nil && err2 == nil && bytes.Equal(x, y)
}

// store writes a changed target down and has it looked at when something changed that the device should hear of.
func (s *Service) store(ctx context.Context, tx ports.Tx, actor tenant.Actor, before target.Target, t *target.Target, set *settings, secrets []ports.TargetSecret) error {
	altered := len(secrets) > 0 || len(set.drop) > 0 || !same(t.Deploy.Settings, before.Deploy.Settings)
	reached := altered || t.Group != before.Group
	looked := !slices.Equal(t.Deploy.Endpoints, before.Deploy.Endpoints) || t.Deploy.SNI != before.Deploy.SNI
	timed := t.Deploy.Schedule != before.Deploy.Schedule
	if !reached && !looked && !timed && t.Name == before.Name && slices.Equal(t.Tags, before.Tags) {
		*t = before
		return nil
	}
	if reached { // a browser left open must not bring a key, or a command, to a device
		if err := actor.NeedsProof(); err != nil {
			return err
		}
	}
	if altered || looked {
		if err := before.Idle(); err != nil {
			return err
		}
	}
	if err := tx.Targets().Update(ctx, *t); err != nil {
		return err
	}
	if err := tx.Deployments().DropSecrets(ctx, t.ID, set.drop); err != nil {
		return err
	}
	for _, sec := range secrets {
		if err := tx.Deployments().PutSecret(ctx, t.ID, sec); err != nil {
			return err
		}
	}
	var err error
	if altered {
		err = tx.Deployments().ResetAttempts(ctx, t.ID)
	}
	switch {
	case err != nil:
	case reached || looked:
		err = s.replan(ctx, tx, *t)
	case timed:
		err = s.retime(ctx, tx, t.ID)
	}
	if err != nil {
		return err
	}
	names := map[string]bool{
		"name": t.Name != before.Name, "tags": !slices.Equal(t.Tags, before.Tags), "group": t.Group != before.Group,
		"settings": altered, "endpoints": looked, "schedule": timed,
	}
	maps.DeleteFunc(names, func(_ string, is bool) bool { return !is })
	err = s.record(ctx, tx, actor, tenant.TargetUpdate, *t, map[string]string{"changed": strings.Join(slices.Sorted(maps.Keys(names)), ",")})
	if err != nil {
		return err
	}
	*t, err = tx.Targets().Get(ctx, t.ID)
	return err
}
