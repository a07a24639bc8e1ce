package main

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"time"

	"github.com/ignisfox/ignisfox/adapters/jobs"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/ports"
)

// running is a server that can be started and stopped.
type running struct {
	app    application
	http   *listening
	people *signin.Service
}

// application is what fx makes.
type application interface {
	Err() error
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

func (r *running) start(ctx context.Context) error {
	if err := r.app.Err(); err != nil {
		return err
	}
	return r.app.Start(ctx)
}

// wait calls ready, then waits for the end of ctx or the failure of a listener.
func (r *running) wait(ctx context.Context, ready func() error) error {
	if err := ready(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.http.failed:
		return err
	}
}

func (r *running) stop(ctx context.Context) error { return r.app.Stop(ctx) }

// within starts, runs fn and stops, whatever fn answers.
func within(ctx context.Context, start, stop func(context.Context) error, fn func() error) error {
	startCtx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := start(startCtx); err != nil {
		return err
	}
	err := fn()
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return errors.Join(err, stop(stopCtx))
}

// openStore opens the database that the settings name.
func openStore(ctx context.Context, c *settled, log *slog.Logger, why purpose) (ports.Store, *jobs.Queue, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	conf := storage.Config{
		URL: c.DatabaseURL.Reveal(), Now: clock, Log: log, Migrate: why == serving, CreateIfNew: why != existing, Exclusive: why == serving,
	}
	var queue *jobs.Queue
	if why == serving { // commands have nothing done later
		conf.Queue = func(ctx context.Context, h storage.Handles) (_ storage.Enqueue, err error) {
			queue, err = jobs.New(ctx, jobs.Deps{PostgreSQL: h.Pool, SQLite: h.Writer, Migrate: h.Migrate, Log: log})
			return queue.Insert, err
		}
	}
	store, err := storage.Open(ctx, conf)
	if err != nil {
		return nil, nil, startFailure{err}
	}
	if why == serving && sqlitePath(&c.config) != "" { // the one server of this file: requests of the one before are dead
		if err := store.Jobs().ReleaseKeys(ctx); err != nil {
			return nil, nil, errors.Join(startFailure{err}, store.Close())
		}
	}
	return store, queue, nil
}

// systemRoots are the authorities that "publicly trusted" is judged by; without them nothing counts as trusted.
func systemRoots(log *slog.Logger) *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err != nil {
		log.Warn("the system's trusted roots cannot be read; no certificate will count as publicly trusted", "error", err)
		return nil
	}
	return roots
}

func clock() time.Time { return time.Now() }
