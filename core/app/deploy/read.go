package deploy

import (
	"context"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Target answers a target that we deploy to. Faults NotFound; Invalid not_deployed for one that fetches by itself.
func (s *Service) Target(ctx context.Context, actor tenant.Actor, targetID string) (t target.Target, err error) {
	err = s.reading(ctx, actor, func(tx ports.Tx) error {
		t, err = deployed(ctx, tx, targetID)
		return err
	})
	return t, err
}
