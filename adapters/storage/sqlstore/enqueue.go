package sqlstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

// Enqueue implements ports.Tx. The job is noted and put into the queue right before the commit, in one order with the others: so what
// the queue locks is locked for no longer than the commit takes, and no two transactions wait for each other there.
func (t tx) Enqueue(_ context.Context, j ports.Job) error {
	switch {
	case t.broken != nil:
		return t.broken
	case t.s.enqueue == nil:
		return fault.New(fault.Internal, "no_queue", "The database was opened without a queue of jobs.")
	case !t.write:
		return fault.New(fault.Internal, "view_enqueues", "The server tried to begin work in a transaction that only reads.")
	case j.Tenant != "" && j.Tenant != t.id:
		return fault.New(fault.Internal, "foreign_job", "The server tried to begin work of another workspace.")
	}
	j.Tenant = t.id
	t.jobs = append(t.jobs, j)
	return nil
}

// send puts the jobs that were noted into the queue. It writes on the connection of this transaction, past database/sql; a statement of
// the queue that fails spoils the transaction as one of ours does.
func (t *txn) send(ctx context.Context) error {
	slices.SortStableFunc(t.jobs, func(a, b ports.Job) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Object, b.Object), a.At.Compare(b.At))
	})
	for i, j := range t.jobs {
		if i > 0 && j.Kind == t.jobs[i-1].Kind && j.Tenant == t.jobs[i-1].Tenant && j.Object == t.jobs[i-1].Object {
			continue // the one before is earlier; no time is now
		}
		if err := t.s.enqueue(ctx, t.conn, t.tx, j); err != nil {
			return t.spoil("enqueue", err)
		}
	}
	return nil
}
