package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

var errUndone = errors.New("undo this")

// life does to a tenant whatever can be done to its rows, by chance, and knows what the overview must show of it.
type life struct {
	*kit
	id    tenant.ID
	rng   *rand.Rand
	shown map[artifact.ID]bool // what Expiring must show
}

// countersAgree holds what is counted beforehand against what counting finds, over a long and eventful life.
func countersAgree(k *kit) {
	rng := rand.New(rand.NewPCG(3, 14))
	dead := &life{k, k.tenant(), rng, map[artifact.ID]bool{}}
	l := &life{k, k.tenant(), rng, map[artifact.ID]bool{}}
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
	more := &life{k, k.tenant(), rng, map[artifact.ID]bool{}}
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

// step does one thing in a transaction; one of five is undone, whatever it did. A conflict is no failure: the transaction goes on.
func (l *life) step() {
	l.Helper()
	undo := l.rng.IntN(5) == 0
	before := map[artifact.ID]bool{}
	for a, on := range l.shown {
		before[a] = on
	}
	err := l.try(l.id, func(tx ports.Tx) error {
		for range 1 + l.rng.IntN(3) {
			if err := l.some(tx); err != nil && fault.KindOf(err) != fault.Conflict {
				return err
			}
			l.look(tx)
		}
		if undo {
			return errUndone
		}
		return nil
	})
	if undo && errors.Is(err, errUndone) {
		l.shown, err = before, nil
	}
	l.ok(err)
}

func (l *life) some(tx ports.Tx) error {
	do := []func(ports.Tx) error{l.insertArtifact, l.insertArtifact, l.insertArtifact, l.deleteArtifact, l.moveArtifact, l.insertGroup,
		l.deleteGroup, l.insertGeneration, l.insertGeneration, l.point, l.point, l.activate, l.deleteGeneration, l.target, l.ingestToken}
	return do[l.rng.IntN(len(do))](tx)
}

func (l *life) insertArtifact(tx ports.Tx) error {
	a := l.cert("row")
	a.Kind = []cert.Kind{cert.KindCert, cert.KindCert, cert.KindCert, cert.KindPFX, cert.KindUnknown}[l.rng.IntN(5)]
	a.NotAfter = time.UnixMicro(l.rng.Int64N(40*3_600_000_000) - 10*3_600_000_000).UTC() // around 1970
	if l.rng.IntN(6) == 0 {
		a.NotAfter = time.Time{}
	}
	l.shown[a.ID] = a.Kind == cert.KindCert && !a.NotAfter.IsZero()
	return tx.Artifacts().Insert(l.ctx, a, nil)
}

func (l *life) rows(tx ports.Tx) []artifact.Artifact {
	var all []artifact.Artifact
	for q := (artifact.Query{Limit: 200}); ; {
		page, err := tx.Artifacts().List(l.ctx, q)
		l.ok(err)
		all = append(all, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
	}
}

func (l *life) groups(tx ports.Tx) []group.Group {
	page, err := tx.Groups().List(l.ctx, group.Query{Limit: 200})
	l.ok(err)
	if page.Next != "" {
		l.Fatal("more groups than a page holds")
	}
	return page.Items
}

func (l *life) targets(tx ports.Tx) []target.Target {
	page, err := tx.Targets().List(l.ctx, target.Query{Limit: 200})
	l.ok(err)
	return page.Items
}

func (l *life) tokens(tx ports.Tx) []tenant.IngestToken {
	list, _, err := tx.IngestTokens().List(l.ctx, 200, "")
	l.ok(err)
	return list
}

// one answers one of them by chance; ok is false when there is none.
func one[T any](l *life, of []T) (v T, ok bool) {
	if len(of) == 0 {
		return v, false
	}
	return of[l.rng.IntN(len(of))], true
}

func (l *life) deleteArtifact(tx ports.Tx) error {
	a, ok := one(l, l.rows(tx))
	if !ok {
		return nil
	}
	err := tx.Artifacts().Delete(l.ctx, a.ID)
	if err == nil {
		delete(l.shown, a.ID)
	}
	return err
}

func (l *life) moveArtifact(tx ports.Tx) error {
	a, ok := one(l, l.rows(tx))
	g, there := one(l, l.groups(tx))
	if !ok || !there {
		return nil
	}
	return tx.Artifacts().Move(l.ctx, a.ID, g.ID)
}

func (l *life) insertGroup(tx ports.Tx) error {
	return tx.Groups().Insert(l.ctx, group.Group{ID: l.newID("gr"), Name: fmt.Sprint("g", l.rng.IntN(9)), CreatedAt: start})
}

func (l *life) deleteGroup(tx ports.Tx) error {
	g, ok := one(l, l.groups(tx))
	if !ok || l.rng.IntN(3) > 0 {
		return nil
	}
	return tx.Groups().Delete(l.ctx, g.ID)
}

func (l *life) insertGeneration(tx ports.Tx) error {
	g, ok := one(l, l.groups(tx))
	certs := slices.DeleteFunc(l.rows(tx), func(a artifact.Artifact) bool { return a.Kind != cert.KindCert })
	leaf, there := one(l, certs)
	if !ok || !there {
		return nil
	}
	n, err := tx.Groups().NextNumber(l.ctx, g.ID)
	if err != nil {
		return err
	}
	gen := group.Generation{ID: l.newID("gn"), Group: g.ID, Number: n, Leaf: leaf.ID, CreatedAt: start}
	if l.rng.IntN(2) == 0 {
		gen.ActivatedAt = at(1)
	}
	return tx.Generations().Insert(l.ctx, gen)
}

func (l *life) generation(tx ports.Tx) (group.Generation, bool) {
	g, _ := one(l, l.groups(tx))
	gens, err := tx.Generations().List(l.ctx, g.ID)
	l.ok(err)
	return one(l, gens)
}

func (l *life) point(tx ports.Tx) error {
	n, ok := l.generation(tx)
	if !ok {
		return nil
	}
	if l.rng.IntN(6) == 0 {
		n.Number = 0
	}
	return tx.Groups().Point(l.ctx, n.Group, n.Number)
}

func (l *life) activate(tx ports.Tx) error {
	n, ok := l.generation(tx)
	if !ok {
		return nil
	}
	n.ActivatedAt = at(l.rng.IntN(2))
	return tx.Generations().Update(l.ctx, n)
}

func (l *life) deleteGeneration(tx ports.Tx) error {
	n, ok := l.generation(tx)
	if !ok {
		return nil
	}
	return tx.Generations().Delete(l.ctx, n.Group, n.Number)
}

func (l *life) target(tx ports.Tx) error {
	g, ok := one(l, l.groups(tx))
	t, there := one(l, l.targets(tx))
	switch {
	case there && l.rng.IntN(2) == 0:
		return tx.Targets().Delete(l.ctx, t.ID)
	case ok:
		return tx.Targets().Insert(l.ctx, target.Target{ID: l.newID("tg"), Name: "web", Type: target.TypePull, Group: g.ID, CreatedAt: start})
	}
	return nil
}

func (l *life) ingestToken(tx ports.Tx) error {
	if t, ok := one(l, l.tokens(tx)); ok && l.rng.IntN(2) == 0 {
		return tx.IngestTokens().Delete(l.ctx, t.ID)
	}
	return tx.IngestTokens().Insert(l.ctx, tenant.IngestToken{ID: l.newID("it"), Hash: l.hash(), CreatedAt: start})
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
	l := &life{k, id, nil, map[artifact.ID]bool{}}
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
