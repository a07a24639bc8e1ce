package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Resolver finds the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// maxAddresses is how many addresses of a name are looked at.
const maxAddresses = 16

// ErrBadHost says that a host is neither a DNS name in ASCII nor an IP address in its usual form. Short, octal, hexadecimal and
// undotted forms of IPv4 are neither: programs disagree what they mean.
var ErrBadHost = errors.New("that is neither a host name nor an IP address; names with other than ASCII letters are given in their xn-- form")

// Addresses answers the addresses of a host, checked by nothing yet: connecting to one checks it. Of an address it answers that
// address. 16 at most, each once, in the order of the DNS answer.
func (d *Dialer) Addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	return d.resolve(ctx, "ip", host)
}

// resolve asks once. network is ip, ip4 or ip6.
func (d *Dialer) resolve(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	if !hostName(host) {
		return nil, ErrBadHost
	}
	var r Resolver = net.DefaultResolver
	if d.Resolver != nil {
		r = d.Resolver
	}
	found, err := r.LookupNetIP(ctx, network, host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	var all []netip.Addr
	for _, a := range found {
		if a = a.Unmap(); !slices.Contains(all, a) && len(all) < maxAddresses {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("look up %s: %w", host, &net.DNSError{Err: "no address", Name: host, IsNotFound: true})
	}
	return all, nil
}

// hostName says whether s is a DNS name that is not read as a number by anybody.
func hostName(s string) bool {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if s == "" || len(s) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
		last = label
	}
	hex, is := strings.CutPrefix(last, "0x")
	return strings.Trim(last, "0123456789") != "" && (!is || strings.Trim(hex, "0123456789abcdef") != "")
}
