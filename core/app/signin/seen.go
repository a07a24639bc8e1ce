package signin

import (
	"context"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// seenAtOnce is how old the row may be before it is brought up to date by the request itself: somebody who comes back just
// before the session would have run idle is not shut out by the minute that the loop waits.
const seenAtOnce = 5 * time.Minute

// saw notes that a session was used. A failure to write it down is logged: the request itself goes on.
func (s *Service) saw(ctx context.Context, sess tenant.Session, now time.Time, addr netip.Addr) {
	minute := now.Truncate(time.Minute)
	if !minute.After(sess.LastAt) && addr == sess.Address {
		return
	}
	n := ports.SessionSeen{ID: sess.ID, At: minute, Address: addr}
	if now.Sub(sess.LastAt) < seenAtOnce {
		s.seen.Note(n.ID, n)
		return
	}
	if err := s.Store.Jobs().RecordSeen(ctx, []ports.SessionSeen{n}); err != nil {
		s.Log.WarnContext(ctx, "use of a session not recorded", "cause", err)
	}
}

// Run writes down once a minute which session was seen when, until ctx ends; then once more.
func (s *Service) Run(ctx context.Context) { s.seen.Run(ctx, s.Log, "use of sessions not recorded") }

// FlushSeen writes down what was seen since the last call, in one transaction. What cannot be written is dropped: the next
// request of the session brings it up to date.
func (s *Service) FlushSeen(ctx context.Context) error { return s.seen.Flush(ctx) }
