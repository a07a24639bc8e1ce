package sqlstore

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/artifact"
)

const (
	fewRows  = 1000 // so many matches are looked up one by one
	walkRows = 2000 // so far a walk in order looks for matches before it is given up
)

// How a page is found, so that its price does not grow with the vault:
//
//   - what a word or filter matches is asked for first, but no more than fewRows rows of it. When one matches fewer, they
//     are the candidates: read, checked for the rest, sorted;
//   - otherwise matches are frequent: the index of the sort is walked in order, each row being checked, until the page is
//     full or walkRows have passed;
//   - when the walk leaves the page open (frequent words that seldom meet, or all in one far corner) the engine is asked
//     without a bound.

// narrow looks for candidates.
func (l *listing) narrow(ctx context.Context) error {
	open := l.words[:0:0]
	for _, w := range l.words {
		c := &clauses{}
		c.add(`SELECT artifact_id FROM artifact_terms WHERE tenant_id = `, c.arg(string(l.id)), ` AND term >= `, c.arg(w.from),
			` AND term < `, c.arg(w.to))
		few, err := l.candidates(ctx, c)
		if err != nil {
			return err
		}
		if !few {
			open = append(open, w)
		}
	}
	l.words = open
	if l.o.column == "created_at" && len(l.words) == 0 {
		return nil // an index has each filter in this order
	}
	if l.q.Group != "" {
		c := &clauses{}
		c.add(`SELECT a.id FROM artifacts a`, l.s.d.indexed("artifacts_of_group"), ` WHERE a.tenant_id = `, c.arg(string(l.id)))
		l.groupIs(c)
		few, err := l.candidates(ctx, c)
		if err != nil {
			return err
		}
		l.skip.group = few
	}
	if l.q.Kind != "" && l.o.column != "kind" {
		c := &clauses{}
		c.add(`SELECT a.id FROM artifacts a`, l.s.d.indexed("artifacts_of_kind"), ` WHERE a.tenant_id = `, c.arg(string(l.id)))
		l.kindIs(c)
		few, err := l.candidates(ctx, c)
		if err != nil {
			return err
		}
		l.skip.kind = few
	}
	return nil
}

// candidates keeps of the ids those that c answers too, and says so, unless c answers more than fewRows.
func (l *listing) candidates(ctx context.Context, c *clauses) (few bool, err error) {
	if l.byIDs && len(l.ids) == 0 {
		return true, nil
	}
	c.add(` LIMIT `, c.arg(fewRows+1))
	n := 0
	matches := map[string]struct{}{}
	err = l.rows(ctx, "candidates", c.String(), c.args, func(rw row) error {
		var id string
		if err := rw.Scan(&id); err != nil {
			return err
		}
		n++
		matches[id] = struct{}{}
		return nil
	})
	if err != nil || n > fewRows {
		return false, err
	}
	var kept []string
	if l.byIDs {
		for _, id := range l.ids {
			if _, ok := matches[id]; ok {
				kept = append(kept, id)
			}
		}
	} else {
		for id := range matches {
			kept = append(kept, id)
		}
	}
	l.ids, l.byIDs = kept, true
	return true, nil
}

// page answers the page.
func (l *listing) page(ctx context.Context) (artifact.Page, error) {
	if l.byIDs {
		if len(l.ids) == 0 {
			return artifact.Page{}, nil
		}
		return l.read(ctx, false, nil)
	}
	if len(l.words) == 0 && l.q.Group == "" && l.q.Kind == "" {
		return l.read(ctx, true, nil)
	}
	bound, err := l.bound(ctx)
	if err != nil {
		return artifact.Page{}, err
	}
	page, err := l.read(ctx, true, bound)
	if err != nil || bound == nil || page.Next != "" {
		return page, err
	}
	return l.read(ctx, false, nil)
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
