package people

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	latestEvery = time.Minute
	// maxLatest bounds what waits to be written; beyond it a use goes unrecorded until the next one after a flush.
	maxLatest = 10_000
	lastFlush = 5 * time.Second
)

// Latest remembers the last use of each of many things until it is written down: what each request would write is written once a
// minute. It is safe for concurrent use.
//
//	l := people.NewLatest[string](store.Jobs().RecordSeen)
//	l.Note(id, use)                                    // with each request
//	go l.Run(ctx, log, "use of sessions not recorded") // until ctx ends
type Latest[K comparable, V any] struct {
	write func(ctx context.Context, uses []V) error
	mu    sync.Mutex
	last  map[K]V
}

// NewLatest answers a Latest that writes with write, which takes all uses in one transaction.
func NewLatest[K comparable, V any](write func(ctx context.Context, uses []V) error) *Latest[K, V] {
	return &Latest[K, V]{write: write, last: map[K]V{}}
}

// Note remembers v as the last use of k.
func (l *Latest[K, V]) Note(k K, v V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.last[k]; known || len(l.last) < maxLatest {
		l.last[k] = v
	}
}

// Flush writes down the uses since the last call. What cannot be written is dropped: the next use brings it up to date.
func (l *Latest[K, V]) Flush(ctx context.Context) error {
	uses := l.take()
	if len(uses) == 0 {
		return nil
	}
	return l.write(ctx, uses)
}

func (l *Latest[K, V]) take() []V {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]V, 0, len(l.last))
	for _, v := range l.last {
		out = append(out, v)
	}
	clear(l.last)
	return out
}

// Run flushes once a minute until ctx ends; then once more. A failure is logged with those words.
func (l *Latest[K, V]) Run(ctx context.Context, log *slog.Logger, words string) {
	t := time.NewTicker(latestEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			l.flushLogged(ctx, log, words)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			l.flushLogged(last, log, words)
			return
		}
	}
}

func (l *Latest[K, V]) flushLogged(ctx context.Context, log *slog.Logger, words string) {
	if err := l.Flush(ctx); err != nil {
		log.WarnContext(ctx, words, "cause", err)
	}
}
