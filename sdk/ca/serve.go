package ca

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	cav1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/ca/v1"
)

// Serve runs the plugin until the host ends it; it is all that main does. newAccount is called for every call.
func Serve(d Declaration, newAccount func() Account) { plugin.Serve(Program(d, newAccount)) }

// Program makes what Serve serves, for tests that run a plugin without a process.
func Program(d Declaration, newAccount func() Account) plugin.Program {
	return plugin.Program{
		Info: plugin.Info{ID: d.ID, Kind: plugin.KindCA, Title: d.Title, Summary: d.Summary, Icon: d.Icon, Version: d.Version,
			Schema: d.Schema, Capabilities: []string{"test", "list", "fetch"}},
		Validate: d.Validate,
		Register: func(r grpc.ServiceRegistrar, calls *plugin.Calls) {
			cav1.RegisterCAServer(r, &server{calls: calls, account: newAccount})
		},
	}
}

// server answers the protocol with an Account.
type server struct {
	cav1.UnimplementedCAServer
	calls   *plugin.Calls
	account func() Account
}

func (s *server) Test(ctx context.Context, r *cav1.TestRequest) (*cav1.TestResponse, error) {
	out := &cav1.TestResponse{}
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "test", Do: func(ctx context.Context, c Call) error {
		lines, err := s.account().Test(ctx, c)
		out.Lines = c.Log.Redactor().Lines(lines)
		return err
	}})
	out.Problem = p
	return out, err
}

func (s *server) List(ctx context.Context, r *cav1.ListRequest) (*cav1.ListResponse, error) {
	out := &cav1.ListResponse{}
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "list", Do: func(ctx context.Context, c Call) error {
		page, err := s.account().List(ctx, c, r.GetCursor(), min(max(int(r.GetLimit()), 1), MaxPage))
		for _, cert := range page.Certificates {
			out.Certificates = append(out.Certificates, &cav1.Certificate{Id: cert.ID, CommonName: cert.CommonName, Names: cert.Names,
				State: string(cert.State), Serial: cert.Serial, NotBefore: seconds(cert.NotBefore), NotAfter: seconds(cert.NotAfter),
				Replaces: cert.Replaces})
		}
		out.Next = page.Next
		return err
	}})
	out.Problem = p
	return out, err
}

func (s *server) Fetch(ctx context.Context, r *cav1.FetchRequest) (*cav1.FetchResponse, error) {
	out := &cav1.FetchResponse{}
	p, err := s.calls.Run(ctx, r.GetCall(), plugin.Work{Name: "fetch", Do: func(ctx context.Context, c Call) error {
		b, err := s.account().Fetch(ctx, c, r.GetId())
		out.Certificate, out.Chain = b.Certificate, b.Chain
		return err
	}})
	out.Problem = p
	return out, err
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromSeconds(n int64) time.Time {
	if n <= 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
