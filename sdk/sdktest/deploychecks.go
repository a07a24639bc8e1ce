package sdktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

func (d *deploySuite) looks(ctx context.Context, t testing.TB) error {
	r, err := d.begin(t, d.newDevice(t), "deployment-1", 1)
	if err != nil {
		return err
	}
	before := r.device.State()
	found, err := d.client.Test(ctx, r.args)
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	d.seen.add(found)
	if !found.Confirmed || len(found.Lines) == 0 {
		return fmt.Errorf("a test with good settings says %+v", found)
	}
	if err := r.planned(ctx, false); err != nil {
		return err
	}
	return r.unchanged(before)
}

func (r *run) unchanged(before string) error {
	if after := r.device.State(); after != before {
		return fmt.Errorf("the device was changed; before:\n%s\nafter:\n%s", before, after)
	}
	return nil
}

func (d *deploySuite) delivers(ctx context.Context, t testing.TB) error {
	first, second, err := d.deployed(ctx, t)
	if err != nil {
		return err
	}
	if err := first.serves(first.m.Fingerprint, "after the first deployment"); err != nil {
		return err
	}
	if err := second.planned(ctx, false); err != nil {
		return err
	}
	if err := second.steps(ctx, all...); err != nil {
		return err
	}
	if err := second.serves(second.m.Fingerprint, "after the second deployment"); err != nil {
		return err
	}
	if err := second.steps(ctx, deploy.Clean, deploy.Clean); err != nil {
		return err
	}
	if err := second.serves(second.m.Fingerprint, "after cleaning"); err != nil {
		return err
	}
	return second.planned(ctx, true)
}

func (d *deploySuite) again(ctx context.Context, t testing.TB) error {
	first, _, err := d.deployed(ctx, t)
	if err != nil {
		return err
	}
	before := first.device.State()
	again := *first
	again.id, again.state = "deployment-3", nil
	out, err := again.step(ctx, deploy.Stage, 1)
	if err != nil {
		return err
	}
	if !out.Unchanged {
		return errors.New("stage of what is there already does not answer Unchanged")
	}
	return again.unchanged(before)
}

// repeats does each step twice from the same state, as after a server that was killed before it heard of the end.
func (d *deploySuite) repeats(ctx context.Context, t testing.TB) error {
	first, second, err := d.deployed(ctx, t)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !slices.Contains(d.info.Capabilities, string(s)) {
			continue
		}
		before := second.state
		if _, err := second.step(ctx, s, 1); err != nil {
			return err
		}
		after := second.device.State()
		second.state = before
		if _, err := second.step(ctx, s, 2); err != nil {
			return fmt.Errorf("repeated: %w", err)
		}
		if s == deploy.Swap {
			if err := second.unchanged(after); err != nil {
				return fmt.Errorf("a repeated swap: %w", err)
			}
		}
	}
	if err := second.serves(second.m.Fingerprint, "after each step was done twice"); err != nil {
		return err
	}
	return second.back(ctx, first.m.Fingerprint)
}

// back restores, twice, and checks what is served then.
func (r *run) back(ctx context.Context, want string) error {
	for range 2 {
		if err := r.steps(ctx, deploy.Restore, deploy.Reload); err != nil {
			return err
		}
		if err := r.serves(want, "after restore"); err != nil {
			return err
		}
	}
	if err := r.steps(ctx, deploy.Clean); err != nil {
		return err
	}
	return r.serves(want, "after restore and clean")
}

func (d *deploySuite) restores(ctx context.Context, t testing.TB) error {
	first, second, err := d.deployed(ctx, t)
	if err != nil {
		return err
	}
	if err := second.steps(ctx, all...); err != nil {
		return err
	}
	if err := second.back(ctx, first.m.Fingerprint); err != nil {
		return err
	}
	fresh, err := d.begin(t, d.newDevice(t), "deployment-1", 1)
	if err != nil {
		return err
	}
	before := fresh.device.Serves()
	if err := fresh.steps(ctx, all...); err != nil {
		return err
	}
	if err := fresh.back(ctx, before); err != nil {
		return fmt.Errorf("the first deployment of a device: %w", err)
	}
	return nil
}

func (d *deploySuite) restoresUnheard(ctx context.Context, t testing.TB) error {
	first, second, err := d.deployed(ctx, t)
	if err != nil {
		return err
	}
	if err := second.steps(ctx, deploy.Stage); err != nil {
		return err
	}
	before := second.state
	if err := second.steps(ctx, deploy.Swap); err != nil {
		return err
	}
	second.state = before
	return second.back(ctx, first.m.Fingerprint)
}

func (d *deploySuite) restoresIdle(ctx context.Context, t testing.TB) error {
	first, second, err := d.deployed(ctx, t)
	if err != nil {
		return err
	}
	if err := second.steps(ctx, deploy.Stage); err != nil {
		return err
	}
	return second.back(ctx, first.m.Fingerprint)
}

// keepsApart deploys to two devices step by step in turns, and to two more at the same time.
func (d *deploySuite) keepsApart(ctx context.Context, t testing.TB) error {
	runs := make([]*run, 4)
	for i := range runs {
		var err error
		if runs[i], err = d.begin(t, d.newDevice(t), "deployment-1", 1); err != nil {
			return err
		}
	}
	for _, s := range all {
		for _, r := range runs[:2] {
			if err := r.steps(ctx, s); err != nil {
				return err
			}
		}
	}
	ended := make(chan error)
	for _, r := range runs[2:] {
		go func() { ended <- r.steps(ctx, all...) }()
	}
	failed := []error{<-ended, <-ended}
	for _, r := range runs {
		failed = append(failed, r.serves(r.m.Fingerprint, "after deployments to several devices"))
	}
	return errors.Join(failed...)
}

// foreignState gives steps a state that no step left. Any answer will do.
func (d *deploySuite) foreignState(ctx context.Context, t testing.TB) error {
	for _, state := range []string{"\x00\xff", `{"previous":7}`, `[]`, `{}`} {
		r, err := d.begin(t, d.newDevice(t), "deployment-1", 1)
		if err != nil {
			return err
		}
		for _, s := range []deploy.Step{deploy.Swap, deploy.Restore, deploy.Clean} {
			r.state = []byte(state)
			_, err := r.step(ctx, s, 1)
			var p *plugin.Problem
			if errors.Is(err, plugin.ErrGone) || errors.As(err, &p) && p.Code == plugin.CodePanic {
				return fmt.Errorf("it crashes from the state %q: %w", state, err)
			}
		}
	}
	_, err := d.client.Describe(ctx)
	return err
}

// ends cancels each call while the device hangs; afterwards the deployment goes on as if nothing had been.
func (d *deploySuite) ends(ctx context.Context, t testing.TB) error {
	_, r, err := d.deployed(ctx, t)
	if err != nil {
		return err
	}
	calls := []struct {
		name string
		call func(context.Context) error
	}{
		{"test", func(ctx context.Context) error { _, err := d.client.Test(ctx, r.args); return err }},
		{"plan", func(ctx context.Context) error { _, err := d.client.Plan(ctx, r.args, r.m); return err }},
		{"stage", func(ctx context.Context) error { _, err := r.step(ctx, deploy.Stage, 1); return err }},
	}
	for _, c := range calls {
		if err := d.cancelled(ctx, r.device.Gate, c.call); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if _, err := r.step(ctx, deploy.Stage, 2); err != nil {
		return fmt.Errorf("after the device hung: %w", err)
	}
	err = d.cancelled(ctx, r.device.Gate, func(ctx context.Context) error { _, err := r.step(ctx, deploy.Swap, 1); return err })
	if err != nil {
		return fmt.Errorf("swap: %w", err)
	}
	if err := r.steps(ctx, all[1:]...); err != nil {
		return fmt.Errorf("after the device hung: %w", err)
	}
	return r.serves(r.m.Fingerprint, "after calls that were ended")
}

// endsInTime gives a call with one answer and one with a stream little time while the device hangs.
func (d *deploySuite) endsInTime(ctx context.Context, t testing.TB) error {
	r, err := d.begin(t, d.newDevice(t), "deployment-1", 1)
	if err != nil {
		return err
	}
	err = d.late(ctx, r.device.Gate, func(ctx context.Context) error { _, err := d.client.Test(ctx, r.args); return err })
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	err = d.late(ctx, r.device.Gate, func(ctx context.Context) error { _, err := r.step(ctx, deploy.Stage, 1); return err })
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	_, err = r.step(ctx, deploy.Stage, 2) // as if nothing had been
	return err
}
