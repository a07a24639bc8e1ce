package overview

import (
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Counts answers how much there is of everything: what the navigation shows on every page.
func (s *Service) Counts(ctx context.Context, actor tenant.Actor) (c artifact.Counts, err error) {
	err = s.view(ctx, actor, func(tx ports.Tx) error {
		c, err = tx.Summary().Counts(ctx)
		return err
	})
	return c, err
}
