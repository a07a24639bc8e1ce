package account

import (
	"context"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	useEvery = time.Minute
	// maxUses bounds what waits to be written; beyond it a token's last use goes unrecorded until the next minute.
	maxUses   = 10_000
	lastFlush = 5 * time.Second
)

type useKey struct {
	tenant tenant.ID
	token  string
}

// uses remembers the last use of each token until it is written down.
type uses struct {
	mu   sync.Mutex
	last map[useKey]ports.TokenUse
}

func (u *uses) note(use ports.TokenUse) {
	use.At = use.At.Truncate(time.Minute)
	k := useKey{use.Tenant, use.ID}
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.last[k]; known || len(u.last) < maxUses {
		u.last[k] = use
	}
}

func (u *uses) take() []ports.TokenUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := make([]ports.TokenUse, 0, len(u.last))
	for _, use := range u.last {
		out = append(out, use)
	}
	clear(u.last)
	return out
}

// Run writes down once a minute when which token was used, until ctx ends; then once more.
func (s *Service) Run(ctx context.Context) {
	t := time.NewTicker(useEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			s.flushLogged(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			s.flushLogged(last)
			return
		}
	}
}

func (s *Service) flushLogged(ctx context.Context) {
	if err := s.FlushUses(ctx); err != nil {
		s.Log.WarnContext(ctx, "last use of tokens not recorded", "cause", err)
	}
}

// FlushUses writes down the uses since the last call, in one transaction. What cannot be written is dropped: the next
// use of the token brings it up to date.
func (s *Service) FlushUses(ctx context.Context) error {
	uses := s.uses.take()
	if len(uses) == 0 {
		return nil
	}
	return s.Store.Jobs().RecordUses(ctx, uses)
}
