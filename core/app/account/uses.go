package account

import (
	"context"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// useKey is a token of a workspace.
type useKey struct {
	tenant tenant.ID
	token  string
}

// Run writes down once a minute when which token was used, until ctx ends; then once more.
func (s *Service) Run(ctx context.Context) { s.uses.Run(ctx, s.Log, "last use of tokens not recorded") }

// FlushUses writes down the uses since the last call, in one transaction. What cannot be written is dropped: the next
// use of the token brings it up to date.
func (s *Service) FlushUses(ctx context.Context) error { return s.uses.Flush(ctx) }
