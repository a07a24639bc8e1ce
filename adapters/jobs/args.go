package jobs

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivershared/uniquestates"
	"github.com/riverqueue/river/rivertype"
)

// The queues: work that takes a connection to a device does not hold up what only plans.
const (
	queueDeploy = "deploy"
	queuePlan   = "plan"
	planners    = 4
)

// object is all that a job holds: ids.
type object struct {
	Tenant tenant.ID `json:"tenant,omitempty"`
	ID     string    `json:"id,omitempty"`
}

func (o object) of() object { return o }

type (
	reconcileArgs struct{ object }
	fanOutArgs    struct{ object }
	sweepArgs     struct{ object }
)

func (reconcileArgs) Kind() string { return string(ports.JobReconcile) }
func (fanOutArgs) Kind() string    { return string(ports.JobFanOut) }
func (sweepArgs) Kind() string     { return string(ports.JobSweep) }

// jobArgs is what all of them are.
type jobArgs interface {
	river.JobArgs
	of() object
}

func argsOf(j ports.Job) (jobArgs, error) {
	o := object{j.Tenant, j.Object}
	switch j.Kind {
	case ports.JobReconcile:
		return reconcileArgs{o}, nil
	case ports.JobFanOut:
		return fanOutArgs{o}, nil
	}
	return nil, fmt.Errorf("jobs: no job of kind %q is put into the queue", j.Kind)
}

func queueOf(a jobArgs) string {
	if a.Kind() == string(ports.JobReconcile) {
		return queueDeploy
	}
	return queuePlan
}

// keyOf is what makes two jobs one.
func keyOf(a jobArgs) []byte {
	o := a.of()
	sum := sha256.Sum256([]byte(strings.Join([]string{a.Kind(), string(o.Tenant), o.ID}, "\x00")))
	return sum[:]
}

// keys gives every job its key. Nothing in the database forbids two rows with one key: River moves jobs to and fro when they fail, are
// interrupted or rescued, and would have to lose one where two met. put sees to it that what waits is one. Sweeps alone are put into
// the queue by River itself, so River is to know the key; a sweep comes back from nowhere, since it never fails.
//
// A job for later is made available at once: it is fetched when its time comes, and needs no leader to notice that, of whom there is
// none for up to 19 seconds after a process died.
type keys struct{}

var _ rivertype.HookInsertBegin = keys{}

var sweepWaits = uniquestates.UniqueStatesToBitmask([]rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled,
})

func (keys) IsHook() bool   { return true }
func (keys) IsPlugin() bool { return true }

// InsertBegin implements rivertype.HookInsertBegin.
func (keys) InsertBegin(_ context.Context, p *rivertype.JobInsertParams) error {
	a, ok := p.Args.(jobArgs)
	if !ok {
		return errors.New("jobs: a job that is none of ours")
	}
	p.UniqueKey, p.UniqueStates = keyOf(a), 0
	if p.Kind == string(ports.JobSweep) {
		p.UniqueStates = sweepWaits
	}
	if p.State == rivertype.JobStateScheduled {
		p.State = rivertype.JobStateAvailable
	}
	return nil
}
