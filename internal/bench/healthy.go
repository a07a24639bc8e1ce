package main

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/intake"
	core "github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/bench/inert"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	healthyInGroup = 20
	renewedGroup   = "renewed.example.com"
	nightly        = "30 3 * * *"
)

// estate is a workspace of so many targets that have what they should: each was deployed to, is re-checked by a schedule, and has a
// job that waits for it.
type estate struct {
	*loop
	size    int
	ids     []string
	renewed []string // one target more, in a group of its own
	mirror  *mirror
	ca      *testcert.Pair
	days    int
	took    []float64
}

// mirror is a prober that sees the certificate that was sent last everywhere: devices that do what they are told, at no cost.
type mirror struct {
	mu    sync.Mutex
	shown string
}

func (m *mirror) show(fingerprint string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown = fingerprint
}

// Probe implements ports.Prober.
func (m *mirror) Probe(context.Context, ports.ProbeRequest) ([]ports.Served, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return []ports.Served{{Address: netip.MustParseAddrPort("192.0.2.1:443"), Fingerprint: m.shown, Version: "TLS 1.3"}}, nil
}

// newEstate fills a new database. Its queue is not started.
func (b *bench) newEstate(ctx context.Context, engine string, size int) (e *estate, err error) {
	e = &estate{size: size, mirror: &mirror{}, ca: testcert.Root("Bench Root").Intermediate("Bench CA")}
	if e.loop, err = b.newLoop(ctx, engine, e.mirror); err != nil {
		return nil, err
	}
	fmt.Fprintf(b.out, "  (filling %s with %d targets)\n", engine, size)
	for from := 0; from < size && err == nil; from += healthyInGroup {
		err = e.fill(ctx, from, min(from+healthyInGroup, size))
	}
	if err == nil && engine == "postgres" {
		err = b.vacuum(ctx, e.url)
	}
	return e, err
}

// upload makes a new certificate current in a group and answers it.
func (e *estate) upload(ctx context.Context, group string) (*testcert.Pair, error) {
	e.days++
	leaf := e.ca.Leaf(group, testcert.Valid(time.Now().Add(-time.Hour), time.Now().Add(time.Duration(e.days)*time.Hour+720*time.Hour)))
	e.mirror.show(printOf(leaf))
	data := append(append(append([]byte(nil), leaf.CertPEM...), leaf.ChainPEM()...), leaf.KeyPEM...)
	res, err := e.vault.Upload(ctx, e.owner, intake.Request{Group: group, Files: []intake.File{{Filename: "bundle.pem", Data: data}}})
	if err == nil && res.Files[0].Generation == 0 {
		err = fmt.Errorf("a certificate became %s (%s)", res.Files[0].Status, res.Files[0].Code)
	}
	return leaf, err
}

// fill makes one group with its targets.
func (e *estate) fill(ctx context.Context, from, to int) error {
	name := fmt.Sprintf("www%d.example.com", from/healthyInGroup)
	leaf, err := e.upload(ctx, name)
	if err != nil {
		return err
	}
	return e.store.Tenant(e.owner.Tenant).Update(ctx, func(tx ports.Tx) error {
		g, err := intake.FindGroup(ctx, tx, name)
		if err != nil {
			return err
		}
		for i := from; i < to; i++ {
			t := target.Target{
				ID: id.New("tgt", tx.Now()), Name: fmt.Sprintf("web %d", i), Type: inert.ID, Group: g.ID, CreatedAt: tx.Now(),
				Deploy: &target.Deploy{
					Settings:  map[string]any{"host": fmt.Sprintf("web%d.example.com", i), "username": "deploy"},
					Endpoints: []target.Endpoint{{Host: fmt.Sprintf("web%d.example.com", i), Port: 443}}, SNI: name, Schedule: nightly,
				},
			}
			if err := tx.Targets().Insert(ctx, t); err != nil {
				return err
			}
			if err := deployedOnce(ctx, tx, t, printOf(leaf)); err != nil {
				return err
			}
			e.ids = append(e.ids, t.ID)
		}
		return nil
	})
}

// deployedOnce writes what a deployment that went well leaves behind.
func deployedOnce(ctx context.Context, tx ports.Tx, t target.Target, fingerprint string) error {
	now, all := tx.Now(), tx.Deployments()
	fence, err := all.Claim(ctx, t.ID, id.New("run", now), now.Add(time.Minute))
	if err != nil {
		return err
	}
	d := core.Deployment{
		ID: id.New("dep", now), Target: t.ID, Group: t.Group, Generation: 1, State: core.Running, Trigger: core.TriggerChange, Attempt: 1, StartedAt: now,
	}
	if err := all.Insert(ctx, d, fence); err != nil {
		return err
	}
	for i, step := range []core.StepName{core.StepObserve, core.StepStage, core.StepSwap, core.StepCheck, core.StepReload, core.StepVerify, core.StepClean} {
		d.Steps = append(d.Steps, core.Step{Seq: i + 1, Name: step, State: core.StepDone, Attempt: 1, StartedAt: now, EndedAt: now, Message: "nothing was done"})
	}
	d.State, d.EndedAt, d.Swapped = core.Serving, now, true
	if err := all.Save(ctx, d, fence); err != nil {
		return err
	}
	at := tomorrow(now)
	err = all.SetStatus(ctx, t.ID, target.Status{Observed: 1, ObservedAt: now, NextScheduleAt: at, Served: []core.Served{{
		Endpoint: t.Deploy.Endpoints[0].String(), Address: "192.0.2.1:443", Fingerprint: fingerprint, Generation: 1, CheckedAt: now,
	}}}, fence)
	if err != nil {
		return err
	}
	if err := tx.Enqueue(ctx, ports.Job{Kind: ports.JobReconcile, Tenant: tx.Tenant(), Object: t.ID, At: at}); err != nil {
		return err
	}
	return all.Release(ctx, t.ID, fence)
}

// tomorrow is when the targets are re-checked next: long after the bench.
func tomorrow(now time.Time) time.Time { return now.Add(24 * time.Hour) }

// enrol makes the target that is renewed, once the queue is started.
func (e *estate) enrol(ctx context.Context) error {
	if _, err := e.upload(ctx, renewedGroup); err != nil {
		return err
	}
	e.forget()
	t, err := e.deploy.Create(ctx, e.owner, deploy.NewTarget{
		Name: "renewed", Type: inert.ID, Group: renewedGroup, Endpoints: []string{renewedGroup}, Schedule: nightly,
		Settings: map[string]any{"host": renewedGroup, "username": "deploy", "password": "correct horse battery staple"},
	})
	if err != nil {
		return err
	}
	e.renewed = []string{t.ID}
	return e.ended(ctx, e.renewed)
}
