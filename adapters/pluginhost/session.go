package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// session is one run of a plugin, from its start to its end. A plugin that ended gets a new one.
type session struct {
	client *goplugin.Client
	proc   *process
	info   plugin.Info
	deploy *deploy.Client
	health grpc_health_v1.HealthClient
	why    atomic.Pointer[string] // we ended it; nil when it ended by itself
}

// launch is what a session needs.
type launch struct {
	entry   plugin.ManifestEntry
	path    string // of the verified copy
	sockets string // of this plugin alone, empty
	starter *starter
	output  *output
	limits  limits
}

// begin starts the plugin and asks it who it is. Errors are *startError. When ctx ends, so does the start.
func begin(ctx context.Context, l launch) (*session, error) {
	ctx, done := context.WithTimeout(ctx, l.limits.start)
	defer done()
	s := &session{proc: &process{id: l.entry.ID, path: l.path, sockets: l.sockets, starter: l.starter, output: l.output}}
	var refused error
	s.client = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: plugin.Handshake(), Plugins: plugin.Set(), AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS: true, SkipHostEnv: true, StartTimeout: l.limits.start, Logger: hclog.NewNullLogger(),
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: l.sockets},
		SyncStdout:       l.output.writer("stdout"), SyncStderr: l.output.writer("stderr"),
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(plugin.MaxMessage), grpc.MaxCallSendMsgSize(plugin.MaxMessage))},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
			s.proc.env = slices.Clone(cmd.Env)
			if refused = verifyCopy(l.path, l.entry.SHA256); refused == nil {
				refused = ctx.Err()
			}
			return s.proc, refused
		},
	})
	stop := context.AfterFunc(ctx, s.proc.kill)
	err := s.meet(ctx, l)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return s, nil
	}
	s.end(0)
	if refused != nil {
		err = refused
	}
	return nil, asStart(ctx, err)
}

// meet shakes hands, connects and compares what the plugin says of itself with the manifest.
func (s *session) meet(ctx context.Context, l launch) error {
	protocol, err := s.client.Client()
	if err != nil {
		return err
	}
	conn, err := plugin.Conn(protocol)
	if err != nil {
		return err
	}
	s.deploy, s.health = deploy.NewClient(conn), grpc_health_v1.NewHealthClient(conn)
	ctx, done := context.WithTimeout(ctx, l.limits.describe)
	defer done()
	if s.info, err = s.deploy.Describe(ctx); err != nil {
		if errors.Is(err, plugin.ErrProtocol) {
			return never("What it says of itself is wrong: "+safe(err.Error())+".", err)
		}
		return later("It does not say what it is.", err)
	}
	for _, c := range []struct{ what, says, want string }{
		{"id", s.info.ID, l.entry.ID}, {"kind", s.info.Kind, l.entry.Kind}, {"version", s.info.Version, l.entry.Version},
	} {
		if c.says != c.want {
			return never(fmt.Sprintf("It says that its %s is %s, and the manifest says %s.", c.what, safe(c.says), safe(c.want)), nil)
		}
	}
	if s.info.Kind == plugin.KindDeploy {
		for _, step := range []deploy.Step{deploy.Stage, deploy.Swap, deploy.Restore} {
			if !slices.Contains(s.info.Capabilities, string(step)) {
				return never("It has no step "+string(step)+", without which nothing can be deployed.", nil)
			}
		}
	}
	return nil
}

// asStart makes a *startError of any error. What go-plugin says quotes the plugin, and is for the log alone.
func asStart(ctx context.Context, err error) *startError {
	var known *startError
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return &startError{reason: "It was not ready in time after its start.", cause: errors.New(safe(err.Error()))}
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return &startError{reason: "It ended or answered something else than a plugin does when it was started.", cause: errors.New(safe(text))}
}

// alive asks whether the plugin answers at all.
func (s *session) alive(ctx context.Context, within time.Duration) bool {
	ctx, done := context.WithTimeout(ctx, within)
	defer done()
	r, err := s.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: goplugin.GRPCServiceName})
	return err == nil && r.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING
}

// kill ends the process for a reason that the log tells.
func (s *session) kill(why string) {
	s.why.CompareAndSwap(nil, &why)
	s.proc.kill()
}

// end takes the session down: the plugin is asked to end, and killed when it has not after grace. It waits for both.
func (s *session) end(grace time.Duration) {
	if grace > 0 {
		late := time.AfterFunc(grace, s.proc.kill)
		defer late.Stop()
	} else {
		s.proc.kill()
	}
	s.client.Kill()
	if s.proc.ended != nil {
		<-s.proc.ended
	}
}
