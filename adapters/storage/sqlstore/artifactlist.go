package sqlstore

import (
	"context"
	"strconv"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
)

// none is the group of a Query that asks for ungrouped rows.
const none = "none"

// order is one way to sort artifacts: by a column that is never NULL and has an index of tenant, column and id.
type order struct {
	name   artifact.Sort // as it stands in cursors
	column string
	index  string
	text   bool // the column is text
	desc   bool
}

var orders = func() map[artifact.Sort]order {
	m := map[artifact.Sort]order{}
	for _, o := range []order{
		{name: artifact.SortOldest, column: "created_at", index: "artifacts_by_created"},
		{name: artifact.SortName, column: "name_key", index: "artifacts_by_name", text: true},
		{name: artifact.SortKind, column: "kind", index: "artifacts_by_kind", text: true},
		{name: artifact.SortSubject, column: "subject_key", index: "artifacts_by_subject", text: true},
		{name: artifact.SortIssuer, column: "issuer_key", index: "artifacts_by_issuer", text: true},
		{name: artifact.SortExpiry, column: "expires_key", index: "artifacts_by_expiry"},
		{name: artifact.SortGroup, column: "group_key", index: "artifacts_by_group", text: true},
	} {
		m[o.name] = o
		o.name, o.desc = "-"+o.name, true
		m[o.name] = o
	}
	return m
}()

// listing is one question for a page, while it is being answered.
type listing struct {
	artifacts
	q     artifact.Query
	o     order
	cur   *cursor
	size  int
	words []span // each must begin a term
	cands []candidate
	byIDs bool // cands are all that can match; what found them need not be asked again
	skip  struct{ group, kind, ends bool }
}

// List implements ports.Artifacts.
func (r artifacts) List(ctx context.Context, q artifact.Query) (artifact.Page, error) {
	if q.Sort == "" {
		q.Sort = artifact.SortNewest
	}
	o, ok := orders[q.Sort]
	if !ok {
		return artifact.Page{}, fault.New(fault.Invalid, "bad_sort", "The list cannot be sorted so.").
			Field("sort", "Use one of the columns; a leading - turns the order round.")
	}
	cur, err := parseCursor(q.Cursor, string(o.name))
	if err != nil {
		return artifact.Page{}, err
	}
	l := &listing{artifacts: r, q: q, o: o, cur: cur, size: pageSize(q.Limit)}
	for _, w := range q.Words {
		if w = artifact.Fold(w); w != "" {
			l.words = append(l.words, spanOf(w))
		}
	}
	if err := l.narrow(ctx); err != nil {
		return artifact.Page{}, err
	}
	return l.page(ctx)
}

// source is where a statement takes rows from: these ids, the index of the sort up to a bound, or what the engine likes.
type source struct {
	ids   []string
	walk  bool
	bound *cursor
}

// hit is a row with its place in the order.
type hit struct {
	artifact.Artifact
	at cursor
}

// read answers up to limit rows of src, behind the cursor, that meet every condition still open. The inner statement picks ids
// in order; the outer reads the rows. CROSS JOIN tells SQLite to go from left to right.
func (l *listing) read(ctx context.Context, src source, limit int) (out []hit, err error) {
	c := &clauses{}
	c.arg(string(l.id))
	c.add(`SELECT `, artifactColumns, `, a.`, l.o.column, ` FROM (SELECT a.id FROM `)
	switch {
	case src.ids != nil:
		c.add(`artifacts a`, l.s.d.indexed("sqlite_autoindex_artifacts_1"), ` WHERE `, l.s.d.in("a.id", c.arg(l.s.d.listArg(src.ids))), ` AND`)
	case src.walk:
		c.add(`artifacts a`, l.s.d.indexed(l.index()), ` WHERE`)
	default:
		c.add(`artifacts a WHERE`)
	}
	c.add(` a.tenant_id = $1`)
	l.conditions(c)
	l.between(c, l.cur, src.bound)
	l.ordered(c)
	c.add(` LIMIT `, c.arg(limit), `) p CROSS JOIN artifacts a
		LEFT JOIN cert_groups g ON g.tenant_id = a.tenant_id AND g.id = a.group_id WHERE a.tenant_id = $1 AND a.id = p.id`)
	l.ordered(c)
	err = l.rows(ctx, "list artifacts", c.String(), c.args, func(rw row) error {
		h := hit{at: cursor{Sort: string(l.o.name)}}
		if err := rw.Scan(append(artifactFields(&h.Artifact), l.key(&h.at))...); err != nil {
			return err
		}
		h.at.ID = string(h.ID)
		out = append(out, h)
		return nil
	})
	return out, err
}

// finish makes the page of its rows and, when there is one, the first of the next page.
func (l *listing) finish(hits []hit, err error) (page artifact.Page, _ error) {
	if err != nil {
		return page, err
	}
	if len(hits) > l.size {
		hits = hits[:l.size]
		page.Next = hits[l.size-1].at.String()
	}
	for _, h := range hits {
		page.Items = append(page.Items, h.Artifact)
	}
	return page, nil
}

// conditions adds what the candidates do not answer.
func (l *listing) conditions(c *clauses) {
	if !l.skip.group {
		l.groupIs(c)
	}
	if !l.skip.kind {
		l.kindIs(c)
	}
	if !l.skip.ends {
		l.endsIn(c)
	}
	for _, w := range l.words {
		// A scalar subquery, not EXISTS: it is asked row by row, never turned into a join that begins with all matches.
		term := l.s.d.aside("t.term")
		c.add(` AND (SELECT 1 FROM artifact_terms t WHERE t.tenant_id = $1 AND t.artifact_id = a.id AND `, term, ` >= `, c.arg(w.from),
			` AND `, term, ` < `, c.arg(w.to), ` LIMIT 1) IS NOT NULL`)
	}
}

func (l *listing) groupIs(c *clauses) {
	switch l.q.Group {
	case "":
	case none:
		c.add(` AND a.group_id IS NULL`)
	default:
		c.add(` AND a.group_id = `, c.arg(l.q.Group))
	}
}

func (l *listing) kindIs(c *clauses) {
	if l.q.Kind != "" {
		c.add(` AND a.kind = `, c.arg(string(l.q.Kind)))
	}
}

// spanned says whether the query asks for certificates that end in some span.
func (l *listing) spanned() bool {
	return !l.q.ExpiresFrom.IsZero() || !l.q.ExpiresBefore.IsZero() || l.q.Unreplaced
}

func (l *listing) endsIn(c *clauses) {
	if !l.spanned() {
		return
	}
	before := int64(endOfTime) // which is the key of what never ends
	if !l.q.ExpiresBefore.IsZero() {
		before = l.q.ExpiresBefore.UnixMicro()
	}
	c.add(` AND a.kind = 'cert' AND a.expires_key < `, c.arg(before))
	if !l.q.ExpiresFrom.IsZero() {
		c.add(` AND a.expires_key >= `, c.arg(l.q.ExpiresFrom.UnixMicro()))
	}
	if l.q.Unreplaced { // asked row by row
		c.add(` AND (SELECT 1 FROM expiring_certs x WHERE x.tenant_id = $1 AND x.artifact_id = a.id) IS NOT NULL`)
	}
}

// between adds that a row lies behind after and not behind upTo, each of which may be nil.
func (l *listing) between(c *clauses, after, upTo *cursor) {
	behind, within := " > (", " <= ("
	if l.o.desc {
		behind, within = " < (", " >= ("
	}
	for _, e := range []struct {
		at *cursor
		op string
	}{{after, behind}, {upTo, within}} {
		if e.at == nil {
			continue
		}
		var key any = e.at.Num
		if l.o.text {
			key = e.at.Text
		}
		c.add(` AND (a.`, l.o.column, `, a.id)`, e.op, c.arg(key), `, `, c.arg(e.at.ID), `)`)
	}
}

func (l *listing) ordered(c *clauses) {
	dir := ""
	if l.o.desc {
		dir = " DESC"
	}
	c.add(` ORDER BY `)
	if l.q.Group == none && l.o.column == "created_at" {
		c.add(`a.group_id`, dir, `, `) // PostgreSQL takes no NULL for a constant: so it sees that the index has the order
	}
	c.add(`a.`, l.o.column, dir, `, a.id`, dir)
}

// key is where the sort's column is read into.
func (l *listing) key(at *cursor) any {
	if l.o.text {
		return &at.Text
	}
	return &at.Num
}

// index is what a walk in order goes along: one that begins with the filter where there is one.
func (l *listing) index() string {
	if l.o.column == "created_at" {
		switch {
		case l.q.Group != "":
			return "artifacts_of_group"
		case l.q.Kind != "":
			return "artifacts_of_kind"
		}
	}
	return l.o.index
}

// bound answers the row that lies so far behind the cursor as a walk goes; nil when there are fewer.
func (l *listing) bound(ctx context.Context) (*cursor, error) {
	c := &clauses{}
	c.add(`SELECT a.`, l.o.column, `, a.id FROM artifacts a`, l.s.d.indexed(l.index()), ` WHERE a.tenant_id = `, c.arg(string(l.id)))
	switch l.index() {
	case "artifacts_of_group":
		l.groupIs(c)
	case "artifacts_of_kind", "artifacts_by_kind":
		l.kindIs(c)
	case "artifacts_by_expiry":
		l.endsIn(c)
	}
	l.between(c, l.cur, nil)
	l.ordered(c)
	far := walkRows
	if l.o.column == "created_at" && len(l.words) < 2 && !l.spanned() {
		far = walkAge
	}
	c.add(` LIMIT 1 OFFSET `, strconv.Itoa(far-1))
	var at *cursor
	err := l.rows(ctx, "bound of a walk", c.String(), c.args, func(rw row) error {
		at = &cursor{}
		return rw.Scan(l.key(at), &at.ID)
	})
	return at, err
}
