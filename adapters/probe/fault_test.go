package probe

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
)

// That this server has no way to an address is told apart from an address that does not answer.
func TestNoRouteIsNoAnswer(t *testing.T) {
	v4, v6 := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("2001:db8::1")
	for _, c := range []struct {
		cause syscall.Errno
		to    netip.Addr
		code  string
	}{
		{syscall.ENETUNREACH, v6, "no_route"}, {syscall.ENETUNREACH, v4, "no_route"}, {syscall.EAFNOSUPPORT, v6, "no_route"},
		{syscall.EADDRNOTAVAIL, v6, "no_route"},       // IPv6 is switched off, as in many containers
		{syscall.EADDRNOTAVAIL, v4, "connect_failed"}, // we have no port left
		{syscall.EHOSTUNREACH, v6, "connect_failed"}, {syscall.ECONNREFUSED, v6, "connect_refused"}, {syscall.ETIMEDOUT, v6, "connect_timeout"},
	} {
		err := fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", c.cause)})
		if f := connectFault(err, c.to); f.Code != c.code || f.Message == "" {
			t.Errorf("%s at %s: %s, want %s", c.cause, c.to, f.Code, c.code)
		}
	}
}
