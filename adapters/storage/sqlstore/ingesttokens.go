package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	ingestTokenInsert = `INSERT INTO ingest_tokens (tenant_id, id, name, hash, display, group_id, created_at, created_by,
		name_key, group_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`
	ingestTokenColumns = `t.id, t.name, t.hash, t.display, COALESCE(t.group_id, ''), COALESCE(g.name, ''), t.created_at,
		t.created_by, t.last_at, t.last_addr`
	ingestTokenFrom = ` FROM ingest_tokens t
		LEFT JOIN cert_groups g ON g.tenant_id = t.tenant_id AND g.id = t.group_id WHERE t.tenant_id = $1`
	ingestTokenGet    = `SELECT ` + ingestTokenColumns + ingestTokenFrom + ` AND t.id = $2`
	ingestTokenDelete = `DELETE FROM ingest_tokens WHERE tenant_id = $1 AND id = $2`
)

var ingestTokenOrders = func() map[tenant.IngestTokenSort]ordering {
	m := orderings[tenant.IngestTokenSort](
		ordering{name: "name", column: "t.name_key", id: "t.id", text: true},
		ordering{name: "group", column: "t.group_key", id: "t.id", text: true},
		ordering{name: "last_used", column: "t.last_at", id: "t.id"},
		ordering{name: "created_by", column: "t.created_by", id: "t.id", text: true},
	)
	m[tenant.IngestTokensNewest] = ordering{name: newest, column: "t.created_at", id: "t.id", desc: true}
	return m
}()

type ingestTokens struct{ scope }

var _ ports.IngestTokens = ingestTokens{}

// Insert implements ports.IngestTokens.
func (r ingestTokens) Insert(ctx context.Context, t tenant.IngestToken) error {
	key, err := r.groupKey(ctx, t.Group)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "insert ingest token", ingestTokenInsert, string(r.id), t.ID, t.Name, t.Hash[:], t.Display,
		optional(t.Group), micros(t.CreatedAt), t.CreatedBy, sortKey(t.Name), key)
	if err == nil && n == 0 {
		return errTokenThere
	}
	r.count(countIngestTokens, int(n))
	return r.on(err, foreign, fault.Missing("workspace"))
}

// Get implements ports.IngestTokens.
func (r ingestTokens) Get(ctx context.Context, id string) (t tenant.IngestToken, err error) {
	err = r.row(ctx, "ingest token", ingestTokenGet, []any{string(r.id), id}, ingestTokenFields(&t)...)
	return t, found(err, "token")
}

// List implements ports.IngestTokens.
func (r ingestTokens) List(ctx context.Context, q tenant.IngestTokenQuery) ([]tenant.IngestToken, string, error) {
	o, ok := ingestTokenOrders[q.Sort]
	if !ok {
		return nil, "", fault.New(fault.Invalid, "bad_sort", "The list cannot be sorted so.").
			Field("sort", "Leave it out, or use name, group, last_used or created_by; a leading - turns the order round.")
	}
	cur, err := parseCursor(q.Cursor, o.name)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(q.Limit)
	c := &clauses{}
	c.arg(string(r.id))
	c.add(`SELECT `, ingestTokenColumns, `, `, o.column, ingestTokenFrom)
	o.behind(c, cur)
	o.ordered(c)
	c.add(` LIMIT `, c.arg(size+1))
	var out []tenant.IngestToken
	var ends []cursor
	err = r.rows(ctx, "ingest tokens", c.String(), c.args, func(rw row) error {
		var t tenant.IngestToken
		end := cursor{Sort: o.name}
		err := rw.Scan(append(ingestTokenFields(&t), o.key(&end))...)
		end.ID = t.ID
		out, ends = append(out, t), append(ends, end)
		return err
	})
	if err != nil || len(out) <= size {
		return out, "", err
	}
	return out[:size], ends[size-1].String(), nil
}

// Delete implements ports.IngestTokens.
func (r ingestTokens) Delete(ctx context.Context, id string) error {
	n, err := r.exec(ctx, "delete ingest token", ingestTokenDelete, string(r.id), id)
	r.count(countIngestTokens, -int(n))
	return changed(n, err, "token")
}

func ingestTokenFields(t *tenant.IngestToken) []any {
	return []any{&t.ID, &t.Name, hash{&t.Hash}, &t.Display, &t.Group, &t.GroupName, stamp{&t.CreatedAt}, &t.CreatedBy,
		stamp{&t.LastAt}, address{&t.LastAddr}}
}
