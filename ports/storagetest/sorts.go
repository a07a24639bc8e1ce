package storagetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// inTurn answers ids as less sorts them; a sort that begins with "-" turns that round, ids and all.
func inTurn[T any, S ~string](list []T, sort S, id func(T) string, less func(a, b T, by string) int) (out []string) {
	by, desc := strings.CutPrefix(string(sort), "-")
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b T) int {
		n := cmp.Or(less(a, b, by), cmp.Compare(id(a), id(b)))
		if desc || by == "" {
			return -n
		}
		return n
	})
	for _, v := range list {
		out = append(out, id(v))
	}
	return out
}

// targetSorts walks the list by every column, on pages of all sizes and narrowed, against sorting what it holds.
func targetSorts(k *kit) {
	id := k.tenant()
	rng := rand.New(rand.NewPCG(8, 8))
	gs := []group.Group{k.group(id, "mail"), k.group(id, "Edge"), k.group(id, "www")}
	k.current(id, gs[0].ID)
	k.current(id, gs[1].ID)
	names := []string{"web", "Web", "db", "ÄRGER", "ärger", strings.Repeat("long ", 60) + "b", strings.Repeat("long ", 60) + "a"}
	for i := range 45 {
		t := target.Target{ID: k.newID("tg"), Name: names[rng.IntN(len(names))], Type: target.TypePull, Group: gs[rng.IntN(3)].ID, CreatedAt: at(i / 4)}
		if i%3 == 0 {
			t.Type, t.Deploy = "deploy.ssh", &target.Deploy{Paused: rng.IntN(3) == 0}
		}
		k.update(id, func(tx ports.Tx) error { return tx.Targets().Insert(k.ctx, t) })
		switch {
		case t.Deploy == nil && rng.IntN(3) > 0:
			k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{{Tenant: id, Target: t.ID, At: at(100 + rng.IntN(5)), Kind: group.FormBundle, Generation: rng.IntN(2)}}))
		case t.Deploy != nil && rng.IntN(3) > 0:
			k.observed(id, t, rng.IntN(5), []deploy.State{deploy.Serving, deploy.Failed, deploy.RolledBack}[rng.IntN(3)])
		}
	}
	theirs := k.tenant()
	k.target(theirs, k.group(theirs, "theirs").ID)

	check := func(q target.Query) {
		k.Helper()
		var all []target.Target
		k.view(id, func(tx ports.Tx) error {
			page, err := tx.Targets().List(k.ctx, target.Query{Group: q.Group, Word: q.Word, State: q.State, Limit: 200})
			all = page.Items
			return err
		})
		for _, s := range target.Sorts {
			q.Sort, q.Cursor = s, ""
			var got []string
			for first := true; first || q.Cursor != ""; first = false {
				k.view(id, func(tx ports.Tx) error {
					page, err := tx.Targets().List(k.ctx, q)
					for _, t := range page.Items {
						got = append(got, t.ID)
					}
					q.Cursor = page.Next
					return err
				})
			}
			want := inTurn(all, s, func(t target.Target) string { return t.ID }, lessTarget)
			if !slices.Equal(got, want) {
				k.Errorf("sorted by %q: %v, want %v", s, got, want)
			}
		}
	}
	check(target.Query{})
	check(target.Query{Limit: 7})
	check(target.Query{Limit: 4, Group: gs[1].ID})
	check(target.Query{Limit: 4, State: target.StateNever})
	check(target.Query{Limit: 4, Word: "e"})
	k.update(id, func(tx ports.Tx) error { // a group, and a target, with another name, and one in another group
		page, err := tx.Targets().List(k.ctx, target.Query{Limit: 200})
		k.ok(err)
		one, two := page.Items[3], page.Items[4]
		one.Name, two.Group, one.Deploy, two.Deploy = "AAA", gs[0].ID, nil, nil
		k.ok(tx.Targets().Update(k.ctx, one))
		k.ok(tx.Targets().Update(k.ctx, two))
		return tx.Groups().Rename(k.ctx, gs[2].ID, "Aardvark")
	})
	check(target.Query{Limit: 7})
	k.view(id, func(tx ports.Tx) error {
		_, err := tx.Targets().List(k.ctx, target.Query{Sort: "tags"})
		k.fails(err, fault.Invalid, "bad_sort")
		page, err := tx.Targets().List(k.ctx, target.Query{Sort: target.SortName, Limit: 2})
		k.ok(err)
		_, err = tx.Targets().List(k.ctx, target.Query{Sort: target.SortGroup, Cursor: page.Next})
		k.fails(err, fault.Invalid, "bad_cursor")
		return nil
	})
}

// observed has a deployment to the target end so, and the target looked at in that second.
func (k *kit) observed(id tenant.ID, t target.Target, second int, end deploy.State) {
	k.Helper()
	k.deployed(id, t, 1, end)
	fence := k.claim(id, t.ID)
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Deployments().SetStatus(k.ctx, t.ID, target.Status{Observed: 1, ObservedAt: at(100 + second)}, fence))
		return tx.Deployments().Release(k.ctx, t.ID, fence)
	})
}

func lessTarget(a, b target.Target, by string) int {
	switch target.Sort(by) {
	case target.SortName:
		return cmp.Compare(sorted(a.Name), sorted(b.Name))
	case target.SortGroup:
		return cmp.Compare(sorted(a.GroupName), sorted(b.GroupName))
	case target.SortState:
		return slices.Index(target.ByUrgency, a.State()) - slices.Index(target.ByUrgency, b.State())
	case target.SortLast:
		last := func(t target.Target) int64 {
			at := t.LastFetch.At
			if t.Deploy != nil {
				at = t.Deploy.Status.ObservedAt
			}
			if at.IsZero() {
				return 0
			}
			return at.UnixMicro()
		}
		return cmp.Compare(last(a), last(b))
	}
	return a.CreatedAt.Compare(b.CreatedAt)
}

// sorted is what a name is sorted by: its first 200 bytes, whatever the case of its letters.
func sorted(name string) string {
	name = strings.ToLower(name)
	return name[:min(len(name), 200)]
}

// ingestTokenSorts does the same for ingest tokens.
func ingestTokenSorts(k *kit) {
	id := k.tenant()
	rng := rand.New(rand.NewPCG(9, 9))
	gs := []group.Group{{}, k.group(id, "mail"), k.group(id, "Edge")}
	var uses []ports.TokenUse
	k.update(id, func(tx ports.Tx) error {
		for i := range 60 {
			g := gs[rng.IntN(3)]
			t := tenant.IngestToken{ID: k.newID("it"), Name: []string{"ci", "CI", "certbot"}[rng.IntN(3)], Hash: k.hash(), Display: "it_…abcd",
				Group: g.ID, CreatedAt: at(i / 8), CreatedBy: fmt.Sprint("kim", rng.IntN(4), "@example.com")}
			k.ok(tx.IngestTokens().Insert(k.ctx, t))
			if rng.IntN(2) == 0 {
				uses = append(uses, ports.TokenUse{Tenant: id, Kind: token.Ingest, ID: t.ID, At: at(60 + rng.IntN(5)), Address: netip.MustParseAddr("::1")})
			}
		}
		return nil
	})
	k.ok(k.s.Jobs().RecordUses(k.ctx, uses))
	check := func() {
		k.Helper()
		k.view(id, func(tx ports.Tx) error {
			all, _, err := tx.IngestTokens().List(k.ctx, tenant.IngestTokenQuery{Limit: 200})
			k.ok(err)
			for _, s := range tenant.IngestTokenSorts {
				q := tenant.IngestTokenQuery{Sort: s, Limit: 7}
				var got []string
				for first := true; first || q.Cursor != ""; first = false {
					var list []tenant.IngestToken
					list, q.Cursor, err = tx.IngestTokens().List(k.ctx, q)
					k.ok(err)
					for _, t := range list {
						got = append(got, t.ID)
					}
				}
				want := inTurn(all, s, func(t tenant.IngestToken) string { return t.ID }, lessToken)
				if !slices.Equal(got, want) {
					k.Errorf("sorted by %q: %v, want %v", s, got, want)
				}
			}
			_, _, err = tx.IngestTokens().List(k.ctx, tenant.IngestTokenQuery{Sort: "display"})
			k.fails(err, fault.Invalid, "bad_sort")
			return nil
		})
	}
	check()
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Rename(k.ctx, gs[2].ID, "Zebra") })
	check()
}

func lessToken(a, b tenant.IngestToken, by string) int {
	switch tenant.IngestTokenSort(by) {
	case tenant.IngestTokensByName:
		return cmp.Compare(sorted(a.Name), sorted(b.Name))
	case tenant.IngestTokensByGroup:
		return cmp.Compare(sorted(a.GroupName), sorted(b.GroupName))
	case tenant.IngestTokensByMaker:
		return cmp.Compare(a.CreatedBy, b.CreatedBy)
	case tenant.IngestTokensByUse:
		return a.LastAt.Compare(b.LastAt)
	}
	return a.CreatedAt.Compare(b.CreatedAt)
}
