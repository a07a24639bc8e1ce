package ports

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// JobKind names what a job does.
type JobKind string

// The kinds.
const (
	JobReconcile JobKind = "reconcile" // of one target: the next steps
	JobFanOut    JobKind = "fan_out"   // of one group: a reconcile job for each target that we deploy to
	JobSweep     JobKind = "sweep"     // of the platform: targets that are due and have no job, schedules that have come; comes by itself
)

// Job is work for later, of at most 45 seconds. Object is the id of the target or group. Two jobs that are equal but
// for At and do not run yet are one: the earlier time wins or stays.
type Job struct {
	Kind   JobKind
	Tenant tenant.ID
	Object string
	At     time.Time // zero: now
	Last   bool      // after all others that are due: nobody waits for what it does
}

// Worker does jobs of one kind. An answer other than nil has the job done again later, with back-off, a bounded number of times; work
// that must not be lost keeps its state in tables of ours, and JobSweep finds it. A sweep that fails is not repeated: the next comes.
type Worker func(ctx context.Context, j Job) error
