package dns

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	dnsv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/dns/v1"
)

// Serve runs the plugin until the host ends it; it is all that main does. newProvider is called for every call.
func Serve(d Declaration, newProvider func() Provider) { plugin.Serve(Program(d, newProvider)) }

// Program makes what Serve serves, for tests that run a plugin without a process.
func Program(d Declaration, newProvider func() Provider) plugin.Program {
	return plugin.Program{
		Info: plugin.Info{ID: d.ID, Kind: plugin.KindDNS, Title: d.Title, Summary: d.Summary, Icon: d.Icon, Version: d.Version,
			Schema: d.Schema, Capabilities: []string{"test", "publish", "remove"}},
		Validate: d.Validate,
		Register: func(r grpc.ServiceRegistrar, calls *plugin.Calls) {
			dnsv1.RegisterDNSServer(r, &server{calls: calls, provider: newProvider})
		},
	}
}

// server answers the protocol with a Provider.
type server struct {
	dnsv1.UnimplementedDNSServer
	calls    *plugin.Calls
	provider func() Provider
}

func (s *server) Test(ctx context.Context, r *dnsv1.TestRequest) (*dnsv1.TestResponse, error) {
	out := &dnsv1.TestResponse{}
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "test", Do: func(ctx context.Context, c Call) error {
		zones, err := s.provider().Test(ctx, c)
		out.Zones = c.Log.Redactor().Lines(zones)
		return err
	}})
	out.Problem = p
	return out, err
}

func (s *server) Publish(ctx context.Context, r *dnsv1.PublishRequest) (*dnsv1.PublishResponse, error) {
	out := &dnsv1.PublishResponse{}
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "publish", Do: func(ctx context.Context, c Call) error {
		record, err := s.provider().Publish(ctx, c, r.GetName(), r.GetValue(), time.Duration(r.GetTtl())*time.Second)
		out.Record, out.Zone = record.ID, record.Zone
		return err
	}})
	out.Problem = p
	return out, err
}

func (s *server) Remove(ctx context.Context, r *dnsv1.RemoveRequest) (*dnsv1.RemoveResponse, error) {
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "remove", Do: func(ctx context.Context, c Call) error {
		return s.provider().Remove(ctx, c, Record{Name: r.GetName(), Value: r.GetValue(), ID: r.GetRecord(), Zone: r.GetZone()})
	}})
	return &dnsv1.RemoveResponse{Problem: p}, err
}
