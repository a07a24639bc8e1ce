package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// sight is one page people open.
type sight struct {
	name    string
	path    func(v *visitor) string
	part    bool // our script asks for it: the aim is that of searches
	sparse  bool // it shows fewer rows with the smallest vault, and is held against that of the next size
	before  func(ctx context.Context, v *visitor) error
	extreme bool // shown without an aim
}

var sights = func() []sight {
	at := func(name, path string) sight {
		return sight{name: name, path: func(*visitor) string { return path }}
	}
	sparse := func(name, path string) sight {
		s := at(name, path)
		s.sparse = true
		return s
	}
	month := time.Now().AddDate(0, 6, 0).Format("2006-01")
	found := at("palette, a word that all match", "/dashboard/search?q=example")
	found.part = true
	after := at("overview, after a change", "/dashboard")
	after.before, after.extreme = comeAndGo, true
	return []sight{
		at("overview", "/dashboard"), sparse("overview, a month opened", "/dashboard?month="+month),
		at("vault, newest first", "/dashboard/vault"),
		{name: "vault, page in the middle", path: func(v *visitor) string { return "/dashboard/vault?at=" + v.deep }},
		at("vault, sorted by name", "/dashboard/vault?sort=name"), at("vault, sorted by expiry", "/dashboard/vault?sort=not_after"),
		sparse("vault, searched", "/dashboard/vault?search=www"), sparse("vault, one kind", "/dashboard/vault?kind=key"),
		{name: "vault, one group", path: func(v *visitor) string { return "/dashboard/vault?group=" + v.fleet }, sparse: true},
		sparse("groups", "/dashboard/groups"), found, after,
	}
}()

// comeAndGo uploads a certificate and deletes it, so that what is remembered of the vault is out of date.
func comeAndGo(ctx context.Context, v *visitor) error {
	cert := testcert.SelfSigned("bench.example.com")
	res, err := v.stack.vault.Upload(ctx, v.actor, intake.Request{Files: []intake.File{{Filename: "bench.pem", Data: cert.CertPEM}}})
	if err != nil {
		return err
	}
	return v.stack.vault.Delete(ctx, v.actor, res.Files[0].Artifacts[0].ID, false)
}

// pages measures how the server's time for a page, and its size, grow with the vault, and what a first view of one transfers.
func (b *bench) pages(ctx context.Context) error {
	for _, engine := range b.engines {
		if err := b.pagesOn(ctx, engine); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	return nil
}

func (b *bench) pagesOn(ctx context.Context, engine string) (err error) {
	visitors, err := b.openVisitors(ctx, engine)
	defer func() {
		for _, v := range visitors {
			err = errors.Join(err, v.stack.close())
		}
	}()
	if err != nil {
		return err
	}
	small, large := b.pageSizes[0], b.pageSizes[len(b.pageSizes)-1]
	heading := []string{"page", "base/s"}
	for _, n := range b.pageSizes[1:] {
		heading = append(heading, "p50 "+count(n))
	}
	t := newTable(fmt.Sprintf("Pages on %s: time of the server as a multiple of that with %s artifacts", engine, count(small)),
		append(heading, "aim", "p50", "KB "+count(small), "KB "+count(large), "packed")...)
	t.note("through the handler of the dashboard, signed in, answers packed by gzip; base/s is 1 : p50 of the smallest")
	t.note("KB is the page as it is drawn; packed is what the largest is when it is sent, in KB")
	t.note("a page that shows fewer rows with the smallest (*) is held against that with %s", count(b.pageSizes[next(visitors)]))
	t.note("without an aim: the calendar is made anew after a certificate came or went, which reads the end of every other one")
	for _, s := range sights {
		limit := aim{limit: 2, most: true}
		if s.part {
			limit.limit = 3
		}
		if err := b.visit(ctx, s, visitors); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		first, last := visitors[0], visitors[len(visitors)-1]
		base := quantile(first.took, .5)
		row := []string{s.name, whole(1 / base)}
		for _, v := range visitors[1:] {
			row = append(row, ratio(quantile(v.took, .5)/base))
		}
		of, r := small, quantile(last.took, .5)/base
		if s.sparse {
			i := next(visitors)
			row[0] += " *"
			of, r = b.pageSizes[i], quantile(last.took, .5)/quantile(visitors[i].took, .5)
		}
		judged := []string{"-", ""}
		if !s.extreme {
			what := fmt.Sprintf("%s, page %s, %s : %s, p50", engine, s.name, count(large), count(of))
			judged = []string{limit.String(), b.judge(what, r, limit)}
		}
		t.row(append(append(row, judged...), kb(first.plain), kb(last.plain), kb(last.packed))...)
	}
	t.print(b.out)
	return b.weigh(ctx, engine, visitors[len(visitors)-1])
}

// next answers the place of the size that pages are held against which are not full with the smallest.
func next(visitors []*visitor) int { return max(0, min(1, len(visitors)-2)) }

// visit opens one page of all datasets in turns.
func (b *bench) visit(ctx context.Context, s sight, visitors []*visitor) error {
	settle()
	began := time.Now()
	for _, v := range visitors {
		v.took = v.took[:0]
	}
	samples := b.samples
	if s.before != nil {
		samples = min(samples, changes)
	}
	for i := range warmUps + samples {
		if took := time.Since(began); took > hardLimit || took > caseLimit && i >= warmUps+changes {
			break
		}
		for j := range visitors {
			v := visitors[(i+j)%len(visitors)]
			if s.before != nil {
				if err := s.before(ctx, v); err != nil {
					return err
				}
			}
			took, err := v.open(ctx, s)
			if err != nil {
				return err
			}
			if i >= warmUps {
				v.took = append(v.took, took)
			}
		}
	}
	return nil
}

// changes is how many samples of a page are taken at least, and at most when each needs a change of the vault.
const changes = 20

// open asks for the page once, as a browser does, and answers the seconds it took.
func (v *visitor) open(ctx context.Context, s sight) (float64, error) {
	header := http.Header{"Accept": {"text/html"}, "Accept-Encoding": {"gzip, deflate, br"}, "Cookie": {v.cookie}}
	if s.part {
		header.Set("HX-Request", "true")
	}
	start := time.Now()
	res := v.get(ctx, s.path(v), header)
	took := time.Since(start).Seconds()
	if res.Code != http.StatusOK {
		return 0, fmt.Errorf("%s answers %d %s with %d artifacts", s.path(v), res.Code, res.Header().Get("Location"), v.size)
	}
	var err error
	v.packed = res.Body.Len()
	v.page, err = unpacked(res)
	v.plain = len(v.page)
	return took, err
}

func kb(n int) string { return fmt.Sprintf("%.1f", float64(n)/1000) }
