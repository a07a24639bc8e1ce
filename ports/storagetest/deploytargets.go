package storagetest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// deployTarget makes a target that is deployed to.
func (k *kit) deployTarget(id tenant.ID, groupID string) target.Target {
	k.Helper()
	t := target.Target{ID: k.newID("tg"), Name: "lb", Type: "deploy.ssh", Group: groupID, CreatedAt: at(k.n), Deploy: &target.Deploy{}}
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Insert(k.ctx, t) })
	return t
}

func (k *kit) getTarget(id tenant.ID, targetID string) (t target.Target) {
	k.Helper()
	k.view(id, func(tx ports.Tx) (err error) {
		t, err = tx.Targets().Get(k.ctx, targetID)
		return err
	})
	return t
}

func (k *kit) stateOf(id tenant.ID, targetID string) target.State {
	k.Helper()
	t := k.getTarget(id, targetID)
	return t.State()
}

// claim takes a target for a minute.
func (k *kit) claim(id tenant.ID, targetID string) (fence int64) {
	k.Helper()
	k.update(id, func(tx ports.Tx) (err error) {
		fence, err = tx.Deployments().Claim(k.ctx, targetID, k.newID("run"), tx.Now().Add(time.Minute))
		return err
	})
	return fence
}

// deployment makes up a running one, not stored yet.
func (k *kit) deployment(t target.Target, generation int) deploy.Deployment {
	return deploy.Deployment{ID: k.newID("dep"), Target: t.ID, Group: t.Group, Generation: generation, State: deploy.Running,
		Trigger: deploy.TriggerChange, Attempt: 1, StartedAt: at(k.n)}
}

// deployed has a deployment to the target begin and end, and gives the target back.
func (k *kit) deployed(id tenant.ID, t target.Target, generation int, end deploy.State) deploy.Deployment {
	k.Helper()
	fence := k.claim(id, t.ID)
	d := k.deployment(t, generation)
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Deployments().Insert(k.ctx, d, fence))
		if end != deploy.Running {
			d.State, d.EndedAt = end, d.StartedAt.Add(time.Second)
			k.ok(tx.Deployments().Save(k.ctx, d, fence))
		}
		return tx.Deployments().Release(k.ctx, t.ID, fence)
	})
	return d
}

func deployTargetRows(k *kit) {
	id := k.tenant()
	g, other := k.group(id, "www"), k.group(id, "mail")
	gen := k.current(id, g.ID)
	web, err := target.ParseEndpoint("www.example.com:8443")
	k.ok(err)
	mail, err := target.ParseEndpoint("smtp://[2001:db8::1]:25")
	k.ok(err)
	want := target.Target{ID: k.newID("tg"), Name: "lb", Type: "deploy.ssh", Group: g.ID, GroupName: g.Name, CreatedAt: at(1), Wanted: gen.Number,
		Tags: []string{"eu"}, Deploy: &target.Deploy{
			Settings:  map[string]any{"host": "192.0.2.7", "port": 22.0, "sudo": true, "jump": map[string]any{"host": "h"}, "list": []any{"a"}},
			Endpoints: []target.Endpoint{web, mail}, SNI: "www.example.com", Schedule: "0 3 * * *", Paused: true}}
	bare := target.Target{ID: k.newID("tg"), Name: "bare", Type: "deploy.f5", Group: g.ID, GroupName: g.Name, CreatedAt: at(2), Wanted: gen.Number,
		Deploy: &target.Deploy{}}
	pull := k.target(id, g.ID)
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Targets().Insert(k.ctx, want))
		k.ok(tx.Targets().Insert(k.ctx, bare))
		for _, path := range []string{"password", "jump.password"} {
			k.ok(tx.Deployments().PutSecret(k.ctx, want.ID, ports.TargetSecret{ID: k.newID("ts"), Path: path, Sealed: []byte("sealed")}))
		}
		return nil
	})
	want.Deploy.Secrets = []string{"jump.password", "password"}
	same(k, k.getTarget(id, want.ID), want)
	same(k, k.getTarget(id, bare.ID), bare)
	same(k, k.getTarget(id, pull.ID).Deploy == nil, true)
	k.view(id, func(tx ports.Tx) error {
		page, err := tx.Targets().List(k.ctx, target.Query{Group: g.ID, Limit: 3})
		k.ok(err)
		byID := map[string]target.Target{}
		for _, t := range page.Items {
			byID[t.ID] = t
		}
		same(k, byID[want.ID], want)
		same(k, byID[bare.ID], bare)
		counts, err := tx.Summary().Counts(k.ctx)
		same(k, counts.Targets, 3)
		return err
	})

	// What people change is stored, what was found out stays.
	fence := k.claim(id, want.ID)
	served := []deploy.Served{{Endpoint: web.String(), Address: "192.0.2.7", Fingerprint: "ab", Generation: gen.Number, CheckedAt: at(7)}}
	want.Deploy.Status = target.Status{Observed: gen.Number, ObservedAt: at(8), Served: served, NextAttemptAt: at(20), NextScheduleAt: at(30), Attempts: 3}
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().SetStatus(k.ctx, want.ID, want.Deploy.Status, fence) })
	same(k, k.getTarget(id, want.ID), want)
	want.Name, want.Tags = "lb 2", nil
	want.Deploy.Settings, want.Deploy.Endpoints, want.Deploy.SNI, want.Deploy.Schedule, want.Deploy.Paused =
		map[string]any{"host": "h2"}, nil, "", "", false
	changed := want
	changed.Deploy = &target.Deploy{Settings: want.Deploy.Settings} // the status is not for callers to store
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, changed) })
	same(k, k.getTarget(id, want.ID), want)
	changed.Deploy, changed.Name = nil, "lb 3"
	want.Name = "lb 3"
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, changed) })
	same(k, k.getTarget(id, want.ID), want)

	// Numbers of the group it comes from say nothing of the one it is in now, and whoever works on it has lost it.
	d := k.deployment(want, gen.Number)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Insert(k.ctx, d, fence) })
	k.current(id, other.ID)
	want.Group, want.GroupName = other.ID, other.Name
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, want) })
	k.fails(k.try(id, func(tx ports.Tx) error { return tx.Deployments().Save(k.ctx, d, fence) }), fault.Conflict, "fence_lost")
	got := k.getTarget(id, want.ID).Deploy.Status
	same(k, []any{got.Observed, len(got.Served), got.Generation, got.Attempts, got.Deployment}, []any{0, 0, 0, 0, d.ID})
	next := k.claim(id, want.ID) // nobody holds it
	d.State, d.EndedAt = deploy.Serving, at(50)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Save(k.ctx, d, next) }) // of the other group still
	same(k, k.stateOf(id, want.ID), target.StateBehind)

	k.update(id, func(tx ports.Tx) error { return tx.Targets().Delete(k.ctx, want.ID) })
	k.view(id, func(tx ports.Tx) error {
		_, err := tx.Deployments().Get(k.ctx, d.ID)
		k.missing(err)
		secrets, err := tx.Deployments().Secrets(k.ctx, want.ID)
		same(k, len(secrets), 0)
		return err
	})
}

// deployStates holds every answer about states against target.State, which has the word, over mixed targets in every state.
func deployStates(k *kit) {
	id := k.tenant()
	rng := rand.New(rand.NewPCG(4, 4))
	var gs []group.Group
	for i := range 3 {
		g := k.group(id, fmt.Sprint("group ", i))
		gs = append(gs, g)
		if i == 2 {
			continue // nothing to deploy
		}
		for n := range 2 {
			cur := k.current(id, g.ID)
			cur.ActivatedAt = at(100*i + 10*n)
			k.update(id, func(tx ports.Tx) error { return tx.Generations().Update(k.ctx, cur) })
		}
	}
	ends := []deploy.State{deploy.Running, deploy.Unchanged, deploy.Delivered, deploy.Serving, deploy.ServingOther, deploy.Unreachable,
		deploy.RolledBack, deploy.Failed, deploy.Superseded}
	for i := range 190 {
		g := gs[min(rng.IntN(9)/4, 2)]
		if i%5 == 0 {
			t := k.target(id, g.ID)
			if rng.IntN(3) > 0 {
				k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{{Tenant: id, Target: t.ID, At: at(1000 + i), Kind: group.FormBundle, Generation: 1 + rng.IntN(2)}}))
			}
			continue
		}
		t := k.deployTarget(id, g.ID)
		if rng.IntN(8) > 0 {
			k.deployed(id, t, 2-rng.IntN(5)/4+rng.IntN(5)/4, ends[i%len(ends)])
		}
		if rng.IntN(9) == 0 {
			t.Deploy.Paused = true
		}
		if rng.IntN(9) == 0 {
			t.Group = gs[rng.IntN(len(gs))].ID
		}
		k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, t) })
	}
	theirs := k.tenant()
	k.deployTarget(theirs, k.group(theirs, "theirs").ID)

	k.view(id, func(tx ports.Tx) error {
		page, err := tx.Targets().List(k.ctx, target.Query{Limit: 200})
		k.ok(err)
		want := target.StateCounts{}
		byState := map[target.State][]string{}
		byID := map[string]target.Target{}
		for _, t := range page.Items {
			s := t.State()
			want[s]++
			byState[s] = append(byState[s], t.ID)
			byID[t.ID] = t
		}
		for _, s := range target.AllStates {
			if want[s] < 2 {
				k.Fatalf("the test shows too little of %s: %v", s, want)
			}
			var got []string
			for q := (target.Query{State: s, Limit: 3}); ; {
				page, err := tx.Targets().List(k.ctx, q)
				k.ok(err)
				for _, t := range page.Items {
					same(k, t, byID[t.ID])
					got = append(got, t.ID)
				}
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
			}
			if !slices.Equal(got, byState[s]) {
				k.Errorf("in state %s: %v, want %v", s, got, byState[s])
			}
		}
		if len(want) != len(target.AllStates) {
			k.Errorf("states %v", want)
		}
		behind, counts, err := tx.Summary().Behind(k.ctx, 200)
		k.ok(err)
		if !maps.Equal(counts, want) {
			k.Errorf("counted %v, want %v", counts, want)
		}
		same(k, len(behind), want.Needing())
		since := func(t target.Target) time.Time {
			if t.Wanted == 0 {
				return cmp.Or(t.LastFetch.At, t.CreatedAt)
			}
			n, err := tx.Generations().Get(k.ctx, t.Group, t.Wanted)
			k.ok(err)
			return n.ActivatedAt
		}
		moved := len(behind) // what came from another group waits since then, which is now
		for i, t := range behind {
			same(k, t, byID[t.ID])
			if i > 0 && moved == len(behind) && cmp.Or(since(behind[i-1]).Compare(since(t)), cmp.Compare(behind[i-1].ID, t.ID)) > 0 {
				moved = i
			}
		}
		for _, t := range behind[moved:] {
			if t.LastFetch.Observed != 0 || t.Deploy != nil && t.Deploy.Status.Generation != 0 {
				k.Errorf("%s waits for longer than those before it", t.ID)
			}
		}
		none, err := tx.Targets().List(k.ctx, target.Query{State: "nosuch"})
		same(k, len(none.Items), 0)
		return err
	})
}

func targetSecrets(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	t, other := k.deployTarget(id, g.ID), k.deployTarget(id, g.ID)
	put := func(tx ports.Tx, targetID, secretID, path, sealed string) error {
		return tx.Deployments().PutSecret(k.ctx, targetID, ports.TargetSecret{ID: secretID, Path: path, Sealed: []byte(sealed)})
	}
	k.update(id, func(tx ports.Tx) error {
		k.ok(put(tx, t.ID, "ts_1", "password", "one"))
		k.ok(put(tx, t.ID, "ts_2", "jump.password", "two"))
		k.ok(put(tx, t.ID, "ts_4", "key", "three"))
		k.ok(put(tx, other.ID, "ts_3", "password", "theirs"))
		return put(tx, t.ID, "ts_5", "password", "new")
	})
	secrets := func(targetID string) (out []ports.TargetSecret) {
		k.view(id, func(tx ports.Tx) (err error) {
			out, err = tx.Deployments().Secrets(k.ctx, targetID)
			return err
		})
		return out
	}
	same(k, secrets(t.ID), []ports.TargetSecret{{ID: "ts_2", Path: "jump.password", Sealed: []byte("two")},
		{ID: "ts_4", Path: "key", Sealed: []byte("three")}, {ID: "ts_5", Path: "password", Sealed: []byte("new")}})
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Deployments().DropSecrets(k.ctx, t.ID, nil))
		return tx.Deployments().DropSecrets(k.ctx, t.ID, []string{"password", "nosuch", "key"})
	})
	same(k, secrets(t.ID), []ports.TargetSecret{{ID: "ts_2", Path: "jump.password", Sealed: []byte("two")}})
	same(k, secrets(other.ID), []ports.TargetSecret{{ID: "ts_3", Path: "password", Sealed: []byte("theirs")}})
	k.missing(k.try(id, func(tx ports.Tx) error { return put(tx, "tg_nosuch", "ts_6", "password", "x") }))
	k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, id) }) // credentials go at once
	same(k, len(secrets(other.ID)), 0)
}

// deployLists are targets by group, and the generations that are still needed.
func deployLists(k *kit) {
	id := k.tenant()
	g, other := k.group(id, "www"), k.group(id, "mail")
	var want []string
	for range 7 {
		want = append(want, k.deployTarget(id, g.ID).ID)
		k.target(id, g.ID)
		k.deployTarget(id, other.ID)
	}
	var got []string
	for after := ""; ; after = got[len(got)-1] {
		var page []string
		k.view(id, func(tx ports.Tx) (err error) {
			page, err = tx.Deployments().OfGroup(k.ctx, g.ID, after, 3)
			return err
		})
		if len(page) == 0 {
			break
		}
		if len(page) > 3 {
			k.Fatalf("%d targets", len(page))
		}
		got = append(got, page...)
	}
	same(k, got, want)

	t := k.getTarget(id, want[0])
	k.deployed(id, t, 4, deploy.Failed)
	fence := k.claim(id, t.ID)
	d := k.deployment(t, 9)
	d.Before = 7
	on := func() (out []int) {
		k.view(id, func(tx ports.Tx) (err error) {
			out, err = tx.Generations().OnTargets(k.ctx, g.ID)
			return err
		})
		return out
	}
	same(k, on(), []int{4})
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Deployments().Insert(k.ctx, d, fence))
		return tx.Deployments().SetStatus(k.ctx, t.ID, target.Status{Observed: 8}, fence)
	})
	same(k, on(), []int{7, 8, 9})
	d.State, d.EndedAt = deploy.Serving, at(99)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Save(k.ctx, d, fence) })
	same(k, on(), []int{8, 9})
	t.Group = other.ID
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, t) })
	same(k, len(on()), 0)
}
