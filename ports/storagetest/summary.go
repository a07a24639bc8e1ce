package storagetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// ends answers the ids and the number of what Expiring answers.
func (k *kit) ends(id tenant.ID, before time.Time, limit int) (ids []artifact.ID, n int) {
	k.Helper()
	k.view(id, func(tx ports.Tx) error {
		as, many, err := tx.Summary().Expiring(k.ctx, before, limit)
		ids, n = idsOf(as), many
		return err
	})
	if len(ids) == n { // the list that is narrowed likewise holds the same
		for _, s := range artifact.Sorts {
			q := artifact.Query{Sort: s, ExpiresBefore: before, Unreplaced: true, Limit: 2}
			listed := k.find(id, q)
			if s == artifact.SortExpiry {
				same(k, listed, ids)
			}
			slices.Sort(listed)
			same(k, listed, slices.Sorted(slices.Values(ids)))
		}
	}
	return ids, n
}

// certEnding makes up a certificate with an end, not stored yet.
func (k *kit) certEnding(name string, end time.Time) artifact.Artifact {
	a := k.cert(name)
	a.NotAfter = end
	return a
}

func summaryExpiring(k *kit) {
	id, other := k.tenant(), k.tenant()
	g, second := k.group(id, "www"), k.group(id, "mail")
	past, soon, later := k.certEnding("past", at(-100)), k.certEnding("soon", at(100)), k.certEnding("later", at(200))
	never, twin, before70 := k.certEnding("never", time.Time{}), k.certEnding("twin", at(100)), k.certEnding("old", time.UnixMicro(-5).UTC())
	key, pfx := k.key("key"), k.cert("pfx")
	key.NotAfter, pfx.NotAfter, pfx.Kind = at(1), at(1), cert.KindPFX
	k.store(id, later, past, soon, never, twin, before70, key, pfx)
	k.store(other, k.certEnding("theirs", at(50)))
	past.Group, past.GroupName = g.ID, g.Name
	k.update(id, func(tx ports.Tx) error { return tx.Artifacts().Move(k.ctx, past.ID, g.ID) })

	all := []artifact.ID{before70.ID, past.ID, soon.ID, twin.ID, later.ID} // equal ends by id
	check := func(before time.Time, limit int, want []artifact.ID, n int) {
		k.Helper()
		got, many := k.ends(id, before, limit)
		same(k, got, want)
		same(k, many, n)
	}
	check(at(1000), 50, all, 5)
	check(at(200), 50, all[:4], 4) // the end itself lies past the span
	check(at(1000), 2, all[:2], 5)
	check(at(1000), 0, nil, 5)
	check(time.UnixMicro(-5), 9, nil, 0)
	k.view(id, func(tx ports.Tx) error {
		as, _, err := tx.Summary().Expiring(k.ctx, start, 9)
		same(k, as, []artifact.Artifact{before70, past})
		return err
	})

	// A generation that waits keeps its certificate in sight; one that another took the place of does not.
	insert := func(groupID string, leaf artifact.Artifact, activated time.Time) group.Generation {
		n := group.Generation{ID: k.newID("gn"), Group: groupID, Leaf: leaf.ID, LeafSPKI: leaf.SPKI, CreatedAt: at(k.n), ActivatedAt: activated}
		k.update(id, func(tx ports.Tx) (err error) {
			if n.Number, err = tx.Groups().NextNumber(k.ctx, groupID); err != nil {
				return err
			}
			return tx.Generations().Insert(k.ctx, n)
		})
		return n
	}
	point := func(groupID string, n int) {
		k.update(id, func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, groupID, n) })
	}
	without := func(out ...artifact.Artifact) []artifact.ID {
		return slices.DeleteFunc(slices.Clone(all), func(a artifact.ID) bool { return slices.Contains(idsOf(out), a) })
	}
	shows := func(out ...artifact.Artifact) {
		k.Helper()
		check(at(1000), 50, without(out...), 5-len(out))
	}
	first := insert(g.ID, past, time.Time{})
	shows()
	first.ActivatedAt = at(1)
	k.update(id, func(tx ports.Tx) error { // became current, and the next one then took its place
		k.ok(tx.Groups().Point(k.ctx, g.ID, first.Number))
		return tx.Generations().Update(k.ctx, first)
	})
	shows()
	next := insert(g.ID, soon, at(2))
	shows(soon) // never current in fact: it counts as previous by its facts
	point(g.ID, next.Number)
	shows(past)
	point(g.ID, first.Number) // rolled back
	shows(soon)
	point(g.ID, 0)
	shows(past, soon)

	// In another group it is current still.
	shared := insert(second.ID, past, at(3))
	shows(past, soon)
	point(second.ID, shared.Number)
	shows(soon)
	staged := insert(second.ID, soon, time.Time{})
	shows()

	// Without the one that waits it is of the past again, and pruning the past does not bring it back.
	k.update(id, func(tx ports.Tx) error { return tx.Generations().Delete(k.ctx, second.ID, staged.Number) })
	shows(soon)
	k.update(id, func(tx ports.Tx) error { return tx.Generations().Delete(k.ctx, g.ID, next.Number) })
	shows(soon)
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Delete(k.ctx, second.ID) }) // first is left, which was current once
	shows(past, soon)
	again := insert(g.ID, soon, time.Time{})
	shows(past)
	k.update(id, func(tx ports.Tx) error { return tx.Generations().Delete(k.ctx, g.ID, again.Number) })
	shows(past) // it never was current: nothing took its place
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Generations().Delete(k.ctx, g.ID, first.Number))
		return tx.Artifacts().Delete(k.ctx, past.ID)
	})
	check(at(1000), 50, without(past), 4)
	got, n := k.ends(other, at(1000), 9)
	same(k, []int{len(got), n}, []int{1, 1})
}

// Counting by looking has an end.
func summaryBounds(k *kit) {
	id := k.tenant()
	var rows []artifact.Artifact
	for i := range artifact.MostCounted + 100 {
		rows = append(rows, k.certEnding("many", at(i)))
	}
	k.store(id, rows...)
	got, n := k.ends(id, at(1e6), 1e6)
	same(k, n, artifact.MostCounted)
	same(k, got, idsOf(rows[:200]))
	k.view(id, func(tx ports.Tx) error {
		as, err := tx.Summary().Between(k.ctx, start, at(1e6), 1e6)
		same(k, idsOf(as), idsOf(rows[:200]))
		return err
	})
}

func summaryCalendar(k *kit) {
	id := k.tenant()
	noon := time.Date(2021, 3, 4, 12, 0, 0, 0, time.UTC)
	after := func(d time.Duration) artifact.Artifact { return k.certEnding("c", noon.Add(d)) }
	key := k.key("key")
	key.NotAfter = noon
	rows := []artifact.Artifact{after(-time.Microsecond), after(0), after(59 * time.Minute), after(20 * time.Minute), after(time.Hour),
		after(5*time.Hour + 29*time.Minute), after(5*time.Hour + 30*time.Minute), after(48 * time.Hour)}
	k.store(id, append(rows, key, k.certEnding("never", time.Time{}))...)
	k.store(k.tenant(), after(0))
	hour := func(from time.Time, n int) artifact.HourCount { return artifact.HourCount{From: from, N: n} }
	calendar := func(from, to time.Time, want ...artifact.HourCount) {
		k.Helper()
		k.view(id, func(tx ports.Tx) error {
			got, err := tx.Summary().Calendar(k.ctx, from, to)
			same(k, untoned(got), want)
			return err
		})
	}
	calendar(noon, noon.Add(48*time.Hour), hour(noon, 3), hour(noon.Add(time.Hour), 1), hour(noon.Add(5*time.Hour), 2))
	calendar(noon.Add(-time.Hour), noon, hour(noon.Add(-time.Hour), 1))
	calendar(noon, noon)
	// Midnight of a zone half an hour off: the hours are its own.
	half := noon.Add(-30 * time.Minute)
	calendar(half, noon.Add(6*time.Hour), hour(half, 3), hour(half.Add(time.Hour), 2), hour(half.Add(5*time.Hour), 1), hour(half.Add(6*time.Hour), 1))
	calendar(half.Add(14*time.Minute), noon, hour(half, 1)) // rounded down to the quarter
	k.view(id, func(tx ports.Tx) error {
		as, err := tx.Summary().Between(k.ctx, noon, noon.Add(time.Hour), 9)
		k.ok(err)
		same(k, idsOf(as), []artifact.ID{rows[1].ID, rows[3].ID, rows[2].ID})
		as, err = tx.Summary().Between(k.ctx, noon, noon.Add(time.Hour), 2)
		k.ok(err)
		same(k, len(as), 2)
		as, err = tx.Summary().Between(k.ctx, noon, noon.Add(time.Hour), 0)
		k.ok(err)
		same(k, len(as), 0)
		return nil
	})
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Artifacts().Delete(k.ctx, rows[1].ID))
		k.ok(tx.Artifacts().Delete(k.ctx, rows[4].ID))
		got, err := tx.Summary().Calendar(k.ctx, noon, noon.Add(2*time.Hour)) // as the transaction leaves it
		same(k, untoned(got), []artifact.HourCount{hour(noon, 2)})
		return err
	})
	calendar(noon, noon.Add(2*time.Hour), hour(noon, 2))
}

func summaryAttention(k *kit) {
	id := k.tenant()
	waiting := func(of tenant.ID, groupID string, made int, change func(*group.Generation)) group.Generation {
		leaf := k.cert("leaf")
		k.store(of, leaf)
		n := group.Generation{ID: k.newID("gn"), Group: groupID, Leaf: leaf.ID, LeafSPKI: leaf.SPKI, CreatedAt: at(made)}
		if change != nil {
			change(&n)
		}
		k.update(of, func(tx ports.Tx) (err error) {
			if n.Number, err = tx.Groups().NextNumber(k.ctx, groupID); err != nil {
				return err
			}
			return tx.Generations().Insert(k.ctx, n)
		})
		return n
	}
	var gs []group.Group
	for i := range 6 {
		gs = append(gs, k.group(id, fmt.Sprint("group ", i)))
	}
	key := k.key("key")
	k.store(id, key)
	k.current(id, gs[0].ID) // current though nobody noted when: it does not wait
	waiting(id, gs[1].ID, 10, nil)
	waiting(id, gs[1].ID, 40, nil)
	waiting(id, gs[2].ID, 30, func(n *group.Generation) { n.Key = key.ID }) // staged
	waiting(id, gs[3].ID, 50, func(n *group.Generation) { n.ActivatedAt = at(1) })
	last := waiting(id, gs[4].ID, 20, nil)
	k.current(id, gs[4].ID)
	theirs := k.tenant()
	waiting(theirs, k.group(theirs, "theirs").ID, 60, nil)
	counted := 0
	names := func(limit int) (out []string) {
		k.view(id, func(tx ports.Tx) error {
			got, n, err := tx.Summary().Attention(k.ctx, limit)
			counted = n
			for _, g := range got {
				out = append(out, g.Name)
				whole, err := tx.Groups().Get(k.ctx, g.ID)
				k.ok(err)
				same(k, g, whole)
			}
			return err
		})
		return out
	}
	same(k, names(9), []string{"group 1", "group 2", "group 4"})
	same(k, names(1), []string{"group 1"})
	same(k, counted, 3) // also those that are not asked for, each group once
	same(k, names(0), nil)
	same(k, counted, 3)
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, gs[4].ID, last.Number) })
	same(k, names(9), []string{"group 4", "group 1", "group 2"}) // now the other one of it waits, which is newer

	// More of one group than are looked at in one go.
	crowd := k.group(id, "crowd")
	leaf := k.cert("leaf")
	k.store(id, leaf)
	k.update(id, func(tx ports.Tx) error {
		for i := range 1100 {
			n := group.Generation{ID: k.newID("gn"), Group: crowd.ID, Number: i + 1, Leaf: leaf.ID, CreatedAt: at(100 + i/3)}
			k.ok(tx.Generations().Insert(k.ctx, n))
		}
		return nil
	})
	same(k, names(9)[:3], []string{"crowd", "group 4", "group 1"})
}

func summaryBehind(k *kit) {
	id := k.tenant()
	rng := rand.New(rand.NewPCG(7, 7))
	var gs []group.Group
	for i := range 3 {
		g := k.group(id, fmt.Sprint("group ", i))
		gs = append(gs, g)
		if i == 2 {
			continue // nothing to fetch
		}
		for n := range 3 {
			cur := k.current(id, g.ID)
			cur.ActivatedAt = at(100*i + 10*n)
			k.update(id, func(tx ports.Tx) error { return tx.Generations().Update(k.ctx, cur) })
		}
	}
	kinds := []group.FormKind{group.FormCert, group.FormFullchain, group.FormPrivateKey, group.FormBundle}
	for range 60 {
		t := k.target(id, gs[rng.IntN(len(gs))].ID)
		for range rng.IntN(4) {
			k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{{Tenant: id, Target: t.ID, At: at(1000 + rng.IntN(50)),
				Kind: kinds[rng.IntN(len(kinds))], Generation: 1 + rng.IntN(3)}}))
		}
		if rng.IntN(4) == 0 { // what it fetched was of another group
			t.Group = gs[rng.IntN(len(gs))].ID
			k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, t) })
		}
	}
	theirs := k.tenant()
	k.target(theirs, k.group(theirs, "theirs").ID)

	k.view(id, func(tx ports.Tx) error {
		page, err := tx.Targets().List(k.ctx, target.Query{Limit: 200})
		k.ok(err)
		want := target.StateCounts{}
		byID := map[string]target.Target{}
		for _, t := range page.Items {
			want[t.State()]++
			byID[t.ID] = t
		}
		if want[target.StateNever] == 0 || want[target.StateUpToDate] == 0 || want[target.StateBehind] < 10 {
			k.Fatalf("the test shows too little: %v", want)
		}
		got, counts, err := tx.Summary().Behind(k.ctx, 200)
		k.ok(err)
		same(k, counts, want)
		same(k, len(got), want[target.StateBehind])
		since := func(t target.Target) time.Time {
			if t.Wanted == 0 {
				return t.LastFetch.At
			}
			n, err := tx.Generations().Get(k.ctx, t.Group, t.Wanted)
			k.ok(err)
			return n.ActivatedAt
		}
		moved := len(got) // those that came from another group wait since then, which is now
		for i, t := range got {
			same(k, t, byID[t.ID])
			same(k, t.State(), target.StateBehind)
			if i > 0 && moved == len(got) && cmp.Or(since(got[i-1]).Compare(since(t)), cmp.Compare(got[i-1].ID, t.ID)) > 0 {
				moved = i
			}
		}
		for _, t := range got[moved:] {
			if t.LastFetch.Observed != 0 {
				k.Errorf("%s waits for longer than those before it", t.ID)
			}
		}
		few, counts, err := tx.Summary().Behind(k.ctx, 3)
		k.ok(err)
		same(k, counts, want)
		same(k, few, got[:3])
		none, counts, err := tx.Summary().Behind(k.ctx, 0)
		k.ok(err)
		same(k, counts, want)
		same(k, len(none), 0)
		return nil
	})
	k.view(theirs, func(tx ports.Tx) error {
		got, counts, err := tx.Summary().Behind(k.ctx, 9)
		same(k, len(got), 0)
		same(k, counts[target.StateNever], 1)
		return err
	})
}
