package storagetest

import (
	"math/rand/v2"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/ports"
)

// untoned answers the counts alone.
func untoned(list []artifact.HourCount) (out []artifact.HourCount) {
	for _, h := range list {
		out = append(out, artifact.HourCount{From: h.From, N: h.N})
	}
	return out
}

// summaryTurns holds when hours of the calendar turn amber and red against the certificates that end in them, which come and go.
func summaryTurns(k *kit) {
	const exact = 15 * time.Minute // ends and lifetimes are counted so exactly
	id := k.tenant()
	rng := rand.New(rand.NewPCG(4, 7))
	day := 24 * time.Hour
	lives := []time.Duration{-time.Hour, 0, time.Hour, 6 * day, 47 * day, 90*day - time.Second, 90 * day, 398 * day, 20_000 * day}
	var rows []artifact.Artifact
	for range 200 {
		end := start.Add(time.Duration(rng.IntN(6*3600)) * time.Second)
		a := k.certEnding("c", end)
		if a.NotBefore = end.Add(-lives[rng.IntN(len(lives))]); rng.IntN(9) == 0 {
			a.NotBefore = end.Add(-time.Duration(rng.IntN(120*24*3600)) * time.Second)
		}
		rows = append(rows, a)
	}
	k.store(id, rows...)
	k.store(k.tenant(), k.certEnding("theirs", start))
	near := func(what string, got, want time.Time) {
		k.Helper()
		if off := got.Sub(want).Abs(); off > exact {
			k.Errorf("%s at %v, want %v", what, got, want)
		}
	}
	check := func() {
		k.Helper()
		k.view(id, func(tx ports.Tx) error {
			got, err := tx.Summary().Calendar(k.ctx, start, start.Add(6*time.Hour))
			n := 0
			for _, h := range got {
				var amber, red time.Time
				for _, a := range rows {
					if !a.NotAfter.Truncate(time.Hour).Equal(h.From) {
						continue
					}
					n++
					ahead := artifact.Ahead(a.NotBefore, a.NotAfter)
					if at := a.NotAfter.Add(-ahead); amber.IsZero() || at.Before(amber) {
						amber = at
					}
					if at := a.NotAfter.Add(-ahead / 4); red.IsZero() || at.Before(red) {
						red = at
					}
				}
				near("amber", h.Amber, amber)
				near("red", h.Red, red)
			}
			same(k, n, len(rows))
			return err
		})
	}
	check()
	for range 5 { // those that turned first go: others are now the first
		k.update(id, func(tx ports.Tx) error {
			for range 35 {
				k.ok(tx.Artifacts().Delete(k.ctx, rows[0].ID))
				rows = rows[1:]
			}
			return nil
		})
		check()
	}
}

// summaryEnding holds the number of certificates that end in a span against the list of them.
func summaryEnding(k *kit) {
	id := k.tenant()
	rng := rand.New(rand.NewPCG(1, 5))
	rows := []artifact.Artifact{k.certEnding("old", time.UnixMicro(-5).UTC()), k.certEnding("never", time.Time{})}
	for range 100 {
		rows = append(rows, k.certEnding("c", start.Add(time.Duration(rng.IntN(3*3600))*time.Second)))
		pfx := k.certEnding("p", start.Add(time.Duration(rng.IntN(3*3600))*time.Second))
		pfx.Kind = cert.KindPFX
		rows = append(rows, pfx)
	}
	k.store(id, rows...)
	k.store(k.tenant(), k.certEnding("theirs", start))
	count := func(tx ports.Tx, from, before time.Time) int {
		n, err := tx.Summary().Ending(k.ctx, from, before)
		k.ok(err)
		return n
	}
	k.view(id, func(tx ports.Tx) error {
		spans := [][2]time.Time{{{}, start.Add(time.Hour)}, {{}, time.UnixMicro(-5)}, {{}, time.UnixMicro(-4)}, {start, start}, {start.Add(time.Hour), start}}
		for range 40 {
			from := start.Add(time.Duration(rng.IntN(3*3600)) * time.Second)
			spans = append(spans, [2]time.Time{from, from.Add(time.Duration(rng.IntN(3600)) * time.Second)},
				[2]time.Time{from.Truncate(15 * time.Minute), from.Truncate(15 * time.Minute).Add(time.Hour)})
		}
		for _, s := range spans {
			page, err := tx.Artifacts().List(k.ctx, artifact.Query{ExpiresFrom: s[0], ExpiresBefore: s[1], Limit: 200})
			k.ok(err)
			if got := count(tx, s[0], s[1]); got != len(page.Items) {
				k.Errorf("%d end from %v to %v, want %d", got, s[0], s[1], len(page.Items))
			}
		}
		return nil
	})
	k.update(id, func(tx ports.Tx) error { // as the transaction leaves it
		before := count(tx, time.Time{}, start.Add(3*time.Hour))
		k.ok(tx.Artifacts().Delete(k.ctx, rows[0].ID))
		same(k, count(tx, time.Time{}, start.Add(3*time.Hour)), before-1)
		return nil
	})

	var many []artifact.Artifact
	for i := range artifact.MostCounted + 50 {
		many = append(many, k.certEnding("many", at(1e6+2000*(i%600))))
	}
	crowded := k.tenant()
	k.store(crowded, many...)
	k.view(crowded, func(tx ports.Tx) error {
		same(k, count(tx, time.Time{}, at(1e7)), artifact.MostCounted)
		same(k, count(tx, at(1e6), at(1e7)), artifact.MostCounted)
		same(k, count(tx, at(1e7), at(1e8)), 0)
		return nil
	})
}
