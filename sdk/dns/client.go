package dns

import (
	"context"
	"fmt"
	"math"
	"time"

	"google.golang.org/grpc"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	dnsv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/dns/v1"
)

// Client calls a DNS plugin: the other end of Serve, for the host and for tests. Besides *plugin.Problem its methods answer
// plugin.ErrGone, plugin.ErrProtocol and the errors of the context, found with errors.Is.
type Client struct {
	*plugin.Client
	dns dnsv1.DNSClient
}

// NewClient speaks over a connection to a plugin, as plugin.Conn answers it.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{plugin.NewClient(conn), dnsv1.NewDNSClient(conn)}
}

// Test is that of Provider.
func (c *Client) Test(ctx context.Context, a plugin.Args) ([]string, error) {
	call, err := a.Wire()
	if err != nil {
		return nil, err
	}
	r, err := c.dns.Test(ctx, &dnsv1.TestRequest{Call: call})
	if err != nil {
		return nil, plugin.CallError(err)
	}
	redactor := a.Redactor()
	return redactor.Lines(r.GetZones()), plugin.ProblemError(r.GetProblem(), redactor)
}

// Publish is that of Provider.
func (c *Client) Publish(ctx context.Context, a plugin.Args, name, value string, ttl time.Duration) (Record, error) {
	call, err := a.Wire()
	if err != nil {
		return Record{}, err
	}
	seconds := int32(min(max(ttl/time.Second, 1), math.MaxInt32))
	r, err := c.dns.Publish(ctx, &dnsv1.PublishRequest{Call: call, Name: name, Value: value, Ttl: seconds})
	if err != nil {
		return Record{}, plugin.CallError(err)
	}
	if err := plugin.ProblemError(r.GetProblem(), a.Redactor()); err != nil {
		return Record{}, err
	}
	if r.GetRecord() == "" || len(r.GetRecord())+len(r.GetZone()) > plugin.MaxLine {
		return Record{}, fmt.Errorf("plugin: %w: a record without a usable id", plugin.ErrProtocol)
	}
	return Record{Name: name, Value: value, ID: r.GetRecord(), Zone: r.GetZone()}, nil
}

// Remove is that of Provider.
func (c *Client) Remove(ctx context.Context, a plugin.Args, record Record) error {
	call, err := a.Wire()
	if err != nil {
		return err
	}
	r, err := c.dns.Remove(ctx, &dnsv1.RemoveRequest{Call: call, Name: record.Name, Value: record.Value, Record: record.ID, Zone: record.Zone})
	if err != nil {
		return plugin.CallError(err)
	}
	return plugin.ProblemError(r.GetProblem(), a.Redactor())
}
