package main

import (
	"context"
	"errors"
	"time"

	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// watchedStore counts when the work beside requests cannot be stored; requests have counters of their own.
type watchedStore struct {
	ports.Store
	failed func(during string)
}

// watched answers the store of the server.
func watched(store ports.Store, m *metrics.Metrics) ports.Store {
	return watchedStore{store, m.StoreError}
}

// Jobs implements ports.Store.
func (s watchedStore) Jobs() ports.Jobs { return watchedJobs{s.Store.Jobs(), s.failed} }

type watchedJobs struct {
	ports.Jobs
	failed func(during string)
}

// RecordFetches implements ports.Jobs.
func (j watchedJobs) RecordFetches(ctx context.Context, fetches []target.Fetch) error {
	return j.count(ctx, "fetches", j.Jobs.RecordFetches(ctx, fetches))
}

// RecordUses implements ports.Jobs.
func (j watchedJobs) RecordUses(ctx context.Context, uses []ports.TokenUse) error {
	return j.count(ctx, "uses", j.Jobs.RecordUses(ctx, uses))
}

// Sweep implements ports.Jobs.
func (j watchedJobs) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	n, err := j.Jobs.Sweep(ctx, now, limit)
	return n, j.count(ctx, "sweep", err)
}

// count passes err on. What was called off is no fault of the store; what took too long is.
func (j watchedJobs) count(ctx context.Context, during string, err error) error {
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		j.failed(during)
	}
	return err
}
