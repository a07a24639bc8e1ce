package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ignisfox/ignisfox/ports"
)

const (
	dueAtOnce   = 50               // targets that a sweep finds due
	fewSamples  = 30               // of what takes many transactions
	lookedLimit = 30 * time.Second // for one job, and for devices to be as they were seen
)

// healthyAim is what work may take with the most healthy targets of what it takes with the fewest: it is to depend on what is due.
var healthyAim = aim{limit: 3, most: true}

// chore is one thing the reconciler does.
type chore struct {
	name    string
	few     bool // few samples
	queue   bool // the queue works
	prepare func(ctx context.Context, e *estate) error
	do      func(ctx context.Context, e *estate) error
	after   func(ctx context.Context, e *estate) error
}

var chores = []chore{
	{name: "due look-up, nothing due", do: func(ctx context.Context, e *estate) error { return e.due(ctx, 0) }},
	{name: "sweep, nothing due", do: sweep},
	{name: fmt.Sprintf("sweep, %d due", dueAtOnce), few: true, do: sweep,
		prepare: func(ctx context.Context, e *estate) error { return e.plan(ctx, -time.Hour, dueAtOnce) },
		after:   func(ctx context.Context, e *estate) error { return e.plan(ctx, 24*time.Hour, 0) }},
	{name: "look at a healthy target, by the queue", queue: true, few: true, do: lookOnce},
	{name: "renewal of one target, from the upload on", queue: true, few: true, do: renew},
}

// reconciler measures how work grows with the number of targets that need none.
func (b *bench) reconciler(ctx context.Context) error {
	for _, engine := range b.engines {
		if err := b.reconcilerOn(ctx, engine); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	return nil
}

func (b *bench) reconcilerOn(ctx context.Context, engine string) (err error) {
	var estates []*estate
	defer func() {
		for _, e := range estates {
			err = errors.Join(err, e.close(ctx))
		}
	}()
	for _, n := range b.healthy {
		e, err := b.newEstate(ctx, engine, n)
		if e != nil && e.loop != nil {
			estates = append(estates, e)
		}
		if err != nil {
			return err
		}
	}
	first, last := estates[0], estates[len(estates)-1]
	t := newTable(fmt.Sprintf("Reconciler on %s: time with healthy targets as a multiple of that with %s", engine, count(first.size)),
		"", "base/s", "p50 "+count(last.size), "aim", "")
	t.note("healthy: up to date, with an ended deployment, a nightly schedule and a job that waits for it; one workspace in each database")
	t.note("a renewal is the whole deployment of a plugin that does nothing, with %d steps as jobs; base/s is 1 : p50 of the smallest", 7)
	started := false
	for _, c := range chores {
		if c.queue && !started {
			started = true
			if err := startAll(ctx, estates); err != nil {
				return err
			}
		}
		if err := b.measure(ctx, c, estates); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		base := quantile(first.took, .5)
		r := quantile(last.took, .5) / base
		t.row(c.name, whole(1/base), ratio(r), healthyAim.String(),
			b.judge(fmt.Sprintf("%s, %s, %s : %s healthy targets, p50", engine, c.name, count(last.size), count(first.size)), r, healthyAim))
	}
	t.print(b.out)
	return nil
}

// startAll starts the queues and waits until what the sweeps of before put into them was done.
func startAll(ctx context.Context, estates []*estate) error {
	for _, e := range estates {
		e.forget()
		if err := e.start(ctx); err != nil {
			return err
		}
		for range min(dueAtOnce, e.size) {
			if err := e.awaitJob(ctx, ""); err != nil {
				return err
			}
		}
		if err := e.enrol(ctx); err != nil {
			return err
		}
	}
	return nil
}

// measure does a chore in all workspaces in turns.
func (b *bench) measure(ctx context.Context, c chore, estates []*estate) error {
	settle()
	for _, e := range estates {
		e.took = e.took[:0]
		if c.prepare != nil {
			if err := c.prepare(ctx, e); err != nil {
				return err
			}
		}
	}
	n := b.samples
	if c.few {
		n = min(n, fewSamples)
	}
	for i := range warmUps + n {
		for j := range estates {
			e := estates[(i+j)%len(estates)]
			start := time.Now()
			if err := c.do(ctx, e); err != nil {
				return err
			}
			if i >= warmUps {
				e.took = append(e.took, time.Since(start).Seconds())
			}
		}
	}
	if c.after == nil {
		return nil
	}
	for _, e := range estates {
		if err := c.after(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// due asks for what is due, of which there is so much.
func (e *estate) due(ctx context.Context, want int) error {
	got, err := e.store.Jobs().DueTargets(ctx, time.Now(), 500)
	if err == nil && len(got) != want {
		err = fmt.Errorf("%d targets are due, not %d", len(got), want)
	}
	return err
}

func sweep(ctx context.Context, e *estate) error {
	return e.deploy.Sweep(ctx, ports.Job{Kind: ports.JobSweep})
}

// plan has the first targets re-checked so long from now, and makes sure that then so many are due.
func (e *estate) plan(ctx context.Context, in time.Duration, due int) error {
	some := e.ids[:min(dueAtOnce, e.size)]
	err := e.store.Tenant(e.owner.Tenant).Update(ctx, func(tx ports.Tx) error {
		for _, id := range some {
			if err := tx.Deployments().Plan(ctx, id, time.Time{}, tx.Now().Add(in)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.due(ctx, min(due, e.size))
}

// lookOnce has the queue look at a target that needs nothing.
func lookOnce(ctx context.Context, e *estate) error {
	e.forget()
	id := e.ids[len(e.ids)/2]
	err := e.store.Tenant(e.owner.Tenant).Update(ctx, func(tx ports.Tx) error {
		return tx.Enqueue(ctx, ports.Job{Kind: ports.JobReconcile, Tenant: e.owner.Tenant, Object: id, At: tx.Now()})
	})
	if err != nil {
		return err
	}
	return e.awaitJob(ctx, id)
}

// awaitJob waits until a job of that target was done, of any for "".
func (e *estate) awaitJob(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, lookedLimit)
	defer cancel()
	for {
		select {
		case did := <-e.worked:
			if id == "" || did == id {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("no job was done within %s; the log is in %s", lookedLimit, e.dir)
		}
	}
}

// renew brings a new generation to the one target that is renewed.
func renew(ctx context.Context, e *estate) error {
	e.forget()
	if _, err := e.upload(ctx, renewedGroup); err != nil {
		return err
	}
	return e.ended(ctx, e.renewed)
}
