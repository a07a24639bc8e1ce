// Package probe looks at what an endpoint serves: it implements ports.Prober.
//
//	p := probe.New(probe.Deps{Dialer: &egress.Dialer{Policy: policy}})
//	served, err := p.Probe(ctx, ports.ProbeRequest{Host: "www.example.com", Port: 443, EveryAddress: true})
//
// The other side is not trusted: time, bytes, lines and certificates are bounded, and nothing is sent but the handshake.
package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/egress"
)

// Deps are what New needs.
type Deps struct {
	Dialer *egress.Dialer // with the operator's policy; its ConnectTimeout bounds the connecting, 6 s when zero
	// Patience bounds the handshake, and before it the dialogue of STARTTLS; 4 s when zero.
	Patience time.Duration
}

// Prober implements ports.Prober. It keeps nothing between calls.
type Prober struct {
	dialer   *egress.Dialer
	patience time.Duration
}

var _ ports.Prober = (*Prober)(nil)

// New makes a Prober.
func New(d Deps) *Prober {
	if d.Patience <= 0 {
		d.Patience = 4 * time.Second
	}
	return &Prober{dialer: d.Dialer, patience: d.Patience}
}

// Probe implements ports.Prober.
func (p *Prober) Probe(ctx context.Context, r ports.ProbeRequest) ([]ports.Served, error) {
	begin, ok := dialogues[r.StartTLS]
	if !ok || r.Port < 1 || r.Port > 65535 || r.Host == "" && !r.Address.IsValid() {
		return nil, fault.New(fault.Invalid, "bad_endpoint",
			"Give a host, a port from 1 to 65535, and for STARTTLS one of smtp, imap, pop3, ldap, postgres and ftp.")
	}
	addrs, err := p.addresses(ctx, r)
	if err != nil {
		return nil, err
	}
	l := look{prober: p, begin: begin, sni: serverName(r)}
	var served []ports.Served
	if r.EveryAddress {
		served = p.all(ctx, l, addrs, r.Port)
	} else {
		served = p.first(ctx, l, addrs, r.Port)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return served, nil
}

// serverName answers the name that is asked for. Addresses are never named so.
func serverName(r ports.ProbeRequest) string {
	name := r.SNI
	if name == "" {
		name = r.Host
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return ""
	}
	return name
}

func (p *Prober) addresses(ctx context.Context, r ports.ProbeRequest) ([]netip.Addr, error) {
	if r.Address.IsValid() {
		return []netip.Addr{r.Address}, nil
	}
	lookUp, cancel := context.WithTimeout(ctx, 6*time.Second)
	defer cancel()
	addrs, err := p.dialer.Addresses(lookUp, r.Host)
	if err == nil {
		return addrs, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var dns *net.DNSError
	switch {
	case errors.Is(err, egress.ErrBadHost):
		return nil, fault.Wrap(err, fault.Invalid, "bad_endpoint", "The host is neither a DNS name nor an IP address. Correct it.")
	case errors.As(err, &dns) && dns.IsNotFound:
		return nil, fault.Wrap(err, fault.Unavailable, "name_not_found", "The name has no address in the DNS. Correct it, or wait until it has one.")
	}
	return nil, fault.Wrap(err, fault.Unavailable, "name_lookup_failed", "The DNS did not answer for the name. Try again in a moment.")
}

// all looks at every address, side by side: there are 16 at most.
func (p *Prober) all(ctx context.Context, l look, addrs []netip.Addr, port int) []ports.Served {
	served := make([]ports.Served, len(addrs))
	var wg sync.WaitGroup
	for i, a := range addrs {
		wg.Go(func() { served[i] = l.at(ctx, a, port) })
	}
	wg.Wait()
	return served
}

// first looks at the first address that can be connected to. When there is none, it says why of the first.
func (p *Prober) first(ctx context.Context, l look, addrs []netip.Addr, port int) []ports.Served {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var failed []ports.Served
	for _, a := range addrs {
		s := l.at(ctx, a, port)
		if s.Err == nil || !slices.Contains(notConnected, s.Err.Code) {
			return []ports.Served{s}
		}
		if failed = append(failed, s); ctx.Err() != nil {
			break
		}
	}
	if len(failed) > 1 {
		failed[0].Address = netip.AddrPort{}
	}
	return failed[:1]
}

func join(a netip.Addr, port int) string { return net.JoinHostPort(a.String(), strconv.Itoa(port)) }
