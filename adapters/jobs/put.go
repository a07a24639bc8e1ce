package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

const (
	lowest = 4 // of River's priorities

	// waits are the states of a job that does not run yet. A job that runs does not count: what comes up meanwhile is looked at after it.
	waits = `('available', 'pending', 'retryable', 'scheduled')`

	waitingIndex = `CREATE INDEX IF NOT EXISTS ignisfox_job_waiting ON river_job (unique_key) WHERE state IN ` + waits
	waitingJobs  = ` FROM river_job WHERE unique_key = $1 AND state IN ` + waits + ` ORDER BY scheduled_at, id`
	dropWaiting  = `DELETE FROM river_job WHERE unique_key = $1 AND id <> $2 AND state IN ` + waits
)

// waiting is a job in the queue.
type waiting struct {
	id, micros int64 // 0: there is none
	priority   int
}

// transaction is an open one, as an engine reaches it.
type transaction interface {
	// earliest locks the key until the transaction ends, and answers the job with it that waits and is due first.
	earliest(ctx context.Context, key []byte) (waiting, error)
	exec(ctx context.Context, q string, args ...any) error
	insert(ctx context.Context, a jobArgs, o *river.InsertOpts) error
}

// when is when a job is to be done: at is the time, zero for now; last after all others that are due.
type when struct {
	at   time.Time
	last bool
}

// put has a job wait in the queue for that time, or for an earlier one. Of those that wait with its key the earliest stays, and the
// others go. One that failed and is due later gives way too: whoever asks anew has a reason, and the attempts are counted anew. So does
// one that comes after all others, when somebody asks for it now.
func put(ctx context.Context, tx transaction, a jobArgs, w when) error {
	key := keyOf(a)
	found, err := tx.earliest(ctx, key)
	if err != nil {
		return err
	}
	now := time.Now()
	asked := w.at
	if asked.IsZero() {
		asked = now
	}
	if found.id != 0 {
		hastened := found.priority == lowest && !w.last && !asked.After(now)
		stays := found.micros <= asked.UnixMicro() && !hastened
		if !stays {
			found.id = 0
		}
		if err := tx.exec(ctx, dropWaiting, key, found.id); err != nil || stays {
			return err
		}
	}
	priority := river.PriorityDefault
	if w.last {
		priority = lowest
	}
	return tx.insert(ctx, a, &river.InsertOpts{Queue: queueOf(a), ScheduledAt: w.at, Priority: priority})
}
