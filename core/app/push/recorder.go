package push

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	flushEvery = 3 * time.Second
	flushAt    = 5_000 // fetches waiting that are written down without waiting for the time
	flushLimit = 10 * time.Second
	maxFetches = 50_000 // kept when the store cannot be written; the oldest go first
	maxBatch   = 1_000  // fetches in one transaction
)

// recorder collects fetches and writes them down in batches. Of each token and kind only the newest is kept: a cert
// fetched behind a key must not hide that the device has the key.
type recorder struct {
	store ports.Store
	log   *slog.Logger
	wake  chan struct{}

	mu      sync.Mutex
	pending map[fetchKey]*target.Fetch
	order   []fetchKey // the keys of pending, oldest entry first

	flushing sync.Mutex // one batch is written at a time
	cancel   context.CancelFunc
	stopped  chan struct{}
}

type fetchKey struct {
	token string
	kind  group.FormKind
}

func newRecorder(store ports.Store, log *slog.Logger) *recorder {
	return &recorder{store: store, log: log, wake: make(chan struct{}, 1), pending: map[fetchKey]*target.Fetch{}}
}

func (r *recorder) add(f target.Fetch) {
	k := fetchKey{f.Token, f.Kind}
	r.mu.Lock()
	if old, known := r.pending[k]; !known {
		r.makeRoom()
		r.order = append(r.order, k)
		kept := f // f itself would move to the heap at every call
		r.pending[k] = &kept
	} else if !f.At.Before(old.At) {
		*old = f
	}
	full := len(r.pending) >= flushAt
	r.mu.Unlock()
	if full {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// makeRoom drops the oldest entry when there are too many. The caller holds mu.
func (r *recorder) makeRoom() {
	if len(r.order) >= maxFetches {
		delete(r.pending, r.order[0])
		r.order = r.order[1:]
	}
}

// take empties the recorder and answers what was in it, in order of time.
func (r *recorder) take() []target.Fetch {
	r.mu.Lock()
	pending := r.pending
	r.pending, r.order = make(map[fetchKey]*target.Fetch, len(pending)), nil
	r.mu.Unlock()
	out := make([]target.Fetch, 0, len(pending))
	for _, f := range pending {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b target.Fetch) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Token, b.Token)) })
	return out
}

// putBack keeps what could not be written, the newest first, unless something newer came in meanwhile.
func (r *recorder) putBack(list []target.Fetch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	room := maxFetches - len(r.order)
	var keys []fetchKey
	for _, f := range slices.Backward(list) {
		k := fetchKey{f.Token, f.Kind}
		if _, known := r.pending[k]; known || len(keys) >= room {
			continue
		}
		r.pending[k] = &f
		keys = append(keys, k)
	}
	slices.Reverse(keys)
	r.order = append(keys, r.order...)
}

// flush writes down what is pending.
func (r *recorder) flush(ctx context.Context) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	list := r.take()
	for len(list) > 0 {
		n := min(len(list), maxBatch)
		if err := r.store.Jobs().RecordFetches(ctx, list[:n]); err != nil {
			r.putBack(list)
			return err
		}
		list = list[n:]
	}
	return nil
}

func (r *recorder) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.stopped = cancel, make(chan struct{})
	go r.run(ctx)
}

func (r *recorder) run(ctx context.Context) {
	defer close(r.stopped)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.wake:
		}
		limited, cancel := context.WithTimeout(ctx, flushLimit)
		if err := r.flush(limited); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "last fetches not recorded yet", "cause", err)
			r.pause(ctx, tick)
		}
		cancel()
	}
}

// pause waits for the next tick after a failure, so that a full recorder does not press a store that is down.
func (r *recorder) pause(ctx context.Context, tick *time.Ticker) {
	select {
	case <-ctx.Done():
	case <-tick.C:
	}
}

func (r *recorder) stop(ctx context.Context) error {
	if r.cancel != nil {
		r.cancel()
		<-r.stopped
	}
	return r.flush(ctx)
}
