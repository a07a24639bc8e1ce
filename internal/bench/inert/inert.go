// Package inert is a plugin that does nothing: it says a few lines and answers. What a call of it costs is the cost of calling.
//
// The program beside it serves it as every plugin is served; inert.Target called in the process is what that is held against.
package inert

import (
	"context"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Lines is how many lines a step says, about as many as one of deploy-ssh.
const Lines = 6

// ID is the type of its targets.
const ID = "deploy.inert"

// Declaration is that of a plugin that has every step.
var Declaration = deploy.Declaration{
	ID: ID, Title: "Nothing at all", Summary: "Does nothing, for measuring.", Icon: "plug", Version: "1.0.0",
	Schema: schema.Schema{Fields: []schema.Field{
		{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
		{Name: "username", Title: "User", Type: schema.String},
		{Name: "password", Title: "Password", Type: schema.String, Secret: true},
	}},
	Steps: []deploy.Step{deploy.Stage, deploy.Swap, deploy.Check, deploy.Reload, deploy.Restore, deploy.Clean},
}

// Target implements deploy.Target.
type Target struct{}

var _ deploy.Target = Target{}

// state is as long as that of a step that wrote three files.
var state = make([]byte, 600)

// Test implements deploy.Target.
func (Target) Test(context.Context, deploy.Call) (deploy.TestResult, error) {
	return deploy.TestResult{Confirmed: true}, nil
}

// Plan implements deploy.Target.
func (Target) Plan(context.Context, deploy.Call, deploy.Material) (deploy.Plan, error) {
	return deploy.Plan{Unchanged: true}, nil
}

// Step implements deploy.Target.
func (Target) Step(_ context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
	for range Lines {
		c.Log.Linef("%s on %s: nothing was done for generation %d, as it was to be", r.Step, c.Settings.String("host"), r.Material.Generation)
	}
	return deploy.StepResult{State: state, Message: "nothing was done"}, nil
}
