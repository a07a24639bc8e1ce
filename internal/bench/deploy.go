package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/probe"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

const (
	deployRounds = 5               // at most: a round takes many seconds
	servedLimit  = 3 * time.Minute // until all targets of a batch serve
)

// widthAim is what the most targets may take of what one takes.
var widthAim = aim{limit: 4, most: true}

// race is one loop with the receivers of one fleet.
type race struct {
	*loop
	fleet *fleet
	watch *watcher
}

// deploys measures the time from a generation that became current until all devices were seen serving it.
func (b *bench) deploys(ctx context.Context) error {
	for _, start := range []func(*bed, []int) *fleet{sshFleet, applianceFleet} {
		if err := b.deployTo(ctx, start); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) deployTo(ctx context.Context, start func(*bed, []int) *fleet) error {
	ground := &bed{ctx: ctx}
	defer ground.close()
	var f *fleet
	if err := ground.build(func() { f = start(ground, b.targets) }); err != nil {
		return err
	}
	t := newTable("From current to served: "+f.title, "targets at once", "s", "against one", "bare s", "against one", "of bare", "busy", "ours", "aim", "")
	for _, n := range f.notes {
		t.note("%s", n)
	}
	t.note("from the end of the upload until the prober has seen the new certificate at every target; %d reconcilers; medians of %d rounds in turns",
		reconcilers, min(b.rounds, deployRounds))
	t.note("%d targets, %d at a time, come in turns: their number is the least ratio where all time is the devices' own", slices.Max(b.targets), reconcilers)
	t.note("bare: the same calls of the plugin and looks, %d targets at a time, without database, journal or queue", reconcilers)
	t.note("busy: how much of the processors worked; ours: how much of them this process had: the server without PostgreSQL, and what is simulated")
	for _, engine := range b.engines {
		if err := b.deployOn(ctx, engine, f); err != nil {
			return fmt.Errorf("%s, %s: %w", engine, f.title, err)
		}
		one, most := f.batches[0], f.batches[len(f.batches)-1]
		for _, x := range f.batches {
			row := []string{fmt.Sprintf("%s, %d", engine, x.size), seconds(median(x.loop)), ratio(against(x.loop, one.loop)),
				seconds(median(x.bare)), ratio(against(x.bare, one.bare)), ratio(against(x.loop, x.bare)), ratio(median(x.busy)), ratio(median(x.ours))}
			if x == most {
				r := against(x.loop, one.loop)
				row = append(row, widthAim.String(), b.judge(fmt.Sprintf("%s, %s, %d : %d targets", engine, f.title, x.size, one.size), r, widthAim))
			}
			t.row(row...)
		}
	}
	t.print(b.out)
	return nil
}

func seconds(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

func (b *bench) deployOn(ctx context.Context, engine string, f *fleet) (err error) {
	r := &race{fleet: f, watch: &watcher{Prober: probe.New(probe.Deps{Dialer: &egress.Dialer{Policy: sdktest.Loopback()}})}}
	if r.loop, err = b.newLoop(ctx, engine, r.watch); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close(ctx)) }()
	if err := r.start(ctx); err != nil {
		return err
	}
	for _, x := range f.batches {
		x.loop, x.bare, x.busy, x.ours = nil, nil, nil, nil
		if err := r.enrol(ctx, x); err != nil {
			return err
		}
	}
	for round := range min(b.rounds, deployRounds) { // the first deployments, above, warmed up
		for i := range f.batches {
			x := f.batches[(i+round)%len(f.batches)]
			took, work, err := r.once(ctx, x)
			if err != nil {
				return fmt.Errorf("%d targets: %w", x.size, err)
			}
			bare, err := r.bare(ctx, x)
			if err != nil {
				return fmt.Errorf("%d targets, bare: %w", x.size, err)
			}
			x.loop, x.bare = append(x.loop, took), append(x.bare, bare)
			x.busy, x.ours = append(x.busy, work.busy), append(x.ours, work.ours)
		}
	}
	return nil
}

// upload makes a certificate the current generation of the batch's group and answers the group.
func (r *race) upload(ctx context.Context, x *batch, leaf *testcert.Pair) (group string, err error) {
	data := append(append(append([]byte(nil), leaf.CertPEM...), leaf.ChainPEM()...), leaf.KeyPEM...)
	res, err := r.vault.Upload(ctx, r.owner, intake.Request{Group: x.name, Files: []intake.File{{Filename: "bundle.pem", Data: data}}})
	if err != nil {
		return "", err
	}
	if f := res.Files[0]; f.Generation == 0 {
		return "", fmt.Errorf("a certificate became %s (%s)", f.Status, f.Code)
	}
	return x.name, nil
}

// enrol makes the targets of a batch and waits for their first deployment.
func (r *race) enrol(ctx context.Context, x *batch) (err error) {
	if x.group, err = r.upload(ctx, x, r.fleet.issue(x)); err != nil {
		return err
	}
	r.forget()
	x.ids = nil
	for i, d := range x.receivers {
		t, err := r.deploy.Create(ctx, r.owner, deploy.NewTarget{
			Name: fmt.Sprintf("%s %d", x.name, i), Type: target.Type(r.fleet.kind), Group: x.group, Settings: d.all(),
			Endpoints: []string{d.endpoint}, SNI: d.name,
		})
		if err != nil {
			return err
		}
		x.ids = append(x.ids, t.ID)
	}
	return r.ended(ctx, x.ids)
}

// once has a new generation brought to all of a batch and answers the seconds until all were seen serving it.
func (r *race) once(ctx context.Context, x *batch) (took float64, w work, err error) {
	settle()
	leaf := r.fleet.issue(x)
	seen := r.watch.expect(printOf(leaf), x.receivers)
	r.forget()
	before, err := worked()
	if err != nil {
		return 0, w, err
	}
	if _, err := r.upload(ctx, x, leaf); err != nil {
		return 0, w, err
	}
	start := time.Now()
	select {
	case <-seen:
	case <-ctx.Done():
		return 0, w, ctx.Err()
	case <-time.After(servedLimit):
		return 0, w, fmt.Errorf("%d of %d targets do not serve after %s; the log is in %s", r.watch.missing(), x.size, servedLimit, r.dir)
	}
	took = time.Since(start).Seconds()
	if w, err = before.since(); err != nil {
		return 0, w, err
	}
	if err := r.ended(ctx, x.ids); err != nil {
		return 0, w, err
	}
	return took, w, x.served(ctx, leaf)
}
