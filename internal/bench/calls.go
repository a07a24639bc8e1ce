package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ignisfox/ignisfox/adapters/pluginhost"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/bench/inert"
	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

const sshCalls = 10 // steps by SSH in one round

// overheadAim is what a call through the process of a plugin may take more than one without, as a share of a short step by SSH.
var overheadAim = aim{limit: .05, most: true}

// caller is one way of doing a step.
type caller struct {
	do   func(ctx context.Context) error
	n    int // calls in a round
	at   int // at a time
	took []float64
}

// calling compares calls of a plugin through the host with calls of the same code in the process.
func (b *bench) calling(ctx context.Context) (err error) {
	ground := &bed{ctx: ctx}
	defer ground.close()
	var device *sshtest.Host
	if err := ground.build(func() { device = sshtest.Start(ground, sshtest.Options{}) }); err != nil {
		return err
	}
	s, err := b.freshStack(ctx, "sqlite") // for its directory and its log
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	host, err := b.startHost(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Stop(context.WithoutCancel(ctx))) }()
	leaf := testcert.Root("Bench Root").Intermediate("Bench CA").Leaf("www.example.com")
	through, err := throughHost(host, leaf)
	if err != nil {
		return err
	}
	real, err := bySSH(host, device, leaf)
	if err != nil {
		return err
	}
	direct := inProcess(leaf)
	all := []*caller{
		{do: direct, n: b.calls, at: 1}, {do: through, n: b.calls, at: 1},
		{do: direct, n: b.calls, at: reconcilers}, {do: through, n: b.calls, at: reconcilers}, {do: real, n: sshCalls, at: 1},
	}
	for round := range b.rounds + 1 { // the first warms up and does not count
		for i := range all {
			c := all[(i+round)%len(all)]
			took, err := c.round(ctx)
			if err != nil {
				return err
			}
			if round > 0 {
				c.took = append(c.took, took)
			}
		}
	}
	b.showCalls(all)
	return nil
}

func (b *bench) showCalls(all []*caller) {
	t := newTable("A call of a plugin: through its process against in this one", "a step", "in process/s", "plugin/s", "times", "ms more", "of SSH", "aim", "")
	t.note("a step that does nothing, with settings, a secret, certificate, chain and key, %d lines of transcript and a state of 600 bytes", inert.Lines)
	t.note("in process: the same code, called with settings and a transcript that takes secrets out, as in the plugin")
	short := all[4]
	t.note("of SSH: what the process costs more, as a share of a step that runs the command true by SSH over loopback (%s/s)", whole(1/median(short.took)))
	for i, name := range []string{"one after another", fmt.Sprintf("%d at a time", reconcilers)} {
		direct, through := all[2*i], all[2*i+1]
		var more, share []float64
		for r := range through.took {
			more = append(more, through.took[r]-direct.took[r])
			share = append(share, more[r]/short.took[r])
		}
		row := []string{name, whole(1 / median(direct.took)), whole(1 / median(through.took)), ratio(against(through.took, direct.took)), ratio(1000 * median(more))}
		if i == 0 {
			row = append(row, fmt.Sprintf("%.4f", median(share)), overheadAim.String(), b.judge("a call of a plugin, of a step by SSH", median(share), overheadAim))
		}
		t.row(row...)
	}
	t.print(b.out)
}

// round answers the seconds that one call took of the machine: with several at a time, the time of all by their number.
func (c *caller) round(ctx context.Context) (float64, error) {
	settle()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var wg sync.WaitGroup
	var next atomic.Int64
	start := time.Now()
	for range c.at {
		wg.Go(func() {
			for next.Add(1) <= int64(c.n) {
				if err := c.do(ctx); err != nil {
					fail(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start).Seconds() / float64(c.n), context.Cause(ctx)
}

// The settings and the secret of the step.
var (
	inertSettings = map[string]any{"host": "web1.example.com", "username": "deploy"}
	inertSecret   = []byte("correct horse battery staple")
)

// inProcess calls the code that does nothing.
func inProcess(leaf *testcert.Pair) func(context.Context) error {
	m := material(leaf)
	request := deploy.StepRequest{Deployment: "dep_bench", Step: deploy.Stage, Attempt: 1, Material: deploy.Material{
		Generation: 1, Fingerprint: m.Fingerprint, Certificate: m.Certificate, Chain: m.Chain, Fullchain: m.Fullchain, Key: m.Key.Reveal(),
	}}
	return func(ctx context.Context) error {
		heard := 0
		call := deploy.Call{
			Settings: plugin.NewSettings(inertSettings, map[string][]byte{"password": inertSecret}), Net: &egress.Dialer{Policy: sdktest.Loopback()},
			Log: plugin.NewLog(plugin.NewRedactor(inertSecret, request.Material.Key), func(plugin.Entry) { heard++ }),
		}
		_, err := inert.Target{}.Step(ctx, call, request)
		return told(err, heard)
	}
}

// throughHost calls the same in its process.
func throughHost(h *pluginhost.Host, leaf *testcert.Pair) (func(context.Context) error, error) {
	d, err := h.Deployer(inert.ID)
	if err != nil {
		return nil, err
	}
	call := ports.PluginCall{Settings: inertSettings, Secrets: map[string]secret.Bytes{"password": secret.NewBytes(inertSecret)}}
	step := ports.DeployStep{Deployment: "dep_bench", Step: "stage", Attempt: 1, Material: material(leaf)}
	return func(ctx context.Context) error {
		heard := 0
		_, err := d.Step(ctx, call, step, func(string) { heard++ })
		return told(err, heard)
	}, nil
}

// told makes sure that the step was done.
func told(err error, heard int) error {
	if err == nil && heard != inert.Lines {
		err = fmt.Errorf("a step said %d lines instead of %d", heard, inert.Lines)
	}
	return err
}

// bySSH does the shortest step there is on a device: one connection, one command.
func bySSH(h *pluginhost.Host, device *sshtest.Host, leaf *testcert.Pair) (func(context.Context) error, error) {
	_, sch, err := h.Find(ssh)
	if err != nil {
		return nil, err
	}
	d, err := h.Deployer(ssh)
	if err != nil {
		return nil, err
	}
	settings, problems := sch.Validate(map[string]any{
		"host": device.Hostname, "port": device.Port, "username": device.User, "host_key": device.HostKey,
		"fullchain_path": device.Dir + "/www.crt", "key_path": device.Dir + "/www.key", "check_command": "true",
	}, nil, map[string]bool{"private_key": true})
	if len(problems) > 0 {
		return nil, fmt.Errorf("settings: %v", problems)
	}
	call := ports.PluginCall{Settings: settings, Secrets: map[string]secret.Bytes{"private_key": secret.NewBytes(device.ClientKey)}}
	step := ports.DeployStep{Deployment: "dep_bench", Step: "check", Attempt: 1, Material: material(leaf)}
	return func(ctx context.Context) error {
		_, err := d.Step(ctx, call, step, func(string) {})
		return err
	}, nil
}
