package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// engine is River on one of the databases.
type engine interface {
	migrate(ctx context.Context, may bool) error
	insert(ctx context.Context, conn *sql.Conn, tx *sql.Tx, a jobArgs, w when) error
	start(ctx context.Context, d Deps, workers map[ports.JobKind]ports.Worker) (stop func(context.Context) error, err error)
}

const (
	fetchCooldown = 20 * time.Millisecond
	fetchPoll     = 500 * time.Millisecond // how exact the time of a job for later is
	keepDone      = time.Hour
)

// inserter is a client that only inserts. Its cooldown is for how long it tells nobody of a job more after it told of one: the
// transaction that it told in may be undone, or be committed after the other.
func inserter[TTx any](driver riverdriver.Driver[TTx], log *slog.Logger) (*river.Client[TTx], error) {
	return river.NewClient(driver, &river.Config{Hooks: []rivertype.Hook{keys{}}, Logger: quiet(log), MaxAttempts: maxAttempts,
		FetchCooldown: river.FetchCooldownMin})
}

// up brings River's tables to the version of this program, or refuses others.
func up[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], may bool, log *slog.Logger) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return fmt.Errorf("migrations of the queue: %w", err)
	}
	res, err := m.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("version of the queue: %w", err)
	}
	if res.OK {
		return nil
	}
	if !may {
		return fault.New(fault.Conflict, "schema_version", "The queue of jobs in the database is not of this version. "+
			"Start the server of this version once; it brings the database up to date.")
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fault.Wrap(err, fault.Unavailable, "migration_failed",
			"The queue of jobs in the database could not be brought up to date. The log says why.")
	}
	return nil
}

// work starts a client that does jobs. It answers how to stop it.
func work[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], d Deps, workers map[ports.JobKind]ports.Worker) (func(context.Context) error, error) {
	bundle := river.NewWorkers()
	queues := map[string]river.QueueConfig{}
	for kind, w := range workers {
		size, queue := planners, queuePlan
		var err error
		switch kind {
		case ports.JobReconcile:
			size, queue = d.Reconcilers, queueDeploy
			err = river.AddWorkerSafely(bundle, worker[reconcileArgs]{do: w, deps: d})
		case ports.JobFanOut:
			err = river.AddWorkerSafely(bundle, worker[fanOutArgs]{do: w, deps: d})
		case ports.JobSweep:
			err = river.AddWorkerSafely(bundle, worker[sweepArgs]{do: w, deps: d})
		default:
			err = fmt.Errorf("there is no job of kind %q", kind)
		}
		if err != nil {
			return nil, err
		}
		queues[queue] = river.QueueConfig{MaxWorkers: size}
	}
	c := &river.Config{
		Hooks: []rivertype.Hook{keys{}}, Logger: quiet(d.Log), MaxAttempts: maxAttempts, Workers: bundle, Queues: queues,
		FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll, JobTimeout: d.Limit, RescueStuckJobsAfter: d.Rescue, SoftStopTimeout: d.Grace,
		CompletedJobRetentionPeriod: keepDone,
	}
	if workers[ports.JobSweep] != nil {
		c.PeriodicJobs = []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(d.SweepEvery), func() (river.JobArgs, *river.InsertOpts) {
			return sweepArgs{}, &river.InsertOpts{Queue: queuePlan}
		}, &river.PeriodicJobOpts{RunOnStart: true})}
	}
	client, err := river.NewClient(driver, c)
	if err != nil {
		return nil, err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	return client.Stop, nil
}
