package plugin

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/plugin/v1"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// options bound what is read and keep a panic anywhere from ending the process.
func options(logger hclog.Logger) []grpc.ServerOption {
	return append(timely(),
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage),
		grpc.ChainUnaryInterceptor(func(ctx context.Context, in any, i *grpc.UnaryServerInfo, next grpc.UnaryHandler) (out any, err error) {
			defer recovered(logger, i.FullMethod, &err)
			return next(ctx, in)
		}),
		grpc.ChainStreamInterceptor(func(srv any, s grpc.ServerStream, i *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
			defer recovered(logger, i.FullMethod, &err)
			return next(srv, s)
		}),
	)
}

// recovered is for panics outside of what an author wrote, of which no secret is known; so the value stays untold.
func recovered(logger hclog.Logger, method string, err *error) {
	if v := recover(); v != nil {
		logger.Error("the plugin panicked", "method", method, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		*err = status.Error(codes.Internal, "the plugin panicked")
	}
}

func register(s grpc.ServiceRegistrar, p Program, calls *Calls) {
	pluginv1.RegisterPluginServer(s, &base{program: p, calls: calls})
	p.Register(s, calls)
}

// base is the service that every plugin answers.
type base struct {
	pluginv1.UnimplementedPluginServer
	program Program
	calls   *Calls
}

func (b *base) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	i := b.program.Info
	sc, err := i.Schema.Marshal()
	if err != nil {
		return nil, status.Error(codes.Internal, "the schema cannot be written as JSON")
	}
	return &pluginv1.DescribeResponse{Protocol: Protocol, Id: i.ID, Kind: i.Kind, Title: i.Title, Summary: i.Summary, Icon: i.Icon,
		Version: i.Version, Schema: sc, Capabilities: i.Capabilities}, nil
}

func (b *base) Validate(ctx context.Context, r *pluginv1.ValidateRequest) (*pluginv1.ValidateResponse, error) {
	var found schema.Problems
	p, err := b.calls.Run(ctx, r.GetCall(), Work{Name: "validate", Do: func(_ context.Context, c Call) error {
		if b.program.Validate != nil {
			found = b.program.Validate(c.Settings)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	if p != nil { // a panic: there is no field it belongs to
		return nil, status.Error(codes.Internal, p.Message)
	}
	return &pluginv1.ValidateResponse{Problems: found}, nil
}
