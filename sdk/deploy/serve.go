package deploy

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	deployv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/deploy/v1"
)

// Serve runs the plugin until the host ends it; it is all that main does. newTarget is called for every call.
func Serve(d Declaration, newTarget func() Target) { plugin.Serve(Program(d, newTarget)) }

// Program makes what Serve serves, for tests that run a plugin without a process.
func Program(d Declaration, newTarget func() Target) plugin.Program {
	capabilities := []string{"test", "plan"}
	for _, s := range d.Steps {
		capabilities = append(capabilities, string(s))
	}
	return plugin.Program{
		Info: plugin.Info{ID: d.ID, Kind: plugin.KindDeploy, Title: d.Title, Summary: d.Summary, Icon: d.Icon, Version: d.Version,
			Schema: d.Schema, Capabilities: capabilities},
		Validate: d.Validate,
		Register: func(r grpc.ServiceRegistrar, calls *plugin.Calls) {
			deployv1.RegisterDeployServer(r, &server{calls: calls, steps: d.Steps, target: newTarget})
		},
	}
}

// server answers the protocol with a Target.
type server struct {
	deployv1.UnimplementedDeployServer
	calls  *plugin.Calls
	steps  []Step
	target func() Target
}

func (s *server) Test(ctx context.Context, r *deployv1.TestRequest) (*deployv1.TestResponse, error) {
	out := &deployv1.TestResponse{}
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "test", Do: func(ctx context.Context, c Call) error {
		found, err := s.target().Test(ctx, c)
		out.Identity, out.Confirmed = c.Log.Redactor().Line(found.Identity), found.Confirmed
		out.Lines = c.Log.Redactor().Lines(found.Lines)
		return err
	}})
	out.Problem = p
	return out, err
}

func (s *server) Plan(ctx context.Context, r *deployv1.PlanRequest) (*deployv1.PlanResponse, error) {
	out := &deployv1.PlanResponse{}
	m := material(r.GetMaterial())
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "plan", Secrets: m.secrets(), Do: func(ctx context.Context, c Call) error {
		plan, err := s.target().Plan(ctx, c, m)
		out.Unchanged, out.Present = plan.Unchanged, c.Log.Redactor().Line(plan.Present)
		for _, ch := range plan.Changes {
			line := c.Log.Redactor().Line
			out.Changes = append(out.Changes, &deployv1.Change{What: line(ch.What), Action: line(ch.Action), Detail: line(ch.Detail)})
		}
		return err
	}})
	out.Problem = p
	return out, err
}

func (s *server) Step(r *deployv1.StepRequest, stream grpc.ServerStreamingServer[deployv1.StepEvent]) error {
	step := Step(r.GetStep())
	if !slices.Contains(s.steps, step) {
		return status.Errorf(codes.Unimplemented, "this plugin has no step of that name")
	}
	m := material(r.GetMaterial())
	out := &deployv1.StepResult{}
	p, err := s.calls.Run(stream.Context(), r.GetCall(), plugin.Work{
		Name: string(step), Secrets: m.secrets(),
		Hear: func(e plugin.Entry) { _ = stream.Send(event(e)) }, // an error means that the context ended, which the step sees
		Do: func(ctx context.Context, c Call) error {
			done, err := s.target().Step(ctx, c, StepRequest{Deployment: r.GetDeployment(), Step: step, Attempt: int(r.GetAttempt()),
				State: r.GetState(), Material: m})
			if len(done.State) > MaxState {
				return fmt.Errorf("the step left a state of %d bytes, and %d are allowed", len(done.State), MaxState)
			}
			out.State, out.KeepState = done.State, done.State == nil
			out.Unchanged, out.Message = done.Unchanged, c.Log.Redactor().Line(done.Message)
			return err
		}})
	if err != nil {
		return err
	}
	out.Problem = p
	return stream.Send(&deployv1.StepEvent{Event: &deployv1.StepEvent_Result{Result: out}})
}

func event(e plugin.Entry) *deployv1.StepEvent {
	if e.Progress {
		return &deployv1.StepEvent{Event: &deployv1.StepEvent_Progress{Progress: e.Text}}
	}
	return &deployv1.StepEvent{Event: &deployv1.StepEvent_Line{Line: e.Text}}
}

func material(m *deployv1.Material) Material {
	return Material{Generation: m.GetGeneration(), Fingerprint: m.GetFingerprint(), Certificate: m.GetCertificate(), Chain: m.GetChain(),
		Fullchain: m.GetFullchain(), Key: m.GetKey(), PFX: m.GetPfx(), PFXPassword: m.GetPfxPassword()}
}
