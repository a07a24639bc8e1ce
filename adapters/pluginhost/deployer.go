package pluginhost

import (
	"context"
	"fmt"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// deployer is the face of a deploy plugin: types of ports on this side, those of sdk/deploy on the other. The client of sdk/deploy
// takes the secrets of the call out of all text, and bounds it.
type deployer struct{ m *member }

var _ ports.Deployer = deployer{}

// Validate is that of ports.Deployer.
func (d deployer) Validate(ctx context.Context, c ports.PluginCall) (schema.Problems, error) {
	return do(ctx, d.m, d.m.host.limits.validate, revealed(c), func(ctx context.Context, client *deploy.Client) (schema.Problems, error) {
		return client.Validate(ctx, d.m.args(c, ""))
	})
}

// Test is that of ports.Deployer.
func (d deployer) Test(ctx context.Context, c ports.PluginCall) (ports.DeployTest, error) {
	return do(ctx, d.m, d.m.host.limits.test, revealed(c), func(ctx context.Context, client *deploy.Client) (ports.DeployTest, error) {
		r, err := client.Test(ctx, d.m.args(c, ""))
		return ports.DeployTest{Identity: r.Identity, Confirmed: r.Confirmed, Lines: r.Lines}, err
	})
}

// Plan is that of ports.Deployer.
func (d deployer) Plan(ctx context.Context, c ports.PluginCall, m ports.DeployMaterial) (ports.DeployPlan, error) {
	return do(ctx, d.m, d.m.host.limits.plan, revealed(c, m.Key, m.PFX, m.PFXPassword),
		func(ctx context.Context, client *deploy.Client) (ports.DeployPlan, error) {
			r, err := client.Plan(ctx, d.m.args(c, ""), material(m))
			p := ports.DeployPlan{Unchanged: r.Unchanged, Present: r.Present}
			for _, ch := range r.Changes {
				p.Changes = append(p.Changes, ports.DeployChange{What: ch.What, Action: ch.Action, Detail: ch.Detail})
			}
			return p, err
		})
}

// Step is that of ports.Deployer.
func (d deployer) Step(ctx context.Context, c ports.PluginCall, r ports.DeployStep, heard func(string)) (ports.DeployResult, error) {
	m := r.Material
	secrets := revealed(c, m.Key, m.PFX, m.PFXPassword)
	return do(ctx, d.m, d.m.host.limits.step, secrets, func(ctx context.Context, client *deploy.Client) (ports.DeployResult, error) {
		step := deploy.StepRequest{Deployment: r.Deployment, Step: deploy.Step(r.Step), Attempt: r.Attempt, State: r.State, Material: material(m)}
		out, err := client.Step(ctx, d.m.args(c, r.Deployment+" "+r.Step), step, func(e plugin.Entry) {
			if heard != nil && !e.Progress {
				heard(e.Text)
			}
		})
		if plugin.Holds(out.State, secrets...) { // it is kept in the journal, in clear
			out.State = nil
			if err == nil {
				err = fmt.Errorf("%w: the state of the step holds a secret", plugin.ErrProtocol)
			}
		}
		return ports.DeployResult{State: out.State, Unchanged: out.Unchanged, Message: out.Message}, err
	})
}

func material(m ports.DeployMaterial) deploy.Material {
	reveal := func(s secret.Bytes) []byte { return s.Reveal() }
	return deploy.Material{Generation: int64(m.Generation), Fingerprint: m.Fingerprint, Certificate: m.Certificate, Chain: m.Chain,
		Fullchain: m.Fullchain, Key: reveal(m.Key), PFX: reveal(m.PFX), PFXPassword: reveal(m.PFXPassword)}
}
