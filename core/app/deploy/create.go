package deploy

import (
	"context"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// NewTarget is what a target that we deploy to is made of. Group is an id or a name. Settings are as JSON gives them, secrets in place.
type NewTarget struct {
	Name      string
	Type      target.Type
	Group     string
	Settings  map[string]any
	Endpoints []string
	SNI       string
	Schedule  string
	Tags      []string
}

// Create makes a target; its first deployment begins at once. Faults Invalid: bad_type, bad_name, bad_settings with a field for each
// setting ("settings.host"), bad_endpoint, bad_sni, bad_schedule, bad_tags, group_without_key; NotFound for the group.
func (s *Service) Create(ctx context.Context, actor tenant.Actor, in NewTarget) (t target.Target, err error) {
	if err := actor.Allow(tenant.TargetCreate); err != nil {
		return t, err
	}
	c, err := s.merge(ctx, in.Type, nil, nil, in.Settings)
	if err != nil {
		return t, err
	}
	t = target.Target{Name: strings.TrimSpace(in.Name), Type: in.Type, Deploy: &target.Deploy{Settings: c.plain}}
	if err := tenant.CheckName("name", t.Name, target.NameRunes); err != nil {
		return t, err
	}
	if t.Tags, err = target.CleanTags(in.Tags); err != nil {
		return t, err
	}
	if err := s.serving(ctx, actor.Tenant, t.Deploy, &in.Endpoints, &in.SNI, &in.Schedule); err != nil {
		return t, err
	}
	secrets, err := s.sealed(ctx, actor.Tenant, c.secrets)
	if err != nil {
		return t, err
	}
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		g, err := intake.KeyedGroup(ctx, tx, in.Group)
		if err != nil {
			return err
		}
		t.ID, t.Group, t.CreatedAt = id.New("tgt", tx.Now()), g.ID, tx.Now()
		if err := tx.Targets().Insert(ctx, t); err != nil {
			return err
		}
		for _, sec := range secrets {
			if err := tx.Deployments().PutSecret(ctx, t.ID, sec); err != nil {
				return err
			}
		}
		if err := s.replan(ctx, tx, t); err != nil {
			return err
		}
		err = s.record(ctx, tx, actor, tenant.TargetCreate, t, map[string]string{"group": g.ID, "type": string(t.Type)})
		if err != nil {
			return err
		}
		t, err = tx.Targets().Get(ctx, t.ID)
		return err
	})
	return t, err
}

// serving reads where a device serves, under which name, and when it is re-checked; nil leaves as it is.
func (s *Service) serving(ctx context.Context, t tenant.ID, d *target.Deploy, ends *[]string, sni, schedule *string) (err error) {
	if ends != nil {
		if d.Endpoints, err = endpoints(*ends); err != nil {
			return err
		}
	}
	if sni != nil {
		if d.SNI, err = serverName(*sni); err != nil {
			return err
		}
	}
	if schedule != nil {
		d.Schedule, err = s.cron(ctx, t, *schedule)
	}
	return err
}

// replan has a target that is new or was changed looked at now, and re-checked by its schedule.
func (s *Service) replan(ctx context.Context, tx ports.Tx, t target.Target) error {
	var st target.Status
	if err := s.schedule(ctx, tx, t, &st); err != nil {
		return err
	}
	if t.Deploy.Paused {
		return tx.Deployments().Plan(ctx, t.ID, time.Time{}, st.NextScheduleAt)
	}
	if err := tx.Deployments().Plan(ctx, t.ID, tx.Now(), st.NextScheduleAt); err != nil {
		return err
	}
	return tx.Enqueue(ctx, reconcile(tx.Tenant(), t.ID, tx.Now()))
}

// retime has a target re-checked by another schedule, and leaves everything else that is planned for it. The caller has written the target
// in this transaction: what is read now stays as it is.
func (s *Service) retime(ctx context.Context, tx ports.Tx, targetID string) error {
	t, err := tx.Targets().Get(ctx, targetID)
	if err != nil {
		return err
	}
	st := t.Deploy.Status
	if err := s.schedule(ctx, tx, t, &st); err != nil {
		return err
	}
	if err := tx.Deployments().Plan(ctx, t.ID, st.NextAttemptAt, st.NextScheduleAt); err != nil {
		return err
	}
	if t.Deploy.Paused || st.NextScheduleAt.IsZero() {
		return nil
	}
	return tx.Enqueue(ctx, reconcile(tx.Tenant(), t.ID, st.NextScheduleAt))
}

// update runs fn alone among the writers of the tenant: whoever holds the end of the audit chain goes first, so that what fn reads is
// what it changes.
func (s *Service) update(ctx context.Context, actor tenant.Actor, fn func(ports.Tx) error) error {
	return s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if _, _, err := tx.Audit().Last(ctx); err != nil {
			return err
		}
		return fn(tx)
	})
}

// deployed answers a target that we deploy to. Faults NotFound; Invalid not_deployed for one that pulls.
func deployed(ctx context.Context, tx ports.Tx, targetID string) (target.Target, error) {
	if !id.Valid(targetID) {
		return target.Target{}, fault.Missing("target")
	}
	t, err := tx.Targets().Get(ctx, targetID)
	if err == nil && t.Deploy == nil {
		err = fault.New(fault.Invalid, "not_deployed", "This device fetches by itself; nothing is deployed to it.")
	}
	return t, err
}
