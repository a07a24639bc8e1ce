package signin

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	seenEvery = time.Minute
	// seenAtOnce is how old the row may be before it is brought up to date by the request itself: somebody who comes back
	// just before the session would have run idle is not shut out by the minute that the loop waits.
	seenAtOnce = 5 * time.Minute
	// maxSeen bounds what waits to be written; beyond it a session goes unrecorded until its row is old.
	maxSeen   = 10_000
	lastFlush = 5 * time.Second
)

// seen remembers when each session was last seen until it is written down.
type seen struct {
	mu   sync.Mutex
	last map[string]ports.SessionSeen
}

func (v *seen) note(n ports.SessionSeen) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.last[n.ID]; known || len(v.last) < maxSeen {
		v.last[n.ID] = n
	}
}

func (v *seen) take() []ports.SessionSeen {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make([]ports.SessionSeen, 0, len(v.last))
	for _, n := range v.last {
		out = append(out, n)
	}
	clear(v.last)
	return out
}

// saw notes that a session was used. A failure to write it down is logged: the request itself goes on.
func (s *Service) saw(ctx context.Context, sess tenant.Session, now time.Time, addr netip.Addr) {
	minute := now.Truncate(time.Minute)
	if !minute.After(sess.LastAt) && addr == sess.Address {
		return
	}
	n := ports.SessionSeen{ID: sess.ID, At: minute, Address: addr}
	if now.Sub(sess.LastAt) < seenAtOnce {
		s.seen.note(n)
		return
	}
	if err := s.Store.Jobs().RecordSeen(ctx, []ports.SessionSeen{n}); err != nil {
		s.Log.WarnContext(ctx, "use of a session not recorded", "cause", err)
	}
}

// Run writes down once a minute which session was seen when, until ctx ends; then once more.
func (s *Service) Run(ctx context.Context) {
	t := time.NewTicker(seenEvery)
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
	if err := s.FlushSeen(ctx); err != nil {
		s.Log.WarnContext(ctx, "use of sessions not recorded", "cause", err)
	}
}

// FlushSeen writes down what was seen since the last call, in one transaction. What cannot be written is dropped: the next
// request of the session brings it up to date.
func (s *Service) FlushSeen(ctx context.Context) error {
	list := s.seen.take()
	if len(list) == 0 {
		return nil
	}
	return s.Store.Jobs().RecordSeen(ctx, list)
}
