package plugin

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ignisfox/ignisfox/sdk/egress"
	pluginv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/plugin/v1"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Calls runs what an author wrote for the services of sdk/deploy, sdk/ca and sdk/dns: it opens the message of a call, recovers
// panics, makes problems of errors and wipes the secrets.
type Calls struct {
	schema schema.Schema
	log    hclog.Logger
}

// Work is one call.
type Work struct {
	Name    string      // "stage"; for the log of the plugin
	Secrets [][]byte    // more than the call brings, as the private key: taken out of all lines, and wiped
	Hear    func(Entry) // gets the lines; nil writes them into the log of the plugin
	Do      func(context.Context, Call) error
}

// Run does the work. A problem belongs into the answer; an error is a status of gRPC: the message was wrong or the context ended.
func (c *Calls) Run(ctx context.Context, in *pluginv1.Call, w Work) (*pluginv1.Problem, error) {
	secrets := w.Secrets
	for _, s := range in.GetSecrets() {
		secrets = append(secrets, s)
	}
	defer wipe(secrets)
	logger := c.log.With("call", w.Name, "request", cutTo(in.GetRequest(), 80))

	settings, err := ParseSettings(in.GetSettings(), in.GetSecrets())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	policy, err := egress.ParsePolicy(in.GetEgress().GetAllow(), in.GetEgress().GetDeny())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	settings = settings.watched(c.schema, func(path string) {
		logger.Error(Disagreement, "path", path)
	})
	network, end := newNetwork(ctx, policy)
	defer end()
	redactor := NewRedactor(secrets...)
	hear := w.Hear
	if hear == nil {
		hear = func(e Entry) { logger.Debug(e.Text) }
	}
	log := NewLog(redactor, hear)
	err = guarded(ctx, logger, redactor, w.Do, Call{Settings: settings, Net: network, Log: log})
	log.close()
	if err == nil {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return wireProblem(problemOf(err), redactor), nil
}

// Disagreement is what the log of a plugin says when it reads a setting that its schema does not declare, or not of that type.
// The conformance suites fail on it.
const Disagreement = "the plugin reads a setting that its schema does not declare so"

// guarded makes a problem of a panic. The stack goes to the log alone, without secrets.
func guarded(ctx context.Context, logger hclog.Logger, r *Redactor, do func(context.Context, Call) error, c Call) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		var stack []string
		for line := range strings.SplitSeq(string(debug.Stack()), "\n") {
			stack = append(stack, r.Line(line))
		}
		logger.Error("the plugin panicked", "panic", r.Line(fmt.Sprint(v)), "stack", strings.Join(stack, "\n"))
		err = &Problem{Code: CodePanic, Message: "The plugin has a mistake and gave up; the log of the server says where."}
	}()
	return do(ctx, c)
}

// problemOf makes a problem of any error.
func problemOf(err error) *Problem {
	var p *Problem
	var refused *egress.Refused
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refused):
		return &Problem{Code: CodeAddressNotAllowed, Message: refused.Error(), Final: true}
	case errors.Is(err, context.DeadlineExceeded):
		return &Problem{Code: CodeTimedOut, Message: err.Error()}
	}
	return &Problem{Code: CodeFailed, Message: err.Error()}
}

func wireProblem(p *Problem, r *Redactor) *pluginv1.Problem {
	out := &pluginv1.Problem{Code: p.Code, Message: r.Line(p.Message), Field: p.Field}
	if p.Final {
		out.Retry = pluginv1.Retry_RETRY_NEVER
	}
	return out
}

func wipe(secrets [][]byte) {
	for _, s := range secrets {
		clear(s)
	}
}
