package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	web "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	sweepEvery  = 10 * time.Minute
	sweepRows   = 500 // of each sort, in one transaction
	sweepRounds = 40  // transactions at a time; what is left waits for the next tick
)

// background is a loop that runs until its context ends.
type background struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// start begins run on a context that outlives the one of the start.
func (b *background) start(ctx context.Context, run func(context.Context)) {
	ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	b.done = make(chan struct{})
	go func() {
		defer close(b.done)
		run(ctx)
	}()
}

// stop ends the loop and waits for it, as long as ctx allows.
func (b *background) stop(ctx context.Context) error {
	b.cancel()
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sweeper deletes what has had its time, now and every ten minutes.
type sweeper struct {
	jobs ports.Jobs
	now  func() time.Time
	log  *slog.Logger
}

func (s *sweeper) run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		s.sweep(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *sweeper) sweep(ctx context.Context) {
	gone := 0
	for range sweepRounds {
		n, err := s.jobs.Sweep(ctx, s.now(), sweepRows)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.WarnContext(ctx, "sweeping failed; the next tick tries again", "error", err)
			return
		}
		gone += n
		if n == 0 {
			break
		}
	}
	if gone > 0 {
		s.log.DebugContext(ctx, "swept", "rows", gone)
	}
}

// listening is the HTTP servers on their listeners. failed gets the first error of one that ends by itself.
type listening struct {
	open   *listeners
	server *web.Server
	main   *http.Server
	side   *http.Server // metrics; nil without
	failed chan error
}

func (l *listening) start(context.Context) error {
	l.main = l.server.HTTP()
	go l.serve(l.main, l.open.main)
	if l.side != nil {
		go l.serve(l.side, l.open.metrics)
	}
	return nil
}

func (l *listening) serve(s *http.Server, ln net.Listener) {
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		select {
		case l.failed <- fmt.Errorf("the listener on %s failed: %w", ln.Addr(), err):
		default: // one is enough to end the server
		}
	}
}

// stop tells probes, takes no new connections, and gives requests under way a while to end.
func (l *listening) stop(ctx context.Context) error {
	l.server.Drain()
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	err := l.main.Shutdown(ctx)
	if err != nil {
		err = errors.Join(errors.New("some requests did not end in time and were cut off"), l.main.Close())
	}
	if l.side != nil {
		err = errors.Join(err, l.side.Close())
	}
	return err
}

// metricsServer answers the server of the metrics listener, nil when there is none.
func metricsServer(open *listeners, m *metrics.Metrics, log *slog.Logger) *http.Server {
	if open.metrics == nil {
		return nil
	}
	return &http.Server{
		Handler: m.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
