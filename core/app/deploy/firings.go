package deploy

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// mostFirings bounds what Firings answers.
const mostFirings = 10

// Firings answers the next n times at which a schedule fires in the workspace's time zone: what a form shows of it. None for an empty
// schedule, fewer when it never fires again. Fault Invalid bad_schedule, with the field "schedule".
func (s *Service) Firings(ctx context.Context, actor tenant.Actor, schedule string, n int) (out []time.Time, err error) {
	if err := actor.Allow(tenant.TargetRead); err != nil {
		return nil, err
	}
	if schedule, err = s.cron(ctx, actor.Tenant, schedule); err != nil || schedule == "" {
		return nil, err
	}
	zone := ""
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		ws, err := tx.Workspace().Get(ctx)
		zone = ws.TimeZone
		return err
	})
	if err != nil {
		return nil, err
	}
	for at := s.Now(); len(out) < min(n, mostFirings); {
		next, err := s.Cron.Next(schedule, zone, at)
		if err != nil {
			break // it was right, and has come to its end
		}
		out, at = append(out, next), next
	}
	return out, nil
}
