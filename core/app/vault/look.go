package vault

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Look says what files are before they are uploaded, and stores nothing of them.
func (s *Service) Look(ctx context.Context, actor tenant.Actor, files []intake.File) ([]intake.Look, error) {
	if err := actor.Allow(tenant.ArtifactCreate); err != nil {
		return nil, err
	}
	return s.Intake.Look(ctx, files)
}
