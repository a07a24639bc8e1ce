package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
)

const (
	pageSize = 50
	// One query takes caseLimit over all sizes, and longer only to come to tailSamples of each, which a p99 needs. At
	// hardLimit it ends, and the greatest of its samples stands for the p99.
	caseLimit   = 20 * time.Second
	hardLimit   = 2 * time.Minute
	tailSamples = 200
	warmUps     = 5
)

// shelf is one open dataset with the latencies of the query at hand.
type shelf struct {
	*dataset
	stack *stack
	deep  string // cursor in the middle of the newest-first list
	took  []float64
}

// query is one thing people ask the vault for. Nothing is to be found when it is empty.
type query struct {
	name    string
	q       func(s *shelf) vault.ListQuery
	empty   bool
	extreme bool // shown without an aim
}

var queries = listQueries()

func listQueries() []query {
	plain := func(name string, q vault.ListQuery) query {
		return query{name: name, q: func(*shelf) vault.ListQuery { return q }}
	}
	fleet := func(name string, q vault.ListQuery) query {
		return query{name: name, q: func(s *shelf) vault.ListQuery { q.Group = s.fleet; return q }}
	}
	out := []query{
		plain("list, newest first, page 1", vault.ListQuery{}),
		{name: "list, newest first, page in the middle", q: func(s *shelf) vault.ListQuery { return vault.ListQuery{Cursor: s.deep} }},
	}
	for _, sort := range artifact.Sorts {
		if sort != artifact.SortNewest {
			out = append(out, plain("list, sort "+string(sort), vault.ListQuery{Sort: sort}))
		}
	}
	never := plain("search, two words that never meet", vault.ListQuery{Search: "digicert sectigo"})
	never.empty, never.extreme = true, true
	some := plain("search, word that one of a hundred matches", vault.ListQuery{Search: sparseWord})
	some.extreme = true
	return append(out,
		plain("list, kind unknown", vault.ListQuery{Kind: cert.KindUnknown}),
		fleet("list, one group", vault.ListQuery{}),
		plain("list, no group", vault.ListQuery{Group: "none"}),
		plain("search, rare word", vault.ListQuery{Search: rareWord}),
		plain("search, common prefix", vault.ListQuery{Search: "ww"}),
		plain("search, word that all match", vault.ListQuery{Search: "example"}),
		plain("search, word that all match, sort name", vault.ListQuery{Search: "example", Sort: artifact.SortName}),
		plain("search, two common words", vault.ListQuery{Search: "www digicert"}),
		plain("search, rare and common word", vault.ListQuery{Search: rareWord + " example"}),
		plain("search, word and kind", vault.ListQuery{Search: "ww", Kind: cert.KindKey}),
		fleet("search, word, kind and group", vault.ListQuery{Search: "example", Kind: cert.KindCert}),
		some, never,
	)
}

// list measures how the latency of lists and searches grows with the vault.
func (b *bench) list(ctx context.Context) error {
	for _, engine := range b.engines {
		if err := b.listOn(ctx, engine); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	return nil
}

func (b *bench) listOn(ctx context.Context, engine string) (err error) {
	shelves, err := b.openShelves(ctx, engine)
	defer func() {
		for _, s := range shelves {
			err = errors.Join(err, s.stack.close())
		}
	}()
	if err != nil {
		return err
	}
	most := b.sizes[len(b.sizes)-1]
	heading := []string{"query", "base/s"}
	for _, n := range b.sizes[1:] {
		heading = append(heading, "p50 "+count(n))
	}
	for _, n := range b.sizes[1:] {
		heading = append(heading, "p99 "+count(n))
	}
	t := newTable(fmt.Sprintf("Lists and searches on %s: latency as a multiple of that with %s artifacts", engine, count(b.sizes[0])),
		append(heading, "aim", "p50", "p99")...)
	t.note("pages of %d through the vault's use case; three databases open at a time, asked in turns; base/s is 1 : p50 of the smallest", pageSize)
	t.note("p99 of at least %d samples; where that would take too long, max: the greatest of all there are", tailSamples)
	t.note("without an aim: what grows with the vault by its nature, as many terms begin with the word and few rows end up on the page")
	limit := aim{limit: 3, most: true}
	for _, q := range queries {
		if err := b.ask(ctx, q, shelves); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		base50 := quantile(shelves[0].took, .5)
		base99, tail := tailOf(shelves[0].took)
		row := []string{q.name, whole(1 / base50)}
		var r50, r99 float64
		for _, s := range shelves[1:] {
			r50 = quantile(s.took, .5) / base50
			row = append(row, ratio(r50))
		}
		for _, s := range shelves[1:] {
			r99, _ = tailOf(s.took)
			r99 /= base99
			row = append(row, tail+ratio(r99))
		}
		if q.extreme {
			t.row(append(row, "-", "", "")...)
			continue
		}
		what := fmt.Sprintf("%s, %s, %s : %s", engine, q.name, count(most), count(b.sizes[0]))
		t.row(append(row, limit.String(), b.judge(what+", p50", r50, limit), b.judge(what+", "+tailName(tail), r99, limit))...)
	}
	t.print(b.out)
	return nil
}

// openShelves opens a database of each size.
func (b *bench) openShelves(ctx context.Context, engine string) (out []*shelf, err error) {
	for _, n := range b.sizes {
		d, err := b.dataset(ctx, engine, n)
		if err != nil {
			return out, err
		}
		s := &shelf{dataset: d}
		if s.stack, err = openStack(ctx, d.dir, d.url); err != nil {
			return out, err
		}
		out = append(out, s)
		if s.deep, err = s.middle(ctx); err != nil {
			return out, err
		}
	}
	return out, nil
}

// middle follows the cursors to half of the rows.
func (s *shelf) middle(ctx context.Context) (cursor string, err error) {
	limit := min(200, max(1, s.size/4))
	for seen := 0; seen < s.size/2; seen += limit {
		page, err := s.stack.vault.List(ctx, s.actor, vault.ListQuery{Limit: limit, Cursor: cursor})
		if err != nil {
			return "", err
		}
		if cursor = page.Next; cursor == "" {
			return "", fmt.Errorf("the list ended after %d of %d rows", seen+len(page.Items), s.size)
		}
	}
	return cursor, nil
}

// ask puts one query to all shelves in turns.
func (b *bench) ask(ctx context.Context, q query, shelves []*shelf) error {
	settle()
	began := time.Now()
	for _, s := range shelves {
		s.took = s.took[:0]
	}
	for i := range warmUps + b.samples {
		took := time.Since(began)
		if took > hardLimit || took > caseLimit && i >= warmUps+tailSamples {
			break
		}
		for j := range shelves {
			s := shelves[(i+j)%len(shelves)]
			took, err := s.one(ctx, q)
			if err != nil {
				return err
			}
			if i >= warmUps {
				s.took = append(s.took, took)
			}
		}
	}
	return nil
}

// one asks once and answers the seconds it took.
func (s *shelf) one(ctx context.Context, q query) (float64, error) {
	ask := q.q(s)
	ask.Limit = pageSize
	start := time.Now()
	page, err := s.stack.vault.List(ctx, s.actor, ask)
	took := time.Since(start).Seconds()
	if err != nil {
		return 0, err
	}
	if (len(page.Items) == 0) != q.empty {
		return 0, fmt.Errorf("%d rows found with %d artifacts", len(page.Items), s.size)
	}
	return took, nil
}

// tailOf answers the p99, or the greatest with "max " when there are too few for a p99. All sizes have as many.
func tailOf(took []float64) (v float64, word string) {
	if len(took) < tailSamples {
		return quantile(took, 1), "max "
	}
	return quantile(took, .99), ""
}

func tailName(word string) string {
	if word == "" {
		return "p99"
	}
	return "max"
}

func count(n int) string {
	if n >= 1000 && n%1000 == 0 {
		return strconv.Itoa(n/1000) + " k"
	}
	return strconv.Itoa(n)
}
