package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

// Enqueue implements ports.Tx. The queue writes on the connection of this transaction, past database/sql: a statement of it that
// fails spoils the transaction as one of ours does.
func (t tx) Enqueue(ctx context.Context, j ports.Job) error {
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
	return t.spoil("enqueue", t.s.enqueue(ctx, t.conn, t.tx, j))
}
