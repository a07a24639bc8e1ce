// Package clientaddr finds out which address a request came from.
//
//	addr := clientaddr.Of(r, trusted)
//
// Without trusted proxies that is the peer of the connection, whatever the headers say. Behind them it is read from
// X-Forwarded-For, from the right: every proxy adds the address it saw, so the first one from the right that is no
// trusted proxy is the client, and what stands to the left of it may be made up.
//
// X-Real-IP and Forwarded are not read: a proxy that does not know them hands on what the client wrote there.
package clientaddr

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds how many addresses of X-Forwarded-For are looked at.
const maxHops = 32

// Of answers the client's address, v4-mapped addresses as IPv4, without a zone. It is invalid when the peer has none (a
// unix socket).
func Of(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer := parse(r.RemoteAddr)
	if len(trusted) == 0 || !in(trusted, peer) {
		return peer
	}
	return walk(r.Header["X-Forwarded-For"], peer, trusted)
}

// walk goes through the addresses from the right until one is no trusted proxy. What cannot be read ends it: it was not
// written by a proxy of ours, so nothing to its left counts.
func walk(lines []string, last netip.Addr, trusted []netip.Prefix) netip.Addr {
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; hops++ {
			if hops == maxHops {
				return last
			}
			item := rest
			if at := strings.LastIndexByte(rest, ','); at >= 0 {
				item, rest = rest[at+1:], rest[:at]
			} else {
				more = false
			}
			a := parse(strings.TrimSpace(item))
			if !a.IsValid() {
				return last
			}
			last = a
			if !in(trusted, a) {
				return a
			}
		}
	}
	return last
}

// parse reads an address with a port or without, in brackets or not.
func parse(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		s = s[1 : len(s)-1]
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

func in(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
