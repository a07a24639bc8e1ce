package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/grpc"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	deployv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/deploy/v1"
)

// Client calls a deploy plugin: the other end of Serve, for the host and for tests. Besides *plugin.Problem its methods answer
// plugin.ErrGone, plugin.ErrProtocol and the errors of the context, found with errors.Is. It takes the secrets of the call out of
// every text once more, for plugins that are not made with this package.
type Client struct {
	*plugin.Client
	deploy deployv1.DeployClient
}

// NewClient speaks over a connection to a plugin, as plugin.Conn answers it.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{plugin.NewClient(conn), deployv1.NewDeployClient(conn)}
}

// Test is that of Target.
func (c *Client) Test(ctx context.Context, a plugin.Args) (TestResult, error) {
	call, err := a.Wire()
	if err != nil {
		return TestResult{}, err
	}
	r, err := c.deploy.Test(ctx, &deployv1.TestRequest{Call: call})
	if err != nil {
		return TestResult{}, plugin.CallError(err)
	}
	log := a.Redactor()
	return TestResult{Identity: log.Line(r.GetIdentity()), Confirmed: r.GetConfirmed(), Lines: log.Lines(r.GetLines())},
		plugin.ProblemError(r.GetProblem(), log)
}

// Plan is that of Target.
func (c *Client) Plan(ctx context.Context, a plugin.Args, m Material) (Plan, error) {
	call, err := a.Wire()
	if err != nil {
		return Plan{}, err
	}
	r, err := c.deploy.Plan(ctx, &deployv1.PlanRequest{Call: call, Material: wireMaterial(m)})
	if err != nil {
		return Plan{}, plugin.CallError(err)
	}
	redactor := a.Redactor(m.secrets()...)
	p := Plan{Unchanged: r.GetUnchanged(), Present: redactor.Line(r.GetPresent())}
	for _, ch := range r.GetChanges()[:min(len(r.GetChanges()), maxChanges)] {
		p.Changes = append(p.Changes, Change{redactor.Line(ch.GetWhat()), redactor.Line(ch.GetAction()), redactor.Line(ch.GetDetail())})
	}
	return p, plugin.ProblemError(r.GetProblem(), redactor)
}

// maxChanges bounds the lines of a plan.
const maxChanges = 500

// Step is that of Target. hear gets the lines and the progress while the step runs, never after Step answered; nil hears nothing.
func (c *Client) Step(ctx context.Context, a plugin.Args, s StepRequest, hear func(plugin.Entry)) (StepResult, error) {
	call, err := a.Wire()
	if err != nil {
		return StepResult{}, err
	}
	ctx, cancel := context.WithCancel(ctx) // ends the stream when an answer is not as agreed
	defer cancel()
	stream, err := c.deploy.Step(ctx, &deployv1.StepRequest{Call: call, Deployment: s.Deployment, Step: string(s.Step),
		Attempt: int32(min(s.Attempt, math.MaxInt32)), State: s.State, Material: wireMaterial(s.Material)})
	if err != nil {
		return StepResult{}, plugin.CallError(err)
	}
	if hear == nil {
		hear = func(plugin.Entry) {}
	}
	redactor := a.Redactor(s.Material.secrets()...)
	log := plugin.NewLog(redactor, hear)
	for {
		e, err := stream.Recv()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return StepResult{}, fmt.Errorf("plugin: %w: the step ended without a result", plugin.ErrProtocol)
			}
			return StepResult{}, plugin.CallError(err)
		}
		switch e := e.GetEvent().(type) {
		case *deployv1.StepEvent_Line:
			log.Line(e.Line)
		case *deployv1.StepEvent_Progress:
			log.Progress(e.Progress)
		case *deployv1.StepEvent_Result:
			return result(e.Result, redactor)
		}
	}
}

func result(r *deployv1.StepResult, redactor *plugin.Redactor) (StepResult, error) {
	if len(r.GetState()) > MaxState {
		return StepResult{}, fmt.Errorf("plugin: %w: a state of more than %d bytes", plugin.ErrProtocol, MaxState)
	}
	out := StepResult{State: r.GetState(), Unchanged: r.GetUnchanged(), Message: redactor.Line(r.GetMessage())}
	switch {
	case r.GetKeepState():
		out.State = nil
	case out.State == nil:
		out.State = []byte{}
	}
	return out, plugin.ProblemError(r.GetProblem(), redactor)
}

func wireMaterial(m Material) *deployv1.Material {
	return &deployv1.Material{Generation: m.Generation, Fingerprint: m.Fingerprint, Certificate: m.Certificate, Chain: m.Chain,
		Fullchain: m.Fullchain, Key: m.Key, Pfx: m.PFX, PfxPassword: m.PFXPassword}
}
