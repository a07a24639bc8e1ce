// Package paging keeps the place in a long list in the address of its page. Lists are walked by cursors, which lead onward alone;
// the cursors of the pages before are kept beside, so that one can go back.
//
//	place := paging.Read(rq)
//	page, err := svc.List(ctx, actor, limit, place.Cursor)
//	@ui.Pager(v, place.Props(len(page.Items), total, page.Next, func(p paging.Place) string { return address(p) }))
package paging

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
)

const (
	// Rows is how many a page shows.
	Rows = 50
	// Of the pages before, so many are remembered, in so many bytes.
	mostBack      = 10
	mostBackBytes = 4000
	mostSkipped   = 1_000_000_000
)

// Place is where in a list one is. The zero Place is its beginning.
type Place struct {
	Cursor  string
	Back    []string // cursors of the pages before, the first page aside; the nearest last
	Skipped int      // rows before this page
}

// Query is a request as Read needs it: *kit.Request is one.
type Query interface {
	Text(name string) string
	Texts(name string) []string
}

// Read answers the place that a request asks for.
func Read(q Query) Place {
	p := Place{Cursor: q.Text("at")}
	if p.Cursor == "" {
		return p
	}
	p.Back = trim(slices.Clone(q.Texts("back")))
	if n, err := strconv.Atoi(q.Text("after")); err == nil && n > 0 && n < mostSkipped {
		p.Skipped = n
	}
	return p
}

func trim(back []string) []string {
	for len(back) > mostBack || len(strings.Join(back, "")) > mostBackBytes {
		back = back[1:]
	}
	return back
}

// First says whether it is the beginning.
func (p Place) First() bool { return p.Cursor == "" }

// Next is the page behind this one of n rows.
func (p Place) Next(cursor string, n int) Place {
	back := slices.Clone(p.Back)
	if p.Cursor != "" {
		back = append(back, p.Cursor)
	}
	return Place{Cursor: cursor, Back: trim(back), Skipped: p.Skipped + n}
}

// Prev is the page before this one; false where there is none, or where it was forgotten.
func (p Place) Prev() (Place, bool) {
	switch {
	case p.Cursor == "":
		return p, false
	case len(p.Back) > 0:
		last := len(p.Back) - 1
		return Place{Cursor: p.Back[last], Back: p.Back[:last], Skipped: max(0, p.Skipped-Rows)}, true
	case p.Skipped <= Rows:
		return Place{}, true
	default:
		return p, false
	}
}

// Set writes the place into the query of an address.
func (p Place) Set(v url.Values) {
	if p.Cursor == "" {
		return
	}
	v.Set("at", p.Cursor)
	if len(p.Back) > 0 {
		v["back"] = p.Back
	}
	v.Set("after", strconv.Itoa(p.Skipped))
}

// Props answers the pager below n rows. total is how many there are, 0 when nobody counted; next is the cursor of the next page,
// empty at the end; at answers the address of a place.
func (p Place) Props(n, total int, next string, at func(Place) string) ui.PagerProps {
	out := ui.PagerProps{Label: p.label(n, total, next == "")}
	if !p.First() {
		out.First = at(Place{})
	}
	if prev, ok := p.Prev(); ok {
		out.Prev = at(prev)
	}
	if next != "" {
		out.Next = at(p.Next(next, n))
	}
	return out
}

func (p Place) label(n, total int, end bool) string {
	if n == 0 {
		return "none"
	}
	s := strconv.Itoa(p.Skipped+1) + " to " + strconv.Itoa(p.Skipped+n)
	switch {
	case total >= p.Skipped+n:
		s += " of " + strconv.Itoa(total)
	case end:
		s += " of " + strconv.Itoa(p.Skipped+n)
	}
	return s
}
