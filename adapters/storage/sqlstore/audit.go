package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	auditHeadMake = `INSERT INTO audit_heads (tenant_id, seq, mac) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING`
	auditHead     = `SELECT seq, mac FROM audit_heads WHERE tenant_id = $1`
	auditHeadMove = `UPDATE audit_heads SET seq = $2, mac = $3 WHERE tenant_id = $1 AND seq = $4`
	auditInsert   = `INSERT INTO audit (tenant_id, seq, at, principal, actor, actor_id, address, action, object, object_name,
		details, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	auditList = `SELECT seq, at, principal, actor, actor_id, address, action, object, object_name, details, mac FROM audit
		WHERE tenant_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`
)

// trail is the tenant's audit chain. The end of the chain is a row of its own, so that there is something to lock.
type trail struct{ scope }

var _ ports.Audit = trail{}

// Last implements audit.Log.
func (r trail) Last(ctx context.Context) (seq int64, mac []byte, err error) {
	q := auditHead
	if r.write {
		if _, err := r.exec(ctx, "begin audit chain", auditHeadMake, string(r.id), []byte{}); err != nil {
			return 0, nil, r.on(err, foreign, fault.Missing("workspace"))
		}
		q += r.s.d.lock
	}
	err = r.row(ctx, "end of audit chain", q, []any{string(r.id)}, &seq, &mac)
	if errors.Is(err, sql.ErrNoRows) || err == nil && seq == 0 {
		return 0, nil, nil
	}
	return seq, mac, err
}

// Insert implements audit.Log.
func (r trail) Insert(ctx context.Context, e audit.Entry) error {
	details, err := jsonOf(e.Details)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "move end of audit chain", auditHeadMove, string(r.id), e.Seq, blob(e.MAC), e.Seq-1)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Internal, "audit_chain", "The audit entry does not follow the last one.")
	}
	_, err = r.exec(ctx, "insert audit entry", auditInsert, string(r.id), e.Seq, micros(e.At), string(e.Principal), e.Actor,
		e.ActorID, e.Address, string(e.Action), e.Object, e.ObjectName, details, blob(e.MAC))
	return err
}

// List implements ports.Audit.
func (r trail) List(ctx context.Context, q audit.Query) (out []audit.Entry, err error) {
	limit := limitUsual
	if q.Limit > 0 {
		limit = atMost(q.Limit)
	}
	before := q.Before
	if before == 0 {
		before = endOfTime
	}
	err = r.rows(ctx, "audit entries", auditList, []any{string(r.id), before, limit}, func(rw row) error {
		var e audit.Entry
		err := rw.Scan(&e.Seq, stamp{&e.At}, &e.Principal, &e.Actor, &e.ActorID, &e.Address, &e.Action, &e.Object, &e.ObjectName,
			stored{&e.Details}, &e.MAC)
		out = append(out, e)
		return err
	})
	return out, err
}
