package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/artifact"
)

const (
	fewRows  = 1000   // so many matches are looked up one by one
	walkRows = 2000   // so far a walk in order looks for matches before it is given up
	walkAge  = 500    // likewise in a list by age for one word, where looking matches up is cheap
	manyRows = 40_000 // so many matches are looked up after such a walk
)

// How a page is found, so that its price hardly grows with the vault:
//
//   - what a word or filter matches is asked for first, but no more than fewRows rows of it. When one matches fewer, they
//     are the candidates: read, checked for the rest, sorted. For lists by age the candidates are sorted before they are
//     read, and only as many are read as the page takes;
//   - otherwise matches are frequent: the index of the sort is walked in order, each row being checked, until the page is
//     full or walkRows (walkAge) have passed;
//   - when the walk leaves the page open (frequent words that seldom meet, or all in one far corner) manyRows are looked up,
//     and where no word matches as few, the walk goes on without a bound.

// candidate is a row that may be in the answer.
type candidate struct {
	id      string
	created int64
}

// narrow looks for candidates.
func (l *listing) narrow(ctx context.Context) error {
	if err := l.narrowByWords(ctx, fewRows); err != nil {
		return err
	}
	if err := l.narrowByEnds(ctx, fewRows); err != nil {
		return err
	}
	if l.o.column == "created_at" && len(l.words) == 0 {
		return nil // an index has each filter in this order
	}
	if l.q.Group != "" {
		c := &clauses{}
		c.add(`SELECT a.id, a.created_at FROM artifacts a`, l.s.d.indexed("artifacts_of_group"), ` WHERE a.tenant_id = `, c.arg(string(l.id)))
		l.groupIs(c)
		few, err := l.candidates(ctx, c, fewRows)
		if err != nil {
			return err
		}
		l.skip.group = few
	}
	if l.q.Kind != "" && l.o.column != "kind" {
		c := &clauses{}
		c.add(`SELECT a.id, a.created_at FROM artifacts a`, l.s.d.indexed("artifacts_of_kind"), ` WHERE a.tenant_id = `, c.arg(string(l.id)))
		l.kindIs(c)
		few, err := l.candidates(ctx, c, fewRows)
		if err != nil {
			return err
		}
		l.skip.kind = few
	}
	return nil
}

// narrowByWords takes out of words those that match at most limit rows.
func (l *listing) narrowByWords(ctx context.Context, limit int) error {
	open := l.words[:0:0]
	for _, w := range l.words {
		if limit > fewRows && l.byIDs {
			open = append(open, w) // one is enough: the others are checked row by row
			continue
		}
		c := &clauses{}
		c.add(`SELECT artifact_id, created_at FROM artifact_terms WHERE tenant_id = `, c.arg(string(l.id)), ` AND term >= `, c.arg(w.from),
			` AND term < `, c.arg(w.to))
		few, err := l.candidates(ctx, c, limit)
		if err != nil {
			return err
		}
		if !few {
			open = append(open, w)
		}
	}
	l.words = open
	return nil
}

// narrowByEnds takes the span of ends out of the query when it holds at most limit rows. A list sorted by it goes along it anyway,
// unless it leaves out what was replaced: of that there may be much at its beginning.
func (l *listing) narrowByEnds(ctx context.Context, limit int) error {
	if !l.spanned() || l.skip.ends || l.o.column == "expires_key" && !l.q.Unreplaced || limit > fewRows && l.byIDs {
		return nil
	}
	c := &clauses{}
	if l.q.Unreplaced {
		c.add(`SELECT a.id, a.created_at FROM expiring_certs e CROSS JOIN artifacts a WHERE e.tenant_id = `, c.arg(string(l.id)))
		c.add(` AND a.tenant_id = e.tenant_id AND a.id = e.artifact_id`)
		if !l.q.ExpiresBefore.IsZero() {
			c.add(` AND e.not_after < `, c.arg(l.q.ExpiresBefore.UnixMicro()))
		}
	} else {
		c.add(`SELECT a.id, a.created_at FROM artifacts a`, l.s.d.indexed("artifacts_by_expiry"), ` WHERE a.tenant_id = `, c.arg(string(l.id)))
	}
	l.endsIn(c)
	few, err := l.candidates(ctx, c, limit)
	l.skip.ends = few
	return err
}

// candidates keeps of the candidates those that c answers too, and says so, unless c answers more than limit rows.
func (l *listing) candidates(ctx context.Context, c *clauses, limit int) (few bool, err error) {
	if l.byIDs && len(l.cands) == 0 {
		return true, nil
	}
	c.add(` LIMIT `, c.arg(limit+1))
	n := 0
	seen := map[string]struct{}{}
	var all []candidate
	err = l.rows(ctx, "candidates", c.String(), c.args, func(rw row) error {
		var m candidate
		if err := rw.Scan(&m.id, &m.created); err != nil {
			return err
		}
		n++
		if _, twice := seen[m.id]; !twice {
			seen[m.id] = struct{}{}
			all = append(all, m)
		}
		return nil
	})
	if err != nil || n > limit {
		return false, err
	}
	if l.byIDs {
		all = slices.DeleteFunc(l.cands, func(m candidate) bool {
			_, ok := seen[m.id]
			return !ok
		})
	}
	l.cands, l.byIDs = all, true
	return true, nil
}

// page answers the page.
func (l *listing) page(ctx context.Context) (artifact.Page, error) {
	if l.byIDs {
		return l.finish(l.ofCandidates(ctx))
	}
	if len(l.words) == 0 && l.q.Group == "" && l.q.Kind == "" && (!l.spanned() || l.o.column == "expires_key") {
		return l.finish(l.read(ctx, source{walk: true}, l.size+1))
	}
	bound, err := l.bound(ctx)
	if err != nil {
		return artifact.Page{}, err
	}
	hits, err := l.read(ctx, source{walk: true, bound: bound}, l.size+1)
	if err != nil || bound == nil || len(hits) > l.size {
		return l.finish(hits, err)
	}
	if err := l.narrowByWords(ctx, manyRows); err != nil {
		return artifact.Page{}, err
	}
	if err := l.narrowByEnds(ctx, manyRows); err != nil {
		return artifact.Page{}, err
	}
	if l.byIDs {
		return l.finish(l.ofCandidates(ctx))
	}
	return l.finish(l.read(ctx, source{}, l.size+1))
}

// ofCandidates answers the first candidates that meet the rest.
func (l *listing) ofCandidates(ctx context.Context) (out []hit, err error) {
	cands := l.cands
	if l.o.column == "created_at" {
		cands = l.byAge()
	}
	ids := make([]string, len(cands))
	for i, m := range cands {
		ids[i] = m.id
	}
	take := len(ids)
	if l.o.column == "created_at" {
		take = l.size + 1
	}
	for len(ids) > 0 && len(out) <= l.size {
		take = min(take, len(ids))
		more, err := l.read(ctx, source{ids: ids[:take]}, l.size+1-len(out))
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
		ids, take = ids[take:], 4*take
	}
	return out, nil
}

// byAge answers the candidates behind the cursor in the order of the list.
func (l *listing) byAge() []candidate {
	compare := func(a, b candidate) int { return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.id, b.id)) }
	if l.o.desc {
		up := compare
		compare = func(a, b candidate) int { return up(b, a) }
	}
	left := l.cands
	if l.cur != nil {
		end := candidate{l.cur.ID, l.cur.Num}
		left = slices.DeleteFunc(left, func(m candidate) bool { return compare(m, end) <= 0 })
	}
	slices.SortFunc(left, compare)
	return left
}

// span is where the terms lie that begin with a word: from it to below the first text that does not begin so any more.
type span struct{ from, to string }

func spanOf(word string) span { return span{word, after(word)} }

// after answers the least text above all that begin with prefix, in whole characters, as PostgreSQL takes no others.
// Bytewise order of UTF-8 is the order of code points.
func after(prefix string) string {
	for p := prefix; p != ""; {
		r, size := utf8.DecodeLastRuneInString(p)
		p = p[:len(p)-size]
		switch {
		case r == utf8.MaxRune:
			continue // has no successor: the character before it gets one
		case r == 0xD7FF:
			r = 0xE000 // over the surrogates, which are no characters
		default:
			r++
		}
		return p + string(r)
	}
	return strings.Repeat(string(utf8.MaxRune), 16) // longer than any term
}
