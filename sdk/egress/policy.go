// Package egress is the one way out: every connection that host or plugins open goes through its Dialer.
//
// What a tenant, a DNS answer, a certificate or a CA names meets a Policy: the name is resolved once, every address is checked at
// the moment of connecting (so that a second DNS answer changes nothing), and private networks are reached only when the operator
// allows them. What the operator names in the settings of the server is reached as named (Trusted).
//
//	d := &egress.Dialer{Policy: policy}
//	conn, err := d.DialContext(ctx, "tcp", "www.example.com:443")
//	if refused := (*egress.Refused)(nil); errors.As(err, &refused) { … }
package egress

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Policy says which addresses may be reached. The zero Policy allows public addresses alone.
type Policy struct {
	// Allow are the private networks that the operator allows. A cloud's metadata service is opened by naming its one address, not
	// by a network it lies in; addresses of nobody and multicast by nothing.
	Allow []netip.Prefix
	// Deny is never reached, whatever Allow says: our own listeners. Port 0 stands for every port, an unspecified address
	// (0.0.0.0, ::) for every address of this machine.
	Deny []netip.AddrPort
}

// Check answers a *Refused when the address may not be connected to, and nil when it may.
func (p Policy) Check(to netip.AddrPort) error {
	a := bare(to.Addr())
	if p.denies(netip.AddrPortFrom(a, to.Port())) {
		return &Refused{Address: to, Class: Listener}
	}
	class := Classify(a)
	if class != Public && !p.opens(a, class) {
		return &Refused{Address: to, Class: class}
	}
	for _, inner := range hidden(a) {
		refused := (*Refused)(nil)
		if !errors.As(p.Check(netip.AddrPortFrom(inner, to.Port())), &refused) {
			continue
		}
		// A network of IPv6 that the operator opened opens what is behind it, but for what no network opens.
		if !p.allows(a) || refused.Class.never() || refused.Class == Metadata {
			return &Refused{Address: to, Class: Translated}
		}
	}
	return nil
}

// opens says whether Allow opens an address that is not public.
func (p Policy) opens(a netip.Addr, class Class) bool {
	if class.never() {
		return false
	}
	if class == Metadata {
		return slices.ContainsFunc(p.Allow, func(n netip.Prefix) bool { return n.IsSingleIP() && bare(n.Addr()) == a })
	}
	return p.allows(a)
}

func (p Policy) allows(a netip.Addr) bool {
	return slices.ContainsFunc(p.Allow, func(n netip.Prefix) bool { return n.Contains(a) })
}

func (p Policy) denies(to netip.AddrPort) bool {
	return slices.ContainsFunc(p.Deny, func(d netip.AddrPort) bool {
		if d.Port() != 0 && d.Port() != to.Port() {
			return false
		}
		denied := bare(d.Addr())
		return denied == to.Addr() || denied.IsUnspecified() && ours(to.Addr())
	})
}

// ours says whether an address is one of this machine. When the machine does not tell, it is.
func ours(a netip.Addr) bool {
	if a.IsLoopback() || a.IsUnspecified() {
		return true
	}
	interfaces, err := net.InterfaceAddrs()
	return err != nil || slices.ContainsFunc(interfaces, func(i net.Addr) bool {
		n, err := netip.ParsePrefix(i.String())
		return err == nil && bare(n.Addr()) == a
	})
}

// maxEntries bounds what is parsed; each connection looks at all of it.
const maxEntries = 256

// Text answers the policy as it travels to a plugin: CIDRs, and address:port.
func (p Policy) Text() (allow, deny []string) {
	for _, n := range p.Allow {
		allow = append(allow, n.String())
	}
	for _, d := range p.Deny {
		deny = append(deny, d.String())
	}
	return allow, deny
}

// ParsePolicy reads what Text answered.
func ParsePolicy(allow, deny []string) (Policy, error) {
	var p Policy
	if len(allow) > maxEntries || len(deny) > maxEntries {
		return p, fmt.Errorf("egress: more than %d networks or addresses", maxEntries)
	}
	for _, text := range allow {
		n, err := parseNetwork(text)
		if err != nil {
			return Policy{}, err
		}
		p.Allow = append(p.Allow, n)
	}
	for _, text := range deny {
		d, err := netip.ParseAddrPort(text)
		if err != nil {
			return Policy{}, fmt.Errorf("egress: %.60q is no address:port", text)
		}
		p.Deny = append(p.Deny, d)
	}
	return p, nil
}

// ParseAllow reads the networks of IGNISFOX_EGRESS_ALLOW: CIDRs or single addresses, between commas. Empty text allows nothing.
func ParseAllow(list string) ([]netip.Prefix, error) {
	var texts []string
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text != "" {
			texts = append(texts, text)
		}
	}
	p, err := ParsePolicy(texts, nil)
	return p.Allow, err
}

func parseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	n, err := netip.ParsePrefix(text)
	if err != nil {
		return n, fmt.Errorf("egress: %.60q is no network; write it as 10.20.0.0/16", text)
	}
	if n.Addr().Is4In6() {
		if n.Bits() < 96 {
			return n, errors.New("egress: write networks of IPv4 as IPv4, as 10.20.0.0/16")
		}
		n = netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-96)
	}
	if n != n.Masked() {
		return n, fmt.Errorf("egress: %s is an address in a network; write the network as %s, or the address alone", n, n.Masked())
	}
	return n, nil
}
