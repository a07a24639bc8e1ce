package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Of the handshake between host and plugin. The cookie is no secret: it tells a plugin that it was not started by hand.
const (
	CookieKey   = "IGNISFOX_PLUGIN"
	CookieValue = "started-by-ignisfox"
	service     = "plugin" // the one thing a process serves, as go-plugin names it
)

// MaxMessage bounds each message of the protocol, in bytes.
const MaxMessage = 4 << 20

// Handshake is what host and plugin agree on before they speak.
func Handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{ProtocolVersion: Protocol, MagicCookieKey: CookieKey, MagicCookieValue: CookieValue}
}

// Set is what a host hands to go-plugin; Conn then answers the connection.
func Set() goplugin.PluginSet { return goplugin.PluginSet{service: joint{}} }

// Conn answers the connection to a started plugin, for the clients of sdk/deploy, sdk/ca and sdk/dns.
func Conn(c goplugin.ClientProtocol) (grpc.ClientConnInterface, error) {
	raw, err := c.Dispense(service)
	if err != nil {
		return nil, fmt.Errorf("plugin: %w", err)
	}
	conn, ok := raw.(*grpc.ClientConn)
	if !ok {
		return nil, errors.New("plugin: it does not speak gRPC")
	}
	return conn, nil
}

// joint ties our services to go-plugin.
type joint struct {
	goplugin.NetRPCUnsupportedPlugin
	calls   *Calls
	program Program
}

func (j joint) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	register(s, j.program, j.calls)
	return nil
}

func (joint) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}

// Serve runs a plugin until the host ends it. It is all that main does; started by hand it says so and exits with 1.
func Serve(p Program) {
	if os.Getenv(CookieKey) != CookieValue {
		fmt.Fprintf(os.Stderr, "This is %s %s, a plugin of Ignisfox. The server starts it by itself: put the file where its manifest names it, "+
			"and see docs/plugins.md.\n", p.Info.ID, p.Info.Version)
		os.Exit(1)
	}
	if err := p.Info.Check(); err != nil {
		fmt.Fprintf(os.Stderr, "This plugin does not describe itself rightly: %v\n", err)
		os.Exit(1)
	}
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: os.Stderr, JSONFormat: true, DisableTime: false})
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: Handshake(),
		Plugins:         goplugin.PluginSet{service: joint{program: p, calls: &Calls{schema: p.Info.Schema, log: logger}}},
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, options(logger)...)...)
		},
		Logger: logger,
	})
}

// NewServer makes the same server without a process, for tests: it serves what Serve does, on any listener.
func NewServer(p Program, logger hclog.Logger) (*grpc.Server, error) {
	if err := p.Info.Check(); err != nil {
		return nil, err
	}
	s := grpc.NewServer(append(options(logger), grpc.WaitForHandlers(true))...)
	register(s, p, &Calls{schema: p.Info.Schema, log: logger})
	return s, nil
}
