package storagetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/ports"
)

// countersAgree holds what is counted beforehand against what counting finds, over a long and eventful life.
func countersAgree(k *kit) {
	rng := rand.New(rand.NewPCG(3, 14))
	dead := &life{kit: k, id: k.tenant(), rng: rng, shown: map[artifact.ID]bool{}}
	l := &life{kit: k, id: k.tenant(), rng: rng, shown: map[artifact.ID]bool{}}
	for round := range 12 {
		for range 15 {
			l.step()
		}
		if round < 4 {
			for range 10 {
				dead.step()
			}
			dead.check()
		}
		switch round {
		case 4:
			k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, dead.id) })
		case 5, 6, 7:
			_, err := k.s.Jobs().Sweep(k.ctx, at(1e6), 3)
			k.ok(err)
		}
		l.check()
	}
	for n := 1; n > 0; {
		var err error
		n, err = k.s.Jobs().Sweep(k.ctx, at(1e6), 50)
		k.ok(err)
	}
	l.check()
	k.view(dead.id, func(tx ports.Tx) error {
		c, err := tx.Summary().Counts(k.ctx)
		k.ok(err)
		same(k, c, artifact.Counts{Artifacts: map[cert.Kind]int{}})
		hours, err := tx.Summary().Calendar(k.ctx, time.Unix(-1e9, 0), time.Unix(1e10, 0))
		same(k, len(hours), 0)
		return err
	})

	// One transaction of the platform's door changes two tenants.
	more := &life{kit: k, id: k.tenant(), rng: rng, shown: map[artifact.ID]bool{}}
	k.platform(func(tx ports.PlatformTx) error {
		for range 10 {
			for _, of := range []*life{l, more} {
				k.ok(of.insertArtifact(tx.In(of.id)))
			}
		}
		l.look(tx.In(l.id))
		more.look(tx.In(more.id))
		return nil
	})
	l.check()
	more.check()
}

// look brings what Expiring must show up to date with the generations as they are.
func (l *life) look(tx ports.Tx) {
	open, any := map[artifact.ID]bool{}, map[artifact.ID]bool{}
	for _, g := range l.groups(tx) {
		gens, err := tx.Generations().List(l.ctx, g.ID)
		l.ok(err)
		for _, n := range gens {
			any[n.Leaf] = true
			if n.State() != group.Previous {
				open[n.Leaf] = true
			}
		}
	}
	for _, a := range l.rows(tx) {
		if any[a.ID] && a.Kind == cert.KindCert && !a.NotAfter.IsZero() {
			l.shown[a.ID] = open[a.ID]
		}
	}
}

// check counts everything and compares.
func (l *life) check() {
	l.Helper()
	l.view(l.id, func(tx ports.Tx) error {
		rows := l.rows(tx)
		want := artifact.Counts{Artifacts: map[cert.Kind]int{}, Groups: len(l.groups(tx)), Targets: len(l.targets(tx)), IngestTokens: len(l.tokens(tx))}
		hours := map[time.Time]int{}
		for _, a := range rows {
			want.Artifacts[a.Kind]++
			if a.Kind == cert.KindCert && !a.NotAfter.IsZero() {
				hours[a.NotAfter.Truncate(time.Hour)]++
			}
		}
		got, err := tx.Summary().Counts(l.ctx)
		l.ok(err)
		if ends := got.Ends; !maps.Equal(hours, l.hours) && ends <= l.ends {
			l.Errorf("the calendar changed and the number of changes went from %d to %d", l.ends, ends)
		} else {
			l.hours, l.ends = hours, ends
		}
		got.Ends = 0
		same(l.kit, got, want)

		calendar, err := tx.Summary().Calendar(l.ctx, time.Unix(-1e6*3600, 0), time.Unix(1e6*3600, 0))
		l.ok(err)
		found := map[time.Time]int{}
		for i, h := range calendar {
			found[h.From] = h.N
			if i > 0 && !calendar[i-1].From.Before(h.From) {
				l.Fatal("the calendar is out of order")
			}
		}
		same(l.kit, found, hours)

		all, n, err := tx.Summary().Expiring(l.ctx, time.Unix(1e10, 0), 200)
		l.ok(err)
		var ends []artifact.ID
		for _, a := range rows {
			if l.shown[a.ID] {
				ends = append(ends, a.ID)
			}
		}
		shown := idsOf(all)
		slices.Sort(ends)
		slices.Sort(shown)
		same(l.kit, shown, ends)
		same(l.kit, n, len(ends))
		return nil
	})
}

// countersRace lets many writers change one tenant at once: nothing is counted twice or forgotten, and two groups that turn away from
// the same certificate at the same moment both notice that nobody needs it any more.
func countersRace(k *kit) {
	id := k.tenant()
	const writers, each = 6, 5
	var wg sync.WaitGroup
	errs := make([]error, writers)
	made := make([][]artifact.Artifact, writers)
	for w := range writers {
		for range each {
			a, b := k.certEnding("a", at(3600*w)), k.key("b")
			if w%2 == 0 {
				a, b = b, a // in another order
			}
			made[w] = append(made[w], a, b)
		}
		wg.Go(func() {
			for i := 0; i < 2*each; i += 2 {
				errs[w] = errors.Join(errs[w], k.try(id, func(tx ports.Tx) error {
					if i > 0 {
						if err := tx.Artifacts().Delete(k.ctx, made[w][i-2].ID); err != nil {
							return err
						}
					}
					return errors.Join(tx.Artifacts().Insert(k.ctx, made[w][i], nil), tx.Artifacts().Insert(k.ctx, made[w][i+1], nil))
				}))
			}
		})
	}
	wg.Wait()
	k.ok(errors.Join(errs...))
	l := &life{kit: k, id: id, shown: map[artifact.ID]bool{}}
	k.view(id, func(tx ports.Tx) error {
		for _, a := range l.rows(tx) {
			l.shown[a.ID] = a.Kind == cert.KindCert
		}
		return nil
	})
	same(k, len(l.shown), writers*(each+1))
	l.check()

	for round := range 8 {
		leaf, next := k.certEnding("leaf", at(50)), k.certEnding("next", at(60))
		k.store(id, leaf, next)
		var groups [2]group.Group
		for i := range groups {
			groups[i] = k.group(id, fmt.Sprint("round ", round, i))
			k.update(id, func(tx ports.Tx) error {
				for n, a := range []artifact.Artifact{leaf, next} {
					gen := group.Generation{ID: k.newID("gn"), Group: groups[i].ID, Number: n + 1, Leaf: a.ID, CreatedAt: start, ActivatedAt: at(1)}
					k.ok(tx.Generations().Insert(k.ctx, gen))
				}
				return tx.Groups().Point(k.ctx, groups[i].ID, 1)
			})
		}
		l.shown[leaf.ID], l.shown[next.ID] = false, true
		var begin sync.WaitGroup
		begin.Add(len(groups))
		errs := make([]error, len(groups))
		for i, g := range groups {
			wg.Go(func() {
				begin.Done()
				begin.Wait()
				errs[i] = k.try(id, func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, g.ID, 2) })
			})
		}
		wg.Wait()
		k.ok(errors.Join(errs...))
	}
	l.check()
}
