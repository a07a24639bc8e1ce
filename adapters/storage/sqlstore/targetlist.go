package sqlstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
)

// What a target's state is, and when it last got something, is in no index: it is made of what the device, the deployments and the
// group do. Lists sorted by it look at all targets of the tenant once, as counting their states does.
const targetLast = `CASE WHEN s.target_id IS NOT NULL THEN s.observed_at ELSE COALESCE(f.at, 0) END`

var targetOrders = func() map[target.Sort]ordering {
	m := orderings[target.Sort](
		ordering{name: "name", column: "t.name_key", id: "t.id", text: true},
		ordering{name: "group", column: "t.group_key", id: "t.id", text: true},
		ordering{name: "state", column: targetRank(), id: "t.id"},
		ordering{name: "last", column: targetLast, id: "t.id"},
	)
	m[target.SortNewest] = ordering{name: newest, column: "t.created_at", id: "t.id", desc: true}
	return m
}()

// targetRank is the place of a target's state in target.ByUrgency.
func targetRank() string {
	var b strings.Builder
	b.WriteString(`CASE ` + targetState)
	for i, s := range target.ByUrgency {
		b.WriteString(` WHEN '` + string(s) + `' THEN ` + strconv.Itoa(i))
	}
	b.WriteString(` ELSE ` + strconv.Itoa(len(target.ByUrgency)) + ` END`)
	return b.String()
}

// List implements ports.Targets. The page is picked first, where nothing of other tables is asked for by an index of targets alone:
// PostgreSQL, with the size of the page unknown, would join all of them.
func (r targets) List(ctx context.Context, q target.Query) (target.Page, error) {
	o, ok := targetOrders[q.Sort]
	if !ok {
		return target.Page{}, errTargetSort
	}
	cur, err := parseCursor(q.Cursor, o.name)
	if err != nil {
		return target.Page{}, err
	}
	size := pageSize(q.Limit)
	picked, err := r.pick(ctx, q, o, cur, size+1)
	if err != nil || len(picked) == 0 {
		return target.Page{}, err
	}
	var page target.Page
	if len(picked) > size {
		picked = picked[:size]
		page.Next = picked[size-1].String()
	}
	ids := make([]string, len(picked))
	for i, p := range picked {
		ids[i] = p.ID
	}
	page.Items, err = r.named(ctx, ids)
	return page, err
}

var errTargetSort = fault.New(fault.Invalid, "bad_sort", "The list cannot be sorted so.").
	Field("sort", "Leave it out, or use name, group, state or last; a leading - turns the order round.")

// pick answers the places of targets in the order of the list.
func (r targets) pick(ctx context.Context, q target.Query, o ordering, cur *cursor, limit int) (out []cursor, err error) {
	c := &clauses{}
	c.add(`SELECT t.id, `, o.column)
	if q.State == "" && q.Word == "" && strings.HasPrefix(o.column, "t.") {
		c.add(` FROM targets t`)
	} else {
		c.add(targetFrom)
	}
	c.add(` WHERE t.tenant_id = `, c.arg(string(r.id)))
	if q.Group != "" {
		c.add(` AND t.group_id = `, c.arg(q.Group))
	}
	if q.State != "" {
		c.add(` AND `, targetState, ` = `, c.arg(string(q.State)))
	}
	if q.Word != "" {
		typed, low := c.arg(within(q.Word)), c.arg(within(strings.ToLower(q.Word)))
		for i, column := range []string{"t.name", "g.name"} {
			c.add([]string{` AND (`, ` OR `}[i], column, ` LIKE `, typed, ` ESCAPE '!' OR lower(`, column, `) LIKE `, low, ` ESCAPE '!'`)
		}
		c.add(`)`)
	}
	o.behind(c, cur)
	o.ordered(c)
	c.add(` LIMIT `, c.arg(limit))
	err = r.rows(ctx, "page of targets", c.String(), c.args, func(rw row) error {
		at := cursor{Sort: o.name}
		err := rw.Scan(&at.ID, o.key(&at))
		out = append(out, at)
		return err
	})
	return out, err
}

// within answers the pattern of texts that hold word, escaped by "!".
func within(word string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(word) + "%"
}
