package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	deployv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/deploy/v1"
	"github.com/ignisfox/ignisfox/sdk/schema"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

// acts is a target whose step is a function of the test.
type acts struct {
	step func(context.Context, deploy.Call, deploy.StepRequest) (deploy.StepResult, error)
}

func (a acts) Test(ctx context.Context, c deploy.Call) (deploy.TestResult, error) {
	_, err := a.step(ctx, c, deploy.StepRequest{})
	return deploy.TestResult{Lines: []string{"hunter2-password was accepted"}}, err
}

func (a acts) Plan(ctx context.Context, c deploy.Call, m deploy.Material) (deploy.Plan, error) {
	_, err := a.step(ctx, c, deploy.StepRequest{Material: m})
	return deploy.Plan{Changes: []deploy.Change{{What: "x", Action: "create", Detail: string(m.Key)}}}, err
}

func (a acts) Step(ctx context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
	return a.step(ctx, c, r)
}

func start(t *testing.T, step func(context.Context, deploy.Call, deploy.StepRequest) (deploy.StepResult, error)) (*deploy.Client, *sdktest.Running) {
	t.Helper()
	d := deploy.Declaration{ID: "deploy.acts", Title: "Acts", Version: "1.0.0", Steps: []deploy.Step{deploy.Stage, deploy.Swap, deploy.Restore},
		Schema: schema.Schema{Fields: []schema.Field{{Name: "password", Title: "Password", Type: schema.String, Secret: true}}},
		Validate: func(s deploy.Settings) schema.Problems {
			return schema.Problems{"password": "not " + string(s.Secret("password"))}
		}}
	r := sdktest.InProcess(deploy.Program(d, func() deploy.Target { return acts{step} }))(t)
	return deploy.NewClient(r.Conn), r
}

func args() plugin.Args {
	return plugin.Args{Secrets: map[string][]byte{"password": []byte("hunter2-password")}, Request: "r1"}
}

func stage(t *testing.T) deploy.StepRequest {
	return deploy.StepRequest{Deployment: "d1", Step: deploy.Stage, Attempt: 1, Material: sdktest.NewMaterial(t, 1)}
}

func TestAPanicIsAProblemAndNotTheEnd(t *testing.T) {
	client, r := start(t, func(_ context.Context, c deploy.Call, _ deploy.StepRequest) (deploy.StepResult, error) {
		panic("with " + string(c.Settings.Secret("password")))
	})
	var p *plugin.Problem
	for range 2 {
		_, err := client.Step(t.Context(), args(), stage(t), nil)
		if !errors.As(err, &p) || p.Code != plugin.CodePanic || p.Final || strings.Contains(p.Message, "hunter2") {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := client.Test(t.Context(), args()); !errors.As(err, &p) || p.Code != plugin.CodePanic {
		t.Errorf("test: %v", err)
	}
	if _, err := client.Plan(t.Context(), args(), stage(t).Material); !errors.As(err, &p) || p.Code != plugin.CodePanic {
		t.Errorf("plan: %v", err)
	}
	r.Stop(t)
	if log := r.Logs(); !strings.Contains(log, "serve_test.go") || strings.Contains(log, "hunter2") {
		t.Errorf("the log must have the stack, and no secret:\n%s", log)
	}
}

func TestErrorsBecomeProblemsWithoutSecrets(t *testing.T) {
	var answer error
	client, _ := start(t, func(context.Context, deploy.Call, deploy.StepRequest) (deploy.StepResult, error) {
		return deploy.StepResult{}, answer
	})
	for _, c := range []struct {
		err  error
		want plugin.Problem
	}{
		{errors.New("login hunter2-password failed\nat line 2"), plugin.Problem{Code: "failed", Message: "login [redacted] failed at line 2"}},
		{fmt.Errorf("wrapped: %w", plugin.WrongCredentials("password", "refused: %s", "hunter2-password")),
			plugin.Problem{Code: "wrong_credentials", Message: "refused: [redacted]", Field: "password", Final: true}},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), plugin.Problem{Code: "timed_out", Message: "dial: context deadline exceeded"}},
		{&plugin.Problem{Code: "Not A Code", Message: ""}, plugin.Problem{Code: "failed", Message: "The plugin said no more than failed."}},
	} {
		answer = c.err
		_, err := client.Step(t.Context(), args(), stage(t), nil)
		var p *plugin.Problem
		if !errors.As(err, &p) || *p != c.want {
			t.Errorf("%v: got %+v, want %+v", c.err, p, c.want)
		}
	}
}

func TestSecretsAreWipedWhenTheCallEnds(t *testing.T) {
	var kept [][]byte
	client, _ := start(t, func(_ context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
		kept = append(kept, c.Settings.Secret("password"), r.Material.Key)
		if !bytes.Contains(r.Material.Key, []byte("PRIVATE KEY")) || string(kept[0]) != "hunter2-password" {
			return deploy.StepResult{}, errors.New("the secrets did not arrive")
		}
		return deploy.StepResult{}, nil
	})
	if _, err := client.Step(t.Context(), args(), stage(t), nil); err != nil {
		t.Fatal(err)
	}
	for _, secret := range kept {
		if len(secret) == 0 || len(bytes.Trim(secret, "\x00")) != 0 {
			t.Errorf("%d bytes are left", len(bytes.Trim(secret, "\x00")))
		}
	}
}

func TestLinesComeWhileTheStepRuns(t *testing.T) {
	heard := make(chan plugin.Entry, 10)
	first := make(chan struct{})
	client, _ := start(t, func(_ context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
		c.Log.Line("with hunter2-password and " + string(r.Material.Key))
		c.Log.Progress("1 of 2")
		<-first // the test heard of it before the step ends
		return deploy.StepResult{State: []byte("s"), Unchanged: true, Message: "done with hunter2-password"}, nil
	})
	ended := make(chan deploy.StepResult, 1)
	go func() {
		out, err := client.Step(t.Context(), args(), stage(t), func(e plugin.Entry) { heard <- e })
		if err != nil {
			t.Error(err)
		}
		ended <- out
	}()
	if e := <-heard; e.Text != "with [redacted] and [private key redacted]" {
		t.Errorf("heard %q", e.Text)
	}
	if e := <-heard; e != (plugin.Entry{Text: "1 of 2", Progress: true}) {
		t.Errorf("heard %+v", e)
	}
	close(first)
	if out := <-ended; string(out.State) != "s" || !out.Unchanged || out.Message != "done with [redacted]" {
		t.Errorf("got %+v", out)
	}
}

func TestTheStateIsKeptClearedAndBounded(t *testing.T) {
	var left []byte
	client, _ := start(t, func(_ context.Context, _ deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
		if string(r.State) != "before" || r.Deployment != "d1" || r.Attempt != 3 {
			return deploy.StepResult{}, fmt.Errorf("the request arrived as %+v", r)
		}
		return deploy.StepResult{State: left}, nil
	})
	request := stage(t)
	request.State, request.Attempt = []byte("before"), 3
	for _, c := range []struct{ left, want []byte }{{nil, nil}, {[]byte{}, []byte{}}, {[]byte("x"), []byte("x")}} {
		left = c.left
		out, err := client.Step(t.Context(), args(), request, nil)
		if err != nil || !bytes.Equal(out.State, c.want) || (out.State == nil) != (c.want == nil) {
			t.Errorf("%v: got %v %v", c.left, out.State, err)
		}
	}
	left = make([]byte, deploy.MaxState+1)
	if _, err := client.Step(t.Context(), args(), request, nil); err == nil || !strings.Contains(err.Error(), "state") {
		t.Errorf("a state that is too large: %v", err)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	began, ended := make(chan struct{}, 1), make(chan struct{}, 1)
	client, r := start(t, func(ctx context.Context, c deploy.Call, _ deploy.StepRequest) (deploy.StepResult, error) {
		began <- struct{}{}
		<-ctx.Done()
		c.Log.Line("nobody hears this")
		ended <- struct{}{}
		return deploy.StepResult{}, ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() { _, err := client.Step(ctx, args(), stage(t), nil); answer <- err }()
	<-began
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-ended
	late, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer stop()
	if _, err := client.Step(late, args(), stage(t), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	r.Stop(t)
	if _, err := client.Test(t.Context(), args()); err == nil {
		t.Error("a plugin that ended answers")
	}
}

func TestTestPlanAndValidateTellNoSecret(t *testing.T) {
	client, _ := start(t, func(context.Context, deploy.Call, deploy.StepRequest) (deploy.StepResult, error) {
		return deploy.StepResult{}, nil
	})
	found, err := client.Test(t.Context(), args())
	if err != nil || len(found.Lines) != 1 || found.Lines[0] != "[redacted] was accepted" {
		t.Errorf("test: %+v %v", found, err)
	}
	plan, err := client.Plan(t.Context(), args(), stage(t).Material)
	if err != nil || len(plan.Changes) != 1 || plan.Changes[0].Detail != "[private key redacted]" {
		t.Errorf("plan: %+v %v", plan, err)
	}
	problems, err := client.Validate(t.Context(), args())
	if err != nil || problems["password"] != "not [redacted]" {
		t.Errorf("validate: %v %v", problems, err)
	}
}

func TestWhatIsNoCallIsRefused(t *testing.T) {
	client, r := start(t, func(context.Context, deploy.Call, deploy.StepRequest) (deploy.StepResult, error) {
		return deploy.StepResult{}, nil
	})
	request := stage(t)
	request.Step = "format-the-disk"
	if _, err := client.Step(t.Context(), args(), request, nil); !errors.Is(err, plugin.ErrProtocol) {
		t.Errorf("a step nobody has: %v", err)
	}
	raw := deployv1.NewDeployClient(r.Conn)
	if _, err := raw.Test(t.Context(), &deployv1.TestRequest{}); err != nil {
		t.Errorf("a call with nothing in it: %v", err)
	}
	call, err := args().Wire()
	if err != nil {
		t.Fatal(err)
	}
	call.Settings = []byte(`["hunter2-password"]`)
	if _, err := raw.Test(t.Context(), &deployv1.TestRequest{Call: call}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("settings that are no object: %v", err)
	}
	call.Settings, call.Egress.Allow = nil, []string{"everything"}
	if _, err := raw.Test(t.Context(), &deployv1.TestRequest{Call: call}); err == nil {
		t.Error("a rule that cannot be read allows everything")
	}
}

func TestCallsRunAtTheSameTime(t *testing.T) {
	const calls = 20
	var all sync.WaitGroup
	all.Add(calls)
	client, _ := start(t, func(_ context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
		all.Done()
		all.Wait() // none ends before all have begun
		return deploy.StepResult{Message: r.Deployment + string(c.Settings.Secret("password")[:7])}, nil
	})
	answers := make(chan string, calls)
	for i := range calls {
		request := stage(t)
		request.Deployment = fmt.Sprint("d", i)
		go func() {
			out, err := client.Step(t.Context(), args(), request, nil)
			if err == nil && out.Message != request.Deployment+"hunter2" {
				err = fmt.Errorf("%s got %q", request.Deployment, out.Message)
			}
			answers <- fmt.Sprint(err)
		}()
	}
	for range calls {
		if got := <-answers; got != "<nil>" {
			t.Error(got)
		}
	}
}

func TestMaterialDoesNotPrintItsKey(t *testing.T) {
	m := sdktest.NewMaterial(t, 7)
	text := fmt.Sprintf("%v %+v %#v %s %+v", m, &m, m, m, deploy.StepRequest{Material: m})
	if strings.Contains(text, "PRIVATE") || strings.Contains(text, "45 45 45") || !strings.Contains(text, "generation 7") {
		t.Errorf("printed: %s", text)
	}
}
