package sqlstore

import (
	"errors"
	"sync"
	"time"
)

// closeLimit is how long Close waits for open transactions; what is open then is cut off.
const closeLimit = 15 * time.Second

var errClosed = errors.New("the store is closed")

// drain counts what is open, so that Close can wait for its end. database/sql would close the connections below it.
type drain struct {
	mu      sync.Mutex
	open    int
	closing bool
	empty   chan struct{} // closed when closing and nothing is open
}

// enter counts one in, unless the store is closing. What an open transaction may wait for, inner, is let in until the last
// one has ended.
func (d *drain) enter(inner bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing && (!inner || d.open == 0) {
		return unavailable(errClosed)
	}
	d.open++
	return nil
}

func (d *drain) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open--; d.open == 0 && d.closing {
		close(d.empty)
	}
}

// wait lets nothing more in and waits for what is open, at most limit. It says whether all has ended.
func (d *drain) wait(limit time.Duration) bool {
	d.mu.Lock()
	if d.closing {
		d.mu.Unlock()
		return true
	}
	d.closing, d.empty = true, make(chan struct{})
	if d.open == 0 {
		close(d.empty)
	}
	d.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-d.empty:
		return true
	case <-timer.C:
		return false
	}
}
