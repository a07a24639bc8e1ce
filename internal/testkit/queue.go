package testkit

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/adapters/storage/sqlstore"
	"github.com/ignisfox/ignisfox/ports"
)

// Queue keeps jobs in memory until a test has them done. It keeps those of a transaction that is rolled back too: a worker must bear
// being called in vain.
type Queue struct {
	mu   sync.Mutex
	jobs []ports.Job
}

func (q *Queue) open(context.Context, storage.Handles) (sqlstore.Enqueue, error) {
	return func(_ context.Context, _ *sql.Conn, _ *sql.Tx, j ports.Job) error {
		q.mu.Lock()
		defer q.mu.Unlock()
		for i, other := range q.jobs {
			if other.Kind == j.Kind && other.Tenant == j.Tenant && other.Object == j.Object {
				if j.At.Before(other.At) {
					q.jobs[i].At = j.At
				}
				return nil
			}
		}
		q.jobs = append(q.jobs, j)
		return nil
	}, nil
}

// Put gives back a job that was taken and not done.
func (q *Queue) Put(j ports.Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, j)
}

// Take answers the job that is due first, and takes it away; false when none is due.
func (q *Queue) Take(now time.Time) (ports.Job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	slices.SortStableFunc(q.jobs, func(a, b ports.Job) int { return a.At.Compare(b.At) })
	if len(q.jobs) == 0 || q.jobs[0].At.After(now) {
		return ports.Job{}, false
	}
	j := q.jobs[0]
	q.jobs = q.jobs[1:]
	return j, true
}

// Drop forgets all jobs, as a queue that was lost.
func (q *Queue) Drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = nil
}

// Next answers when the job that is due first is due; false when there is none.
func (q *Queue) Next() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return time.Time{}, false
	}
	first := q.jobs[0].At
	for _, j := range q.jobs {
		if j.At.Before(first) {
			first = j.At
		}
	}
	return first, true
}
