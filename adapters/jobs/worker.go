package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/riverqueue/river"
)

const logBytes = 1000 // of an error's text

// worker does jobs of one kind.
type worker[T jobArgs] struct {
	river.WorkerDefaults[T]
	do   ports.Worker
	deps Deps
}

// Work implements river.Worker. What River hears, and stores in a table that all tenants share, is no more than a code. A job that was
// interrupted by a stop is available again at once. A sweep that fails is not tried again: the next one comes soon.
func (w worker[T]) Work(ctx context.Context, j *river.Job[T]) error {
	o := j.Args.of()
	log := w.deps.Log.With("job", j.Kind, "workspace", string(o.Tenant), "object", o.ID, "attempt", j.Attempt)
	err := w.guarded(ctx, log, ports.Job{Kind: ports.JobKind(j.Kind), Tenant: o.Tenant, Object: o.ID, At: j.ScheduledAt.UTC()})
	if err == nil {
		return nil
	}
	code := fault.CodeOf(err)
	switch {
	case errors.Is(err, errPanic):
	case errors.Is(ctx.Err(), context.Canceled):
		log.Info("a job was interrupted and is done again")
	default:
		text := strings.ToValidUTF8(err.Error(), "\uFFFD")
		log.Warn("a job failed", "error", text[:min(len(text), logBytes)], "last", j.Attempt >= j.MaxAttempts)
	}
	switch {
	case j.Kind == string(ports.JobSweep):
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Canceled
	}
	return errors.New(code)
}

var errPanic = errors.New("panic")

// guarded keeps a panic from taking the process with it, and its value, which may be anything, from the log.
func (w worker[T]) guarded(ctx context.Context, log *slog.Logger, j ports.Job) (err error) {
	defer func() {
		if v := recover(); v != nil {
			log.Error("a job broke", "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return w.do(ctx, j)
}
