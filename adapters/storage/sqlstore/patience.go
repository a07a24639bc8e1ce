package sqlstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	patienceLimit = 30 * time.Second // for a database that is busy
	patienceStep  = 2 * time.Millisecond
	patienceMost  = 250 * time.Millisecond
)

var errPatience = errors.New("the database stayed busy")

// patience paces the repetitions of a transaction: it waits twice as long each time, with jitter, and ends after
// patienceLimit.
type patience struct {
	end  time.Time
	step time.Duration
}

func newPatience() *patience {
	return &patience{end: time.Now().Add(patienceLimit), step: patienceStep}
}

// wait answers nil when it is worth another try.
func (p *patience) wait(ctx context.Context) error {
	if time.Now().After(p.end) {
		return errPatience
	}
	timer := time.NewTimer(p.step/2 + rand.N(p.step)) //nolint:gosec // spreads retries; nobody gains by guessing it
	defer timer.Stop()
	p.step = min(2*p.step, patienceMost)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
