package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	ingestTokenInsert = `INSERT INTO ingest_tokens (tenant_id, id, name, hash, display, group_id, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`
	ingestTokenSelect = `SELECT t.id, t.name, t.hash, t.display, COALESCE(t.group_id, ''), COALESCE(g.name, ''), t.created_at,
		t.created_by, t.last_at, t.last_addr FROM ingest_tokens t
		LEFT JOIN cert_groups g ON g.tenant_id = t.tenant_id AND g.id = t.group_id WHERE t.tenant_id = $1`
	ingestTokenGet    = ingestTokenSelect + ` AND t.id = $2`
	ingestTokenDelete = `DELETE FROM ingest_tokens WHERE tenant_id = $1 AND id = $2`
)

type ingestTokens struct{ scope }

var _ ports.IngestTokens = ingestTokens{}

// Insert implements ports.IngestTokens.
func (r ingestTokens) Insert(ctx context.Context, t tenant.IngestToken) error {
	if t.Group != "" {
		if err := r.groupThere(ctx, t.Group); err != nil {
			return err
		}
	}
	n, err := r.exec(ctx, "insert ingest token", ingestTokenInsert, string(r.id), t.ID, t.Name, t.Hash[:], t.Display,
		optional(t.Group), micros(t.CreatedAt), t.CreatedBy)
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
func (r ingestTokens) List(ctx context.Context, limit int, after string) ([]tenant.IngestToken, string, error) {
	cur, err := parseCursor(after, newest)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(limit)
	c := &clauses{}
	c.arg(string(r.id))
	c.add(ingestTokenSelect)
	behind(c, "t", cur)
	c.add(` ORDER BY t.created_at DESC, t.id DESC LIMIT `, c.arg(size+1))
	var out []tenant.IngestToken
	err = r.rows(ctx, "ingest tokens", c.String(), c.args, func(rw row) error {
		var t tenant.IngestToken
		err := rw.Scan(ingestTokenFields(&t)...)
		out = append(out, t)
		return err
	})
	if err != nil || len(out) <= size {
		return out, "", err
	}
	last := out[size-1]
	return out[:size], cursor{Sort: newest, Num: micros(last.CreatedAt), ID: last.ID}.String(), nil
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
