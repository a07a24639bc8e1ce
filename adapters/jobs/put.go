package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

const (
	// waits are the states of a job that does not run yet. A job that runs does not count: what comes up meanwhile is looked at after it.
	waits = `('available', 'pending', 'retryable', 'scheduled')`

	waitingIndex = `CREATE INDEX IF NOT EXISTS ignisfox_job_waiting ON river_job (unique_key) WHERE state IN ` + waits
	waitingJobs  = ` FROM river_job WHERE unique_key = $1 AND state IN ` + waits + ` ORDER BY scheduled_at, id`
	dropWaiting  = `DELETE FROM river_job WHERE unique_key = $1 AND id <> $2 AND state IN ` + waits
)

// transaction is an open one, as an engine reaches it.
type transaction interface {
	// earliest locks the key until the transaction ends, and answers the job with it that waits and is due first, 0 when there is none.
	earliest(ctx context.Context, key []byte) (id, micros int64, err error)
	exec(ctx context.Context, q string, args ...any) error
	insert(ctx context.Context, a jobArgs, o *river.InsertOpts) error
}

// put has a job wait in the queue for that time, or for an earlier one. Of those that wait with its key the earliest stays, and the
// others go. One that failed and is due later gives way too: whoever asks anew has a reason, and the attempts are counted anew.
func put(ctx context.Context, tx transaction, a jobArgs, at time.Time) error {
	key := keyOf(a)
	id, due, err := tx.earliest(ctx, key)
	if err != nil {
		return err
	}
	asked := at
	if asked.IsZero() {
		asked = time.Now()
	}
	if id != 0 {
		stays := due <= asked.UnixMicro()
		if !stays {
			id = 0
		}
		if err := tx.exec(ctx, dropWaiting, key, id); err != nil || stays {
			return err
		}
	}
	return tx.insert(ctx, a, &river.InsertOpts{Queue: queueOf(a), ScheduledAt: at})
}
