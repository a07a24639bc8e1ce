package deploy

import (
	"context"
	"errors"
	"maps"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Trial is what is to be tested: settings that are not stored, or with Target the stored ones, changed by Settings.
type Trial struct {
	Target    string
	Type      target.Type
	Settings  map[string]any
	Endpoints *[]string
	SNI       *string
}

// Tested is what a test found. Problem is what went wrong, in words for people; nil when all is well.
type Tested struct {
	ports.DeployTest
	Problem *ports.PluginProblem
	Served  []deploy.Served
}

// Test connects to a device, signs in when it proves to be the pinned one, and looks at the endpoints. It changes nothing. Faults as
// Create; what the device does is in the answer. Stored secrets are used only while the destination is the stored one.
func (s *Service) Test(ctx context.Context, actor tenant.Actor, in Trial) (out Tested, err error) {
	if err := actor.Allow(tenant.TargetDeploy); err != nil {
		return out, err
	}
	w := &work{tenant: actor.Tenant, t: target.Target{Type: in.Type, Deploy: &target.Deploy{}}}
	if in.Target != "" {
		if w, err = s.workOn(ctx, actor, in.Target); err != nil {
			return out, err
		}
	}
	set := &settings{plain: w.t.Deploy.Settings}
	if in.Target == "" || in.Settings != nil {
		if set, err = s.merge(ctx, w.t.Type, w.t.Deploy.Settings, w.t.Deploy.Secrets, in.Settings); err != nil {
			return out, err
		}
	}
	if err := s.serving(ctx, actor.Tenant, w.t.Deploy, in.Endpoints, in.SNI, nil); err != nil {
		return out, err
	}
	p, err := s.Plugins.Deployer(string(w.t.Type))
	if err != nil {
		return out, err
	}
	call, err := s.open(ctx, w)
	if err != nil {
		return out, err
	}
	defer wipe(call)
	for _, path := range set.drop {
		call.Secrets[path].Wipe()
		delete(call.Secrets, path)
	}
	call.Settings = maps.Clone(set.plain)
	for path, v := range set.secrets {
		call.Secrets[path].Wipe()
		call.Secrets[path] = secret.NewBytes([]byte(v))
	}
	out.DeployTest, err = p.Test(ctx, call)
	if err != nil && !errors.As(err, &out.Problem) {
		return out, err
	}
	if len(w.t.Deploy.Endpoints) > 0 {
		out.Served = s.look(ctx, w).served
	}
	return out, nil
}

// Planned is what a deployment would do. Problem is what kept that from being found out; nil when nothing did.
type Planned struct {
	ports.DeployPlan
	Problem *ports.PluginProblem
}

// Plan answers what a deployment of the current generation would do now, found without changing anything. Faults: NotFound; Invalid
// not_deployed, group_without_key, no_plan; Unavailable when the plugin does not run; what the device does is in the answer.
func (s *Service) Plan(ctx context.Context, actor tenant.Actor, targetID string) (out Planned, err error) {
	if err := actor.Allow(tenant.TargetDeploy); err != nil {
		return out, err
	}
	w, err := s.workOn(ctx, actor, targetID)
	if err != nil {
		return out, err
	}
	if w.t.Wanted == 0 {
		return out, fault.New(fault.Invalid, "group_without_key", "The group has no current certificate with its private key.")
	}
	if w.plugin.ID != "" && !w.plugin.Can("plan") {
		return out, fault.New(fault.Invalid, "no_plan", "Targets of this type cannot be planned.")
	}
	out.DeployPlan, err = s.planOf(ctx, w)
	if errors.As(err, &out.Problem) {
		err = nil
	}
	return out, err
}

// workOn reads a target and its current generation without claiming it.
func (s *Service) workOn(ctx context.Context, actor tenant.Actor, targetID string) (w *work, err error) {
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		t, err := deployed(ctx, tx, targetID)
		if err != nil {
			return err
		}
		w = &work{tenant: actor.Tenant, t: t, d: deploy.Deployment{Group: t.Group, Generation: t.Wanted}}
		return s.load(ctx, tx, w)
	})
	return w, err
}
