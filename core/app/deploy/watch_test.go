package deploy_test

import (
	"sync"
	"time"
)

// watch is a clock that a test sets.
type watch struct {
	mu  sync.Mutex
	now time.Time
}

func (w *watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watch) to(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.After(w.now) {
		w.now = at
	}
}
