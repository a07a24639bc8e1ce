package deploy

import (
	"context"
	"errors"

	"github.com/ignisfox/ignisfox/ports"
)

const (
	fanOutPage = 25 // as many as are worked on at a time: the first are on their way while the others are put into the queue
	sweepPage  = 500
)

// FanOut has every target of a group that we deploy to looked at, a page per transaction. It is a ports.Worker; again does no harm.
func (s *Service) FanOut(ctx context.Context, j ports.Job) error {
	for after := ""; ; {
		var ids []string
		err := s.Store.Tenant(j.Tenant).Update(ctx, func(tx ports.Tx) (err error) {
			ids, err = tx.Deployments().OfGroup(ctx, j.Object, after, fanOutPage)
			if err != nil {
				return err
			}
			for _, target := range ids {
				if err := tx.Enqueue(ctx, reconcile(j.Tenant, target, tx.Now())); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(ids) < fanOutPage {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// Sweep has every target looked at that is due, whatever became of its job. It is a ports.Worker, of no tenant. One that cannot be put
// into the queue keeps no other out of it.
func (s *Service) Sweep(ctx context.Context, _ ports.Job) error {
	due, err := s.Store.Jobs().DueTargets(ctx, s.Now().UTC(), sweepPage)
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range due {
		err := s.Store.Tenant(d.Tenant).Update(ctx, func(tx ports.Tx) error {
			return tx.Enqueue(ctx, reconcile(d.Tenant, d.Target, tx.Now()))
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
