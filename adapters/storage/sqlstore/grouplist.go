package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
)

// newest is the sort of every list that has only one: by time of making, newest first.
const newest = "-created_at"

var groupOrders = map[group.Sort]ordering{
	group.SortNewest: {name: newest, column: "g.created_at", id: "g.id", desc: true},
	group.SortName:   {name: "name", column: "g.name_key", id: "g.id", text: true},
	group.SortExpiry: {name: "not_after", column: "g.expires_key", id: "g.id"},
}

// groupKeyed holds for groups whose current generation has its key. It is asked row by row.
const groupKeyed = ` AND (SELECT n.key_id FROM generations n WHERE n.tenant_id = g.tenant_id AND n.group_id = g.id
	AND n.number = g.current_number) IS NOT NULL`

// List implements ports.Groups. The inner statement picks rows in order, the outer counts: what a page costs is what it shows.
func (r groups) List(ctx context.Context, q group.Query) (group.Page, error) {
	o, ok := groupOrders[q.Sort]
	if !ok {
		return group.Page{}, fault.New(fault.Invalid, "bad_sort", "The list cannot be sorted so.").
			Field("sort", "Leave it out, or use name or not_after.")
	}
	cur, err := parseCursor(q.Cursor, o.name)
	if err != nil {
		return group.Page{}, err
	}
	size := pageSize(q.Limit)
	c := &clauses{}
	c.arg(string(r.id))
	columns := groupColumns
	if q.Brief {
		columns = groupBrief
	}
	c.add(`SELECT `, columns, `, `, o.column, ` FROM (SELECT g.* FROM `)
	if w := artifact.Fold(q.Word); w == "" {
		c.add(`cert_groups g WHERE`)
	} else if err := r.matching(ctx, c, spanOf(w)); err != nil {
		return group.Page{}, err
	}
	c.add(` g.tenant_id = $1`)
	if q.Keyed {
		c.add(groupKeyed)
	}
	o.behind(c, cur)
	o.ordered(c)
	c.add(` LIMIT `, c.arg(size+1), `) g`)
	o.ordered(c)

	var page group.Page
	var ends []cursor
	err = r.rows(ctx, "list groups", c.String(), c.args, func(rw row) error {
		var g group.Group
		end := cursor{Sort: o.name}
		if err := rw.Scan(append(groupFields(&g), o.key(&end))...); err != nil {
			return err
		}
		end.ID = g.ID
		page.Items, ends = append(page.Items, g), append(ends, end)
		return nil
	})
	if len(page.Items) > size {
		page.Items, page.Next = page.Items[:size], ends[size-1].String()
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
