package sdktest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// Device is a device to deploy to, real or simulated.
type Device struct {
	Access
	// Serves answers the SHA-256 (lower-case hex) of the leaf that the service on the device uses now; "" when it has none.
	Serves func() string
	// State describes all that a deployment may change on the device: equal texts mean that nothing was changed.
	State func() string
}

// Deploy checks that a deploy plugin keeps its promises. newDevice makes a fresh device, on which nothing was deployed yet, until
// the test ends.
func Deploy(t *testing.T, start Start, newDevice func(t testing.TB) *Device) {
	r := start(t)
	d, err := newDeploySuite(t.Context(), r, newDevice)
	if err != nil {
		t.Fatal(err)
	}
	runChecks(t, r, d.suite, d.checks())
}

// deploySuite are the promises of a deploy plugin.
type deploySuite struct {
	*suite
	client    *deploy.Client
	newDevice func(testing.TB) *Device
}

func newDeploySuite(ctx context.Context, r *Running, newDevice func(testing.TB) *Device) (*deploySuite, error) {
	s, err := newSuite(ctx, r, plugin.KindDeploy)
	if err != nil {
		return nil, err
	}
	return &deploySuite{s, deploy.NewClient(r.Conn), newDevice}, nil
}

func (d *deploySuite) checks() []check {
	access := func(t testing.TB) Access { return d.newDevice(t).Access }
	test := func(ctx context.Context, a plugin.Args) error { _, err := d.client.Test(ctx, a); return err }
	return []check{
		d.describes(access, "test", "plan", string(deploy.Stage), string(deploy.Swap), string(deploy.Restore)),
		{"test and plan change nothing", d.looks},
		{"a deployment brings the certificate", d.delivers},
		{"a second deployment of the same finds nothing to do", d.again},
		{"each step can be repeated", d.repeats},
		{"restore puts back what was there", d.restores},
		{"restore puts back although nobody heard of the swap", d.restoresUnheard},
		{"restore without a swap changes nothing", d.restoresIdle},
		{"deployments to several devices are kept apart", d.keepsApart},
		d.wrongCredentials(access, test),
		d.forbidden(access, test),
		d.nonsense(test),
		{"a foreign state does not end it", d.foreignState},
		{"a call ends with its context", d.ends},
		{inTimeName, d.endsInTime},
	}
}

// run is one deployment, kept as the server keeps it.
type run struct {
	d      *deploySuite
	device *Device
	args   plugin.Args
	m      deploy.Material
	id     string
	state  []byte
}

func (d *deploySuite) begin(t testing.TB, device *Device, id string, generation int64) (*run, error) {
	args, err := d.args(device.Access)
	if err != nil {
		return nil, err
	}
	m := NewMaterial(t, generation)
	d.seen.guard("key", m.Key)
	return &run{d: d, device: device, args: args, m: m, id: id}, nil
}

// step does one step and keeps its state.
func (r *run) step(ctx context.Context, s deploy.Step, attempt int) (deploy.StepResult, error) {
	out, err := r.d.client.Step(ctx, r.args, deploy.StepRequest{Deployment: r.id, Step: s, Attempt: attempt, State: r.state, Material: r.m},
		func(e plugin.Entry) { r.d.seen.add(e.Text) })
	r.d.seen.add(out.State, out.Message, err)
	if err != nil {
		return out, fmt.Errorf("%s: %w", s, err)
	}
	if out.State != nil {
		r.state = out.State
	}
	return out, nil
}

// steps does those of the steps that the plugin has.
func (r *run) steps(ctx context.Context, steps ...deploy.Step) error {
	for _, s := range steps {
		if !slices.Contains(r.d.info.Capabilities, string(s)) {
			continue
		}
		if _, err := r.step(ctx, s, 1); err != nil {
			return err
		}
	}
	return nil
}

// all are the steps up to the look at what is served.
var all = []deploy.Step{deploy.Stage, deploy.Swap, deploy.Check, deploy.Reload}

// deployed makes a device with a first generation on it and begins the deployment of a second.
func (d *deploySuite) deployed(ctx context.Context, t testing.TB) (first, second *run, err error) {
	device := d.newDevice(t)
	if first, err = d.begin(t, device, "deployment-1", 1); err != nil {
		return nil, nil, err
	}
	if err = first.steps(ctx, append(slices.Clone(all), deploy.Clean)...); err != nil {
		return nil, nil, err
	}
	second, err = d.begin(t, device, "deployment-2", 2)
	return first, second, err
}

// serves checks what the service uses.
func (r *run) serves(want, when string) error {
	if got := r.device.Serves(); got != want {
		return fmt.Errorf("%s the device serves %q, not %q", when, got, want)
	}
	return nil
}

// planned checks what a plan says of this generation.
func (r *run) planned(ctx context.Context, there bool) error {
	plan, err := r.d.client.Plan(ctx, r.args, r.m)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	r.d.seen.add(plan)
	switch {
	case plan.Unchanged != there:
		return fmt.Errorf("plan: unchanged is %v; want %v: %+v", plan.Unchanged, there, plan)
	case !there && len(plan.Changes) == 0:
		return fmt.Errorf("plan: it names no change")
	case plan.Present != r.device.Serves():
		return fmt.Errorf("plan: %q is said to be there, and the device has %q", plan.Present, r.device.Serves())
	}
	return nil
}
