package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// runGiven runs the command that a person gave, as it stands: nothing is put into it, and nothing around it.
func runGiven(ctx context.Context, c deploy.Call, field, code, name string) (deploy.StepResult, error) {
	command := c.Settings.String(field)
	if strings.TrimSpace(command) == "" {
		return deploy.StepResult{Message: "there is no " + name + " command"}, nil
	}
	conn, err := connect(ctx, c)
	if err != nil {
		return deploy.StepResult{}, err
	}
	defer conn.close()
	c.Log.Linef("$ %s", command)
	said, complained := &output{log: c.Log}, &output{log: c.Log}
	how, err := conn.run(ctx, command, nil, said, complained)
	if err != nil {
		return deploy.StepResult{}, err
	}
	last := append(said.lines(), complained.lines()...) // complaints last: which of the two came first is not known
	last = last[max(0, len(last)-quotes):]
	if !how.ok() {
		words := strings.Join(last, " / ")
		return deploy.StepResult{}, &plugin.Problem{Code: code, Field: field,
			Message: strings.TrimSuffix(fmt.Sprintf("the %s command %s: %s", name, how, words), ": ")}
	}
	if len(last) == 0 {
		return deploy.StepResult{Message: name + " command: no complaint"}, nil
	}
	return deploy.StepResult{Message: name + " command: " + last[len(last)-1]}, nil
}
