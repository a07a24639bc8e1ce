package sqlstore

// ordering is one way to sort a list: by a column that is never NULL, or what is made of columns, and then by id. A list that may be
// long has an index of tenant, column and id.
type ordering struct {
	name   string // as it stands in cursors
	column string
	id     string
	text   bool // the column is text
	desc   bool
}

// orderings answers these by name, and turned round by "-" and name.
func orderings[S ~string](list ...ordering) map[S]ordering {
	m := map[S]ordering{}
	for _, o := range list {
		m[S(o.name)] = o
		o.name, o.desc = "-"+o.name, true
		m[S(o.name)] = o
	}
	return m
}

// behind adds that a row lies behind the cursor's.
func (o ordering) behind(c *clauses, cur *cursor) {
	if cur == nil {
		return
	}
	op := ` > (`
	if o.desc {
		op = ` < (`
	}
	var key any = cur.Num
	if o.text {
		key = cur.Text
	}
	c.add(` AND (`, o.column, `, `, o.id, `)`, op, c.arg(key), `, `, c.arg(cur.ID), `)`)
}

func (o ordering) ordered(c *clauses) {
	dir := ""
	if o.desc {
		dir = ` DESC`
	}
	c.add(` ORDER BY `, o.column, dir, `, `, o.id, dir)
}

// key is where the sort's column is read into.
func (o ordering) key(end *cursor) any {
	if o.text {
		return &end.Text
	}
	return &end.Num
}
