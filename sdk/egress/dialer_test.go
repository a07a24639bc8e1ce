package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var loopback = Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

func listen(t *testing.T, address string) (l net.Listener, port string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func TestADeadAddressIsPassedOver(t *testing.T) {
	_, port := listen(t, "127.0.0.3:0")
	server := startDNS(t, map[string][][]string{"www.example": {{"10.9.9.9", "127.0.0.2", "127.0.0.3"}}, "dead.example": {{"127.0.0.2", "127.0.0.4"}}})
	d := &Dialer{Policy: loopback, Resolver: server.resolver()}
	conn, err := d.DialContext(t.Context(), "tcp", "www.example:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.RemoteAddr().String(); got != "127.0.0.3:"+port {
		t.Errorf("connected to %s", got)
	}
	if conn, err := d.DialContext(t.Context(), "tcp", "dead.example:"+port); err == nil {
		conn.Close()
		t.Error("connected to where nobody listens")
	} else if isRefused(err) || !strings.Contains(err.Error(), "127.0.0.2") || !strings.Contains(err.Error(), "127.0.0.4") {
		t.Errorf("what was tried is not named: %v", err)
	}
}

func TestTheRefusedNameIsNamed(t *testing.T) {
	server := startDNS(t, map[string][][]string{"inside.example": {{"10.1.2.3"}}})
	d := &Dialer{Resolver: server.resolver()}
	_, err := d.DialContext(t.Context(), "tcp", "inside.example:22")
	var r *Refused
	if !errors.As(err, &r) || r.Host != "inside.example" || r.Address != netip.MustParseAddrPort("10.1.2.3:22") || r.Class != Private {
		t.Fatalf("%#v", err)
	}
	if !strings.HasPrefix(r.Error(), "inside.example (10.1.2.3) is ") {
		t.Error(r)
	}
}

func TestAddressesOfAName(t *testing.T) {
	many := []string{"127.0.0.1", "127.0.0.1"}
	for i := range 40 {
		many = append(many, "10.0.0."+strconv.Itoa(i))
	}
	server := startDNS(t, map[string][][]string{"two.example": {{"10.0.0.1", "fd00::1"}}, "many.example": {many}, "none.example": {{}}})
	d := &Dialer{Resolver: server.resolver()}
	got, err := d.Addresses(t.Context(), "two.example")
	slices.SortFunc(got, netip.Addr.Compare)
	if want := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	got, err = d.Addresses(t.Context(), "many.example")
	if err != nil || len(got) != 16 {
		t.Errorf("got %v, %v", got, err)
	}
	if len(slices.Compact(slices.SortedFunc(slices.Values(got), netip.Addr.Compare))) != 16 {
		t.Errorf("one comes twice: %v", got)
	}
	if got, err = d.Addresses(t.Context(), "::ffff:10.0.0.1"); err != nil || !slices.Equal(got, []netip.Addr{netip.MustParseAddr("10.0.0.1")}) {
		t.Errorf("got %v, %v", got, err)
	}
	for host, notFound := range map[string]bool{"none.example": true, "nowhere.example": true, "0x7f.1": false, "bücher.example": false} {
		_, err := d.Addresses(t.Context(), host)
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound != notFound || errors.Is(err, ErrBadHost) == notFound {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestOnlyTCPToAHostAndANumber(t *testing.T) {
	d := &Dialer{Policy: loopback}
	for _, c := range [][2]string{{"udp", "127.0.0.1:53"}, {"unix", "/run/x.sock"}, {"ip", "127.0.0.1"}, {"", "127.0.0.1:1"}, {"tcp", "127.0.0.1"}, {"tcp", ":80"},
		{"tcp", "127.0.0.1:http"}, {"tcp", "127.0.0.1:0"}, {"tcp", "127.0.0.1:65536"}, {"tcp", "127.0.0.1:-1"}, {"tcp", "[]:80"}} {
		if conn, err := d.DialContext(t.Context(), c[0], c[1]); err == nil {
			conn.Close()
			t.Errorf("%s %s: connected", c[0], c[1])
		}
	}
}

func TestTrustedGoesAnywhereButHome(t *testing.T) {
	_, port := listen(t, "127.0.0.1:0")
	_, own := listen(t, "127.0.0.1:0")
	home := netip.MustParseAddrPort("127.0.0.1:" + own)
	d := (&Dialer{Policy: Policy{Deny: []netip.AddrPort{home}}}).Trusted()
	conn, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for _, address := range []string{"127.0.0.1:" + own, "[::ffff:127.0.0.1]:" + own, "0.0.0.0:" + port, "224.0.0.1:" + port} {
		if conn, err := d.DialContext(t.Context(), "tcp", address); !isRefused(err) {
			if err == nil {
				conn.Close()
			}
			t.Errorf("%s: %v", address, err)
		}
	}
}

// slow is a resolver that answers when its context ends.
type slow struct{}

func (slow) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestWaitingIsBounded(t *testing.T) {
	d := &Dialer{Resolver: slow{}, ConnectTimeout: time.Millisecond}
	if _, err := d.DialContext(t.Context(), "tcp", "a.example:1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a look-up without end: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&Dialer{Policy: loopback}).DialContext(ctx, "tcp", "127.0.0.1:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
}

// wrapped is a connection that somebody counts.
type wrapped struct{ net.Conn }

func TestEveryConnectionIsWrapped(t *testing.T) {
	_, port := listen(t, "127.0.0.1:0")
	d := &Dialer{Policy: loopback, Wrap: func(c net.Conn) net.Conn { return wrapped{c} }}
	conn, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, ok := conn.(wrapped); !ok {
		t.Errorf("a bare %T was handed out", conn)
	}
	if conn, err := d.DialContext(t.Context(), "tcp", "10.1.2.3:"+port); conn != nil || err == nil {
		t.Errorf("what is refused is wrapped: %v, %v", conn, err)
	}
}
