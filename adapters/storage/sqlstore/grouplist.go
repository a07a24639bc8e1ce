package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
)

// newest is the sort of every list that has only one: by time of making, newest first.
const newest = "-created_at"

// List implements ports.Groups.
func (r groups) List(ctx context.Context, q group.Query) (group.Page, error) {
	cur, err := parseCursor(q.Cursor, newest)
	if err != nil {
		return group.Page{}, err
	}
	size := pageSize(q.Limit)
	c := &clauses{}
	c.arg(string(r.id))
	c.add(`SELECT `, groupColumns, ` FROM `)
	if w := artifact.Fold(q.Word); w == "" {
		c.add(`cert_groups g WHERE`)
	} else if err := r.matching(ctx, c, spanOf(w)); err != nil {
		return group.Page{}, err
	}
	c.add(` g.tenant_id = $1`)
	behind(c, "g", cur)
	c.add(` ORDER BY g.created_at DESC, g.id DESC LIMIT `, c.arg(size+1))

	var page group.Page
	err = r.rows(ctx, "list groups", c.String(), c.args, func(rw row) error {
		var g group.Group
		if err := rw.Scan(groupFields(&g)...); err != nil {
			return err
		}
		page.Items = append(page.Items, g)
		return nil
	})
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := page.Items[size-1]
		page.Next = cursor{Sort: newest, Num: micros(last.CreatedAt), ID: last.ID}.String()
	}
	return page, err
}

// matching adds the groups with a term in the span: those themselves when there are no more than fewRows terms, otherwise that
// each row is to be asked.
func (r groups) matching(ctx context.Context, c *clauses, w span) error {
	const q = `SELECT group_id FROM group_terms WHERE tenant_id = $1 AND term >= $2 AND term < $3 LIMIT $4`
	seen := map[string]struct{}{}
	var ids []string
	n := 0
	err := r.rows(ctx, "groups by word", q, []any{string(r.id), w.from, w.to, fewRows + 1}, func(rw row) error {
		var id string
		if err := rw.Scan(&id); err != nil {
			return err
		}
		if _, ok := seen[id]; !ok {
			seen[id] = struct{}{}
			ids = append(ids, id)
		}
		n++
		return nil
	})
	if err != nil {
		return err
	}
	if n <= fewRows {
		c.add(r.s.d.list(c.arg(r.s.d.listArg(ids))), ` CROSS JOIN cert_groups g WHERE g.id = value AND`)
		return nil
	}
	c.add(`cert_groups g WHERE (SELECT 1 FROM group_terms t WHERE t.tenant_id = $1 AND t.group_id = g.id AND t.term >= `, c.arg(w.from),
		` AND t.term < `, c.arg(w.to), ` LIMIT 1) IS NOT NULL AND`)
	return nil
}

// behind adds that a row of the table is older than the cursor's.
func behind(c *clauses, table string, cur *cursor) {
	if cur != nil {
		c.add(` AND (`, table, `.created_at, `, table, `.id) < (`, c.arg(cur.Num), `, `, c.arg(cur.ID), `)`)
	}
}
