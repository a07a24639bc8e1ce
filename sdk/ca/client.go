package ca

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	cav1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/ca/v1"
)

// Client calls a CA plugin: the other end of Serve, for the host and for tests. Besides *plugin.Problem its methods answer
// plugin.ErrGone, plugin.ErrProtocol and the errors of the context, found with errors.Is.
type Client struct {
	*plugin.Client
	ca cav1.CAClient
}

// NewClient speaks over a connection to a plugin, as plugin.Conn answers it.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{plugin.NewClient(conn), cav1.NewCAClient(conn)}
}

// Test is that of Account.
func (c *Client) Test(ctx context.Context, a plugin.Args) ([]string, error) {
	call, err := a.Wire()
	if err != nil {
		return nil, err
	}
	r, err := c.ca.Test(ctx, &cav1.TestRequest{Call: call})
	if err != nil {
		return nil, plugin.CallError(err)
	}
	redactor := a.Redactor()
	return redactor.Lines(r.GetLines()), plugin.ProblemError(r.GetProblem(), redactor)
}

// List is that of Account; limit is 1 to MaxPage.
func (c *Client) List(ctx context.Context, a plugin.Args, cursor string, limit int) (Page, error) {
	call, err := a.Wire()
	if err != nil {
		return Page{}, err
	}
	limit = min(max(limit, 1), MaxPage)
	r, err := c.ca.List(ctx, &cav1.ListRequest{Call: call, Cursor: cursor, Limit: int32(limit)})
	if err != nil {
		return Page{}, plugin.CallError(err)
	}
	redactor := a.Redactor()
	if err := plugin.ProblemError(r.GetProblem(), redactor); err != nil {
		return Page{}, err
	}
	if len(r.GetCertificates()) > limit || len(r.GetNext()) > plugin.MaxLine {
		return Page{}, fmt.Errorf("plugin: %w: a page of more than was asked for", plugin.ErrProtocol)
	}
	p := Page{Next: r.GetNext()}
	for _, cert := range r.GetCertificates() {
		if cert.GetId() == "" || len(cert.GetId()) > plugin.MaxLine {
			return Page{}, fmt.Errorf("plugin: %w: a certificate without a usable id", plugin.ErrProtocol)
		}
		p.Certificates = append(p.Certificates, Certificate{ID: cert.GetId(), CommonName: redactor.Line(cert.GetCommonName()),
			Names: redactor.Lines(cert.GetNames()), State: known(cert.GetState()), Serial: redactor.Line(cert.GetSerial()),
			NotBefore: fromSeconds(cert.GetNotBefore()), NotAfter: fromSeconds(cert.GetNotAfter()), Replaces: redactor.Line(cert.GetReplaces())})
	}
	return p, nil
}

// Fetch is that of Account.
func (c *Client) Fetch(ctx context.Context, a plugin.Args, id string) (Bundle, error) {
	call, err := a.Wire()
	if err != nil {
		return Bundle{}, err
	}
	r, err := c.ca.Fetch(ctx, &cav1.FetchRequest{Call: call, Id: id})
	if err != nil {
		return Bundle{}, plugin.CallError(err)
	}
	if err := plugin.ProblemError(r.GetProblem(), a.Redactor()); err != nil {
		return Bundle{}, err
	}
	return Bundle{Certificate: r.GetCertificate(), Chain: r.GetChain()}, nil
}

// known makes Other of a state that a newer plugin may have.
func known(state string) State {
	if s := State(state); slices.Contains([]State{Issued, Pending, Revoked, Expired}, s) {
		return s
	}
	return Other
}
