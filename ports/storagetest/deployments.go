package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// claims shows that one works on a target at a time, and that whoever lost it writes nothing any more.
func claims(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	k.current(id, g.ID)
	t, pull := k.deployTarget(id, g.ID), k.target(id, g.ID)
	claim := func(targetID, holder string, lease time.Duration) (fence int64, err error) {
		err = k.try(id, func(tx ports.Tx) (err error) {
			fence, err = tx.Deployments().Claim(k.ctx, targetID, holder, tx.Now().Add(lease))
			return err
		})
		return fence, err
	}
	for _, not := range []string{"tg_nosuch", pull.ID} {
		_, err := claim(not, "a", time.Minute)
		k.missing(err)
	}
	first, err := claim(t.ID, "a", time.Minute)
	k.ok(err)
	_, err = claim(t.ID, "b", time.Minute)
	k.fails(err, fault.Conflict, "target_busy")
	again, err := claim(t.ID, "a", -time.Second) // its own, and the lease ends at once
	k.ok(err)
	d := k.deployment(t, 1)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Insert(k.ctx, d, again) }) // nobody else has come
	taken, err := claim(t.ID, "b", time.Minute)
	k.ok(err)
	if first <= 0 || again <= first || taken <= again {
		k.Fatalf("fences %d, %d, %d", first, again, taken)
	}
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Append(k.ctx, d.ID, "from b", taken) })
	before := k.getTarget(id, t.ID)
	read := func() (d2 deploy.Deployment) {
		k.view(id, func(tx ports.Tx) (err error) {
			d2, err = tx.Deployments().Get(k.ctx, d.ID)
			return err
		})
		return d2
	}
	journal := read()
	stale := d
	stale.State, stale.Steps = deploy.Failed, []deploy.Step{{Seq: 1, Name: deploy.StepStage, State: deploy.StepDone}}
	for name, do := range map[string]func(tx ports.Tx, fence int64) error{
		"Save":    func(tx ports.Tx, fence int64) error { return tx.Deployments().Save(k.ctx, stale, fence) },
		"Append":  func(tx ports.Tx, fence int64) error { return tx.Deployments().Append(k.ctx, d.ID, "from a", fence) },
		"Release": func(tx ports.Tx, fence int64) error { return tx.Deployments().Release(k.ctx, t.ID, fence) },
		"Insert":  func(tx ports.Tx, fence int64) error { return tx.Deployments().Insert(k.ctx, k.deployment(t, 2), fence) },
		"SetStatus": func(tx ports.Tx, fence int64) error {
			return tx.Deployments().SetStatus(k.ctx, t.ID, target.Status{Observed: 5}, fence)
		},
	} {
		for _, fence := range []int64{again, first, 0, taken + 1} {
			k.update(id, func(tx ports.Tx) error { // the transaction goes on
				if err := do(tx, fence); fault.KindOf(err) != fault.Conflict || fault.CodeOf(err) != "fence_lost" {
					k.Errorf("%s with fence %d of %d: got %v", name, fence, taken, err)
				}
				return nil
			})
		}
	}
	same(k, k.getTarget(id, t.ID), before)
	same(k, read(), journal)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Release(k.ctx, t.ID, taken) })
	free, err := claim(t.ID, "c", time.Minute)
	k.ok(err)
	if free <= taken {
		k.Errorf("fence %d after %d", free, taken)
	}
	k.update(id, func(tx ports.Tx) error { // a conflict changes nothing and leaves the transaction as it is
		_, err := tx.Deployments().Claim(k.ctx, t.ID, "d", tx.Now().Add(time.Hour))
		k.fails(err, fault.Conflict, "target_busy")
		return tx.Deployments().Append(k.ctx, d.ID, "from c", free)
	})
	same(k, read().Transcript, "from b\nfrom c\n")
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Delete(k.ctx, t.ID) })
	k.missing(k.try(id, func(tx ports.Tx) error { return tx.Deployments().Release(k.ctx, t.ID, free) }))
	k.missing(k.try(id, func(tx ports.Tx) error { return tx.Deployments().Save(k.ctx, d, free) }))
}

// claimRace has many ask for one target at once: one gets it, each time.
func claimRace(k *kit) {
	id := k.tenant()
	t := k.deployTarget(id, k.group(id, "www").ID)
	last := int64(0)
	for round := range 5 {
		const many = 8
		var wg sync.WaitGroup
		fences, errs := make([]int64, many), make([]error, many)
		for i := range many {
			holder := fmt.Sprint(round, "-", i)
			wg.Go(func() {
				errs[i] = k.s.Tenant(id).Update(k.ctx, func(tx ports.Tx) (err error) {
					fences[i], err = tx.Deployments().Claim(k.ctx, t.ID, holder, tx.Now().Add(time.Hour))
					return err
				})
			})
		}
		wg.Wait()
		won := slices.Index(errs, nil)
		for i, err := range errs {
			if i != won && fault.CodeOf(err) != "target_busy" {
				k.Fatalf("got %v", err)
			}
		}
		if won < 0 || fences[won] <= last {
			k.Fatalf("fences %v after %d, errors %v", fences, last, errs)
		}
		last = fences[won]
		k.update(id, func(tx ports.Tx) error { return tx.Deployments().Release(k.ctx, t.ID, last) })
	}
}

func deploymentRows(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	gen := k.current(id, g.ID)
	t := k.deployTarget(id, g.ID)
	fence := k.claim(id, t.ID)
	step := func(seq int, name deploy.StepName) deploy.Step {
		return deploy.Step{Seq: seq, Name: name, State: deploy.StepBegun, Attempt: 1, StartedAt: at(100 + seq)}
	}
	want := deploy.Deployment{ID: k.newID("dep"), Target: t.ID, Group: g.ID, Generation: gen.Number, Before: 3, State: deploy.Running,
		Trigger: deploy.TriggerHand, Attempt: 2, By: "kim@example.com", StartedAt: at(100), Carry: []byte(`{"backup":"x"}`),
		Baseline: []deploy.Served{{Endpoint: "www:443", Address: "192.0.2.1", Fingerprint: "ab", CheckedAt: at(99)}},
		Steps:    []deploy.Step{step(1, deploy.StepObserve)}}
	get := func() (d deploy.Deployment) {
		k.view(id, func(tx ports.Tx) (err error) {
			d, err = tx.Deployments().Get(k.ctx, want.ID)
			return err
		})
		return d
	}
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Insert(k.ctx, want, fence) })
	same(k, get(), want)
	status := k.getTarget(id, t.ID).Deploy.Status
	same(k, status, target.Status{Deployment: want.ID, Generation: gen.Number, State: deploy.Running})
	same(k, k.stateOf(id, t.ID), target.StateDeploying)

	k.update(id, func(tx ports.Tx) error { // one at a time, and the transaction goes on
		k.fails(tx.Deployments().Insert(k.ctx, k.deployment(t, 1), fence), fault.Conflict, "deployment_running")
		return tx.Deployments().Append(k.ctx, want.ID, "two\nlines", fence)
	})
	want.Transcript = "two\nlines\n"
	same(k, get(), want)

	want.Steps[0].State, want.Steps[0].EndedAt = deploy.StepDone, at(101)
	want.Steps = append(want.Steps, step(2, deploy.StepStage), step(3, deploy.StepSwap))
	want.Steps[1].State, want.Steps[1].Attempt, want.Steps[1].Code, want.Steps[1].Message = deploy.StepFailed, 3, "disk_full", "No space is left."
	want.Generation, want.Before, want.Attempt, want.Carry, want.Baseline = gen.Number, 2, 3, nil, nil
	want.Swapped, want.Crashed, want.Final = true, true, true
	want.State, want.EndedAt, want.Code, want.Reason = deploy.RolledBack, at(130), "reload_failed", "The reload command failed."
	saved := want
	saved.By, saved.Trigger, saved.Group, saved.StartedAt, saved.Transcript = "mallory", deploy.TriggerRetry, "gr_other", at(1), "other" // never changes
	saved.Group = g.ID
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Save(k.ctx, saved, fence) })
	same(k, get(), want)
	status = k.getTarget(id, t.ID).Deploy.Status
	same(k, status, target.Status{Deployment: want.ID, Generation: gen.Number, State: deploy.RolledBack, Code: "reload_failed", Reason: "The reload command failed."})
	same(k, k.stateOf(id, t.ID), target.StateRolledBack)

	// What a device says is stored whatever it is, up to a length.
	odd := k.deployment(t, 1)
	odd.Reason, odd.Steps = "bad\x00\xff", []deploy.Step{{Seq: 1, Name: deploy.StepStage, State: deploy.StepFailed, Message: strings.Repeat("ä", 5000), StartedAt: at(1)}}
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Deployments().Insert(k.ctx, odd, fence))
		k.ok(tx.Deployments().Append(k.ctx, odd.ID, "\x00\xfe\n", fence))
		got, err := tx.Deployments().Get(k.ctx, odd.ID)
		same(k, []any{got.Reason, got.Steps[0].Message, got.Transcript}, []any{"bad��", strings.Repeat("ä", 2048), "��\n"})
		return err
	})
	k.missing(k.try(id, func(tx ports.Tx) error {
		_, err := tx.Deployments().Get(k.ctx, "dep_nosuch")
		return err
	}))
	k.missing(k.try(id, func(tx ports.Tx) error { return tx.Deployments().Append(k.ctx, "dep_nosuch", "x", fence) }))
	k.missing(k.try(id, func(tx ports.Tx) error {
		lost := want
		lost.ID = "dep_nosuch"
		return tx.Deployments().Save(k.ctx, lost, fence)
	}))
}

func deploymentLists(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	k.current(id, g.ID)
	t, other := k.deployTarget(id, g.ID), k.deployTarget(id, g.ID)
	k.deployed(id, other, 1, deploy.Serving)
	var want []string
	fence := k.claim(id, t.ID)
	k.update(id, func(tx ports.Tx) error {
		for i := range 25 {
			d := k.deployment(t, 1)
			d.StartedAt = at(i / 2)
			d.Steps = []deploy.Step{{Seq: 1, Name: deploy.StepStage, State: deploy.StepDone, StartedAt: at(i)}, {Seq: 2, Name: deploy.StepSwap, State: deploy.StepDone, StartedAt: at(i)}}
			k.ok(tx.Deployments().Insert(k.ctx, d, fence))
			k.ok(tx.Deployments().Append(k.ctx, d.ID, "line", fence))
			if i < 24 {
				d.State, d.EndedAt = deploy.Serving, at(i)
				k.ok(tx.Deployments().Save(k.ctx, d, fence))
			}
			want = append([]string{d.ID}, want...)
		}
		return nil
	})
	list := func(targetID string, limit int) (ids []string) {
		for cursor := ""; ; {
			var page []deploy.Deployment
			k.view(id, func(tx ports.Tx) (err error) {
				page, cursor, err = tx.Deployments().List(k.ctx, targetID, cursor, limit)
				return err
			})
			for _, d := range page {
				ids = append(ids, d.ID)
				same(k, d.Transcript, "")
				if targetID == t.ID {
					same(k, []deploy.StepName{d.Steps[0].Name, d.Steps[1].Name}, []deploy.StepName{deploy.StepStage, deploy.StepSwap})
				}
			}
			if cursor == "" {
				return ids
			}
		}
	}
	same(k, list(t.ID, 4), want)
	same(k, list(t.ID, 0), want)
	k.view(id, func(tx ports.Tx) error {
		_, _, err := tx.Deployments().List(k.ctx, t.ID, "nonsense", 4)
		k.fails(err, fault.Invalid, "bad_cursor")
		return nil
	})
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Prune(k.ctx, t.ID, 10) })
	same(k, list(t.ID, 0), want[:11]) // the running one is not counted
	k.update(id, func(tx ports.Tx) error {
		_, err := tx.Deployments().Get(k.ctx, want[11])
		k.missing(err)
		return tx.Deployments().Prune(k.ctx, t.ID, 0)
	})
	same(k, list(t.ID, 0), want[:1])
	same(k, len(list(other.ID, 0)), 1)
}

// transcripts keep both ends of what was said, however much it was and however it came.
func transcripts(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	const end = 128 << 10
	for _, c := range []struct{ lines, of, bytes int }{{1, 1, 40}, {30, 1, 100}, {2000, 7, 120}, {9000, 200, 60}, {40000, 1500, 50}, {3, 1, 300_000}} {
		t := k.deployTarget(id, g.ID)
		fence := k.claim(id, t.ID)
		d := k.deployment(t, 1)
		k.update(id, func(tx ports.Tx) error { return tx.Deployments().Insert(k.ctx, d, fence) })
		var all, batch strings.Builder
		for i := range c.lines {
			line := fmt.Sprintf("%06d %s\n", i, strings.Repeat("ö", (c.bytes-8)/2))
			all.WriteString(line)
			batch.WriteString(line)
			if (i+1)%c.of == 0 || i == c.lines-1 {
				k.update(id, func(tx ports.Tx) error {
					return tx.Deployments().Append(k.ctx, d.ID, strings.TrimSuffix(batch.String(), "\n"), fence)
				})
				batch.Reset()
			}
		}
		var got string
		k.view(id, func(tx ports.Tx) error {
			d, err := tx.Deployments().Get(k.ctx, d.ID)
			got = d.Transcript
			return err
		})
		said := all.String()
		if len(said) <= 2*end {
			if got != said {
				k.Errorf("%d lines of %d bytes: %d bytes of %d came back", c.lines, c.bytes, len(got), len(said))
			}
			continue
		}
		line := min(c.bytes, end) // an end may be cut at a line
		first, last, cut := strings.Cut(got, "[…")
		_, last, _ = strings.Cut(last, "\n")
		if !cut || !strings.HasPrefix(said, first) || !strings.HasSuffix(said, last) || len(first) < end-line || len(last) < end-line || len(got) > 2*end+(32<<10) {
			k.Errorf("%d lines of %d bytes: %v, first %d, last %d", c.lines, c.bytes, cut, len(first), len(last))
		}
	}
}

// dueTargets are found by their plan, or because nobody works on a deployment that is not over.
func dueTargets(k *kit) {
	id, gone := k.tenant(), k.tenant()
	g := k.group(id, "www")
	gen := k.current(id, g.ID)
	now := time.Now().UTC()
	due := func(when time.Time, limit int) (out []string) {
		k.Helper()
		got, err := k.s.Jobs().DueTargets(k.ctx, when, limit)
		k.ok(err)
		for _, d := range got {
			same(k, d.Tenant, id)
			out = append(out, d.Target)
		}
		return out
	}
	var ts []target.Target
	for range 5 {
		ts = append(ts, k.deployTarget(id, g.ID))
	}
	far := now.Add(10 * day)
	same(k, due(far, 9), nil)
	plan := func(t target.Target, attempt, schedule time.Time) {
		k.Helper()
		k.update(id, func(tx ports.Tx) error { return tx.Deployments().Plan(k.ctx, t.ID, attempt, schedule) })
	}
	hour := now.Add(time.Hour).Truncate(time.Second)
	plan(ts[0], hour.Add(3*time.Minute), time.Time{})
	plan(ts[1], time.Time{}, hour.Add(2*time.Minute))
	plan(ts[2], hour.Add(4*time.Minute), hour.Add(time.Minute))
	plan(ts[3], hour, hour)
	plan(ts[3], time.Time{}, time.Time{})
	same(k, due(hour, 9), nil)
	same(k, due(hour.Add(time.Minute), 9), []string{ts[2].ID})
	same(k, due(far, 9), []string{ts[2].ID, ts[1].ID, ts[0].ID})
	same(k, due(far, 2), []string{ts[2].ID, ts[1].ID})
	status := k.getTarget(id, ts[2].ID).Deploy.Status
	same(k, []time.Time{status.NextAttemptAt, status.NextScheduleAt}, []time.Time{hour.Add(4 * time.Minute), hour.Add(time.Minute)})

	// While a deployment runs its plan does not count: somebody works on it, or nobody has for a while.
	fence := k.claim(id, ts[0].ID)
	d := k.deployment(ts[0], gen.Number)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Insert(k.ctx, d, fence) })
	lease := now.Add(time.Minute)
	same(k, due(lease, 9), nil)
	same(k, slices.Contains(due(lease.Add(ports.DeploymentAbandoned+time.Minute), 9), ts[0].ID), true)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Release(k.ctx, ts[0].ID, fence) })
	same(k, due(now, 9), nil)
	same(k, due(now.Add(ports.DeploymentAbandoned+30*time.Second), 9), []string{ts[0].ID})
	fence = k.claim(id, ts[0].ID)
	d.State, d.EndedAt = deploy.Serving, now
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Deployments().Save(k.ctx, d, fence))
		return tx.Deployments().SetStatus(k.ctx, ts[0].ID, target.Status{NextScheduleAt: hour}, fence)
	})
	same(k, due(hour.Add(-time.Second), 9), nil)
	same(k, due(hour, 9), []string{ts[0].ID})
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Delete(k.ctx, ts[1].ID) })
	same(k, due(far, 9), []string{ts[0].ID, ts[2].ID})

	// What is paused is not due, whenever it was planned for; unless a deployment to it runs.
	paused := k.getTarget(id, ts[2].ID)
	paused.Deploy.Paused = true
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, paused) })
	same(k, due(far, 9), []string{ts[0].ID})
	plan(ts[2], hour, hour)
	same(k, due(far, 9), []string{ts[0].ID})
	fence = k.claim(id, ts[2].ID)
	d = k.deployment(ts[2], gen.Number)
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Insert(k.ctx, d, fence) })
	same(k, len(due(far, 9)), 2)
	d.State, d.EndedAt = deploy.Serving, now
	k.update(id, func(tx ports.Tx) error { return tx.Deployments().Save(k.ctx, d, fence) })
	same(k, due(far, 9), []string{ts[0].ID})
	paused.Deploy.Paused = false
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, paused) })
	plan(ts[2], hour, hour) // as whoever ends the pause does
	same(k, due(far, 9), []string{ts[0].ID, ts[2].ID})

	// Nothing of a deleted tenant is ever due.
	lost := k.deployTarget(gone, k.group(gone, "www").ID)
	k.update(gone, func(tx ports.Tx) error { return tx.Deployments().Plan(k.ctx, lost.ID, hour, hour) })
	k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, gone) })
	same(k, due(far, 9), []string{ts[0].ID, ts[2].ID})
	k.update(gone, func(tx ports.Tx) error { return tx.Deployments().Plan(k.ctx, lost.ID, hour, hour) }) // by somebody who did not know yet
	same(k, due(far, 9), []string{ts[0].ID, ts[2].ID})
	k.missing(k.try(id, func(tx ports.Tx) error { return tx.Deployments().Plan(k.ctx, "tg_nosuch", hour, hour) }))
	err := k.s.Tenant(id).View(k.ctx, func(tx ports.Tx) error {
		return tx.Enqueue(k.ctx, ports.Job{Kind: ports.JobReconcile, Object: ts[0].ID})
	})
	if fault.KindOf(err) != fault.Internal {
		k.Errorf("Enqueue in a View: %v", err)
	}
}
