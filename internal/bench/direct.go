package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/ports"
)

// stepsBefore and stepsAfter are what is done before and after the look; those that the plugin does not have are left out.
var stepsBefore, stepsAfter = []string{"stage", "swap", "check", "reload"}, []string{"clean"}

const againAfter = 20 * time.Millisecond // a look that saw the old certificate

// bare brings a certificate to all of a batch by nothing but the calls, and answers the seconds until all were seen serving it.
func (r *race) bare(ctx context.Context, x *batch) (float64, error) {
	settle()
	ctx, cancel := context.WithTimeout(ctx, servedLimit)
	defer cancel()
	leaf := r.fleet.issue(x)
	m := material(leaf)
	seen := r.watch.expect(printOf(leaf), x.receivers)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	next := make(chan receiver, x.size)
	for _, d := range x.receivers {
		next <- d
	}
	close(next)
	start := time.Now()
	var wg sync.WaitGroup
	for range min(reconcilers, x.size) {
		wg.Go(func() {
			for d := range next {
				if err := r.bring(ctx, d, m); err != nil {
					fail(err)
					return
				}
			}
		})
	}
	var took float64
	select {
	case <-seen:
		took = time.Since(start).Seconds()
	case <-ctx.Done():
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return took, x.served(ctx, leaf)
}

// material answers a generation in the forms that it is deployed in.
func material(p *testcert.Pair) ports.DeployMaterial {
	return ports.DeployMaterial{
		Generation: 1, Fingerprint: printOf(p), Certificate: p.CertPEM, Chain: p.ChainPEM(),
		Fullchain: append(bytes.Clone(p.CertPEM), p.ChainPEM()...), Key: secret.NewBytes(p.KeyPEM),
	}
}

// bring does to one receiver what a deployment does.
func (r *race) bring(ctx context.Context, d receiver, m ports.DeployMaterial) error {
	info, sch, err := r.host.Find(r.fleet.kind)
	if err != nil {
		return err
	}
	p, err := r.host.Deployer(info.ID)
	if err != nil {
		return err
	}
	settings, problems := sch.Validate(d.plain, d.secrets, nil)
	if len(problems) > 0 {
		return fmt.Errorf("settings: %v", problems)
	}
	call := ports.PluginCall{Settings: settings, Secrets: map[string]secret.Bytes{}}
	for name, v := range d.secrets {
		call.Secrets[name] = secret.NewBytes([]byte(v))
	}
	step := ports.DeployStep{Deployment: id.New("dep", time.Now()), Attempt: 1, Material: m}
	do := func(steps []string) error {
		for _, name := range steps {
			if !info.Can(name) {
				continue
			}
			step.Step = name
			res, err := p.Step(ctx, call, step, func(string) {})
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if res.State != nil {
				step.State = res.State
			}
		}
		return nil
	}
	if _, err := r.lookAt(ctx, d); err != nil {
		return err
	}
	if err := do(stepsBefore); err != nil {
		return err
	}
	if err := r.until(ctx, d, m.Fingerprint); err != nil {
		return err
	}
	return do(stepsAfter)
}

// lookAt answers what the receiver serves, by the prober of the loop.
func (r *race) lookAt(ctx context.Context, d receiver) (fingerprint string, err error) {
	host, port, err := net.SplitHostPort(d.endpoint)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", err
	}
	served, err := r.watch.Probe(ctx, ports.ProbeRequest{Host: host, Port: n, SNI: d.name, EveryAddress: true})
	if err != nil {
		return "", err
	}
	if served[0].Err != nil {
		return "", served[0].Err
	}
	return served[0].Fingerprint, nil
}

// until looks until the receiver serves the certificate.
func (r *race) until(ctx context.Context, d receiver, fingerprint string) error {
	again := time.NewTicker(againAfter)
	defer again.Stop()
	for {
		seen, err := r.lookAt(ctx, d)
		if err != nil || seen == fingerprint {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), fmt.Errorf("%s serves another certificate", d.endpoint))
		}
	}
}
