package plugin

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// TimeoutKey names the metadata of a call that says within how many milliseconds the plugin should have answered. The deadline of
// gRPC itself comes a little later: when that passes, the answer is lost, and the host ends a plugin that lets it pass.
const TimeoutKey = "ignisfox-timeout-ms"

const maxTimeout = time.Hour

// WithTimeout tells the plugin of a call to answer within d. A host gives the context itself a little longer.
func WithTimeout(ctx context.Context, d time.Duration) context.Context {
	return metadata.AppendToOutgoingContext(ctx, TimeoutKey, strconv.FormatInt(max(d.Milliseconds(), 1), 10))
}

// within gives the context of a call the time-out that the host asked for.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	for _, v := range metadata.ValueFromIncomingContext(ctx, TimeoutKey) {
		ms, err := strconv.ParseInt(v, 10, 64)
		if d := time.Duration(ms) * time.Millisecond; err == nil && ms > 0 && ms <= maxTimeout.Milliseconds() {
			return context.WithTimeout(ctx, d)
		}
	}
	return ctx, func() {}
}

// timely are the interceptors that do so.
func timely() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, in any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			ctx, done := within(ctx)
			defer done()
			return next(ctx, in)
		}),
		grpc.ChainStreamInterceptor(func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			ctx, done := within(s.Context())
			defer done()
			return next(srv, timedStream{s, ctx})
		}),
	}
}

type timedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s timedStream) Context() context.Context { return s.ctx }
