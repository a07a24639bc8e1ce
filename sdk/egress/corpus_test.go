package egress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hostileHosts are hosts that lead, or once led some program, to where nobody may go.
var hostileHosts = strings.Split(strings.TrimSpace(`
127.0.0.1
127.1.2.3
127.255.255.254
0.0.0.0
0.0.0.1
0.255.255.255
10.0.0.1
10.255.255.255
172.16.0.1
172.31.255.255
192.168.0.1
192.168.255.255
100.64.0.1
100.127.255.255
100.100.100.200
169.254.0.1
169.254.169.254
169.254.169.253
169.254.170.2
169.254.170.23
169.254.42.42
168.63.129.16
192.0.0.1
192.0.0.8
192.0.0.170
192.0.0.192
192.0.2.1
192.88.99.1
198.18.0.1
198.19.255.255
198.51.100.1
203.0.113.1
224.0.0.1
224.0.0.251
239.255.255.250
240.0.0.1
254.1.2.3
255.255.255.255
::
::1
0:0:0:0:0:0:0:1
0000:0000:0000:0000:0000:0000:0000:0001
::0001
::ffff:127.0.0.1
::ffff:7f00:1
0:0:0:0:0:ffff:127.0.0.1
::FFFF:10.0.0.1
::ffff:169.254.169.254
::ffff:a9fe:a9fe
::ffff:192.168.1.1
::ffff:0.0.0.0
::ffff:100.100.100.200
::127.0.0.1
::7f00:1
::10.0.0.1
::ffff:0:127.0.0.1
fe80::1
fe80::1%lo
fe80::1%25lo
fe80::a9fe:a9fe
febf::1
fec0::1
fc00::1
fd00::1
fd00:ec2::254
fd00:ec2::23
fd20:ce::254
fd00:42::42
fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
ff01::1
ff02::1
ff05::1:3
64:ff9b::7f00:1
64:ff9b::127.0.0.1
64:ff9b::10.0.0.1
64:ff9b::169.254.169.254
64:ff9b::a9fe:a9fe
64:ff9b::100.100.100.200
64:ff9b::0.0.0.0
64:ff9b::224.0.0.1
64:ff9b::168.63.129.16
64:ff9b:1::1
64:ff9b:1::127.0.0.1
64:ff9b:1:7f00:0:100::
2002:7f00:1::
2002:7f00:0001::1
2002:a00:1::1
2002:c0a8:101::1
2002:a9fe:a9fe::1
2002:6464:64c8::1
2002:e000:1::
2001:0:7f00:1::
2001:0:a00:1:0:0:f7f7:f7f7
2001:0:4136:e378:8000:63bf:80ff:fffe
2001:0:808:808:0:0:5601:5601
2001:0:808:808::f5ff:fffe
2a00:1450::5efe:127.0.0.1
2a00:1450::200:5efe:10.0.0.1
2a00:1450::5efe:a9fe:a9fe
2001:db8::1
2001:db8:ffff::1
3fff::1
2001:2::1
2001:10::1
2001:20::1
2001:1::1
100::1
5f00::1
4000::1
8000::1
e000::1
1::
2130706433
2130706433.
017700000001
0x7f000001
0X7F000001
0x7f.0.0.1
0x7F.0x0.0x0.0x1
0177.0.0.1
0177.0.0.01
00000177.00.00.01
127.1
127.0.1
127.000.000.001
0x7f.1
0177.1
127.0.0.1.
127.0.0.1..
127.0.0x1
127.0.0.0x1
3232235777
0xc0a80101
0300.0250.1.1
2852039166
0xa9fea9fe
0xA9.0xFE.0xA9.0xFE
0251.0376.0251.0376
169.254.43518
169.16689662
425.510.425.510
281472812449793
4294967296
18446744071562067969
0
0.
0x0
00
1
127.0.0.1%00
127.0.0.1%lo
127。0。0。1
127．0．0．1
127｡0｡0｡1
127.0.0。1
①②⑦.⓪.⓪.①
１２７.0.0.1
𝟏𝟐𝟕.0.0.1
localhost
LOCALHOST
LocalHost.
localhost.localdomain
ⓛocalhost
locaⅼhost
ip6-localhost
loopback.example
LOOPBACK.example.
both.example
mapped.example
ula.example
link.example
nat64.example
sixtofour.example
teredo.example
isatap.example
metadata.google.internal
metadata.example
alibaba.example
azure.example
zero.example
broadcast.example
127.0.0.1.nip.example
many.example
nowhere.example
a@127.0.0.1
user:password@127.0.0.1
example.com@127.0.0.1
127.0.0.1#@example.com
127.0.0.1/
127.0.0.1\@example.com
127.0.0.1?
http://127.0.0.1
//127.0.0.1
127.0.0.1,example.com
127.0.0.1 example.com
%31%32%37.0.0.1
127%2e0%2e0%2e1
127.0.0.1:80
*.loopback.example
..
.
-
`), "\n")

// hostileHosts that cannot stand in a list of lines.
var brokenHosts = []string{"", " ", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1\t", "127.0.0.1\x00", "127.0.0.1\r\nX: y", "loopback.example\x00.com",
	"loopback\u00ad.example", "\u202e1.0.0.721", "[::1]", "[127.0.0.1]", "::1]", "[::1", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 130)}

// hostileURLs are put before ":PORT" or have %PORT% in them.
var hostileURLs = []string{
	"http://127.0.0.1:%PORT%/", "https://127.0.0.1:%PORT%/", "http://[::1]:%PORT%/", "http://[::ffff:127.0.0.1]:%PORT%/", "http://localhost:%PORT%/",
	"http://loopback.example:%PORT%/", "http://2130706433:%PORT%/", "http://0x7f.1:%PORT%/", "http://0177.0.0.1:%PORT%/", "http://127.1:%PORT%/",
	"http://user@127.0.0.1:%PORT%/", "http://public.example@127.0.0.1:%PORT%/", "http://public.example:80@127.0.0.1:%PORT%/",
	"http://127.0.0.1:%PORT%#@public.example/", "http://127.0.0.1:%PORT%?@public.example/", "http://127。0。0。1:%PORT%/", "http://①②⑦.⓪.⓪.①:%PORT%/",
	"http://[::]:%PORT%/", "http://0.0.0.0:%PORT%/", "http://0:%PORT%/", "http://[fe80::1%25lo]:%PORT%/", "http://[64:ff9b::7f00:1]:%PORT%/",
	"http://metadata.google.internal/computeMetadata/v1/", "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/latest/",
	"http://100.100.100.200/latest/", "http://192.0.0.192/latest/", "http://%31%32%37.0.0.1:%PORT%/", "http:127.0.0.1:%PORT%/", "http:///127.0.0.1:%PORT%/",
	"ftp://127.0.0.1:%PORT%/", "file:///etc/passwd", "gopher://127.0.0.1:%PORT%/", "unix:///run/x.sock", "HTTP://LOCALHOST:%PORT%/",
}

// tap counts the sockets that were about to connect, and stands for all addresses of this machine.
type tap struct {
	sockets  atomic.Int64
	listener net.Listener
}

func newTap(t *testing.T) *tap {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &tap{listener: l}
}

func (p *tap) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// untouched fails when anything connected. Connections wait in line: when the first is our own, there was none before.
func (p *tap) untouched(t *testing.T) {
	t.Helper()
	if n := p.sockets.Load(); n > 0 {
		t.Errorf("%d sockets were about to connect", n)
	}
	own, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(p.port()))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	first, err := p.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if first.RemoteAddr().String() != own.LocalAddr().String() {
		t.Errorf("something connected to the listener: %s", first.RemoteAddr())
	}
}

func hostileDNS(t *testing.T) *dnsServer {
	many := []string{}
	for i := range 40 {
		many = append(many, "127.0.0."+strconv.Itoa(i+1))
	}
	one := func(addrs ...string) [][]string { return [][]string{addrs} }
	return startDNS(t, map[string][][]string{
		"loopback.example": one("127.0.0.1"), "both.example": one("127.0.0.1", "::1"), "mapped.example": one("::ffff:127.0.0.1"),
		"ula.example": one("fd00::1"), "link.example": one("169.254.1.1", "fe80::1"), "nat64.example": one("64:ff9b::7f00:1"),
		"sixtofour.example": one("2002:7f00:1::1"), "teredo.example": one("2001:0:7f00:1::"), "isatap.example": one("2a00:1450::5efe:7f00:1"),
		"metadata.google.internal": one("169.254.169.254"), "metadata.example": one("169.254.169.254", "fd00:ec2::254"),
		"alibaba.example": one("100.100.100.200"), "azure.example": one("168.63.129.16"), "zero.example": one("0.0.0.0", "::"),
		"broadcast.example": one("255.255.255.255"), "127.0.0.1.nip.example": one("127.0.0.1"), "many.example": {many},
		"*.loopback.example": one("127.0.0.1"),
	})
}

func TestNothingConnectsToHostileHosts(t *testing.T) {
	if n := len(hostileHosts) + len(brokenHosts) + len(hostileURLs); n < 150 {
		t.Fatalf("the corpus has %d entries", n)
	}
	p := newTap(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+strconv.Itoa(p.port()))
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:"+strconv.Itoa(p.port()))
	d := &Dialer{Resolver: hostileDNS(t).resolver(), ConnectTimeout: 20 * time.Second, tap: func(netip.AddrPort) { p.sockets.Add(1) }}
	client := d.HTTPClient(HTTPOptions{PlainHTTP: true})
	defer client.CloseIdleConnections()
	port := strconv.Itoa(p.port())
	for _, host := range append(append([]string{}, hostileHosts...), brokenHosts...) {
		for _, address := range []string{net.JoinHostPort(host, port), host + ":" + port} {
			for _, network := range []string{"tcp", "tcp4", "tcp6"} {
				if conn, err := d.DialContext(t.Context(), network, address); err == nil {
					conn.Close()
					t.Errorf("%s %q: connected to %s", network, address, conn.RemoteAddr())
				}
			}
		}
		get(t, client, "http://"+net.JoinHostPort(host, port)+"/")
	}
	for _, u := range hostileURLs {
		get(t, client, strings.ReplaceAll(u, "%PORT%", port))
	}
	p.untouched(t)
}

func get(t *testing.T, client *http.Client, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return // not even a URL
	}
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
		t.Errorf("%q was answered with %s", url, resp.Status)
	}
}

// The same hosts, with all private networks of IPv4 and IPv6 allowed: what is nobody's, and the metadata of clouds, stays closed.
func TestNoNetworkOpensWhatIsNobodys(t *testing.T) {
	everything := Policy{Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	for _, host := range []string{"169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1", "100.100.100.200",
		"192.0.0.192", "168.63.129.16", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "fe80::a9fe:a9fe%eth0"} {
		to := netip.AddrPortFrom(netip.MustParseAddr(host), 80)
		if err := everything.Check(to); !isRefused(err) {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"10.0.0.1", "127.0.0.1", "fd00::1", "fe80::1%eth0", "64:ff9b::10.0.0.1", "100.64.0.1", "240.0.0.1", "2001:db8::1"} {
		if err := everything.Check(netip.AddrPortFrom(netip.MustParseAddr(host), 80)); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func isRefused(err error) bool {
	var r *Refused
	return errors.As(err, &r)
}

func TestASecondAnswerChangesNothing(t *testing.T) {
	inner := newTap(t)
	outer, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer outer.Close()
	server := startDNS(t, map[string][][]string{
		"rebind.example": {{"127.0.0.2"}, {"127.0.0.1"}},
		"late.example":   {{"127.0.0.1"}, {"127.0.0.2"}},
		"mixed.example":  {{"127.0.0.1", "127.0.0.2"}},
	})
	var reached []netip.Addr
	d := &Dialer{Policy: Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}}, Resolver: server.resolver(),
		tap: func(a netip.AddrPort) { reached = append(reached, a.Addr()) }}
	port := strconv.Itoa(outer.Addr().(*net.TCPAddr).Port)
	for _, host := range []string{"rebind.example", "mixed.example"} {
		conn, err := d.DialContext(t.Context(), "tcp", host+":"+port)
		if err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		conn.Close()
	}
	if a, aaaa := server.questions("rebind.example"); a != 1 || aaaa > 1 {
		t.Errorf("asked %d and %d times", a, aaaa)
	}
	for _, a := range reached {
		if a != netip.MustParseAddr("127.0.0.2") {
			t.Errorf("a socket was about to connect to %s", a)
		}
	}
	for _, host := range []string{"rebind.example", "late.example"} { // now the name leads inside
		if _, err := d.DialContext(t.Context(), "tcp", host+":"+strconv.Itoa(inner.port())); !isRefused(err) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if len(reached) != 2 {
		t.Errorf("%d sockets", len(reached))
	}
	inner.untouched(t)
}

func TestTheSocketItselfIsChecked(t *testing.T) {
	p := newTap(t)
	d := &Dialer{tap: func(netip.AddrPort) { p.sockets.Add(1) }}
	to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(p.port()))
	if _, err := d.connect(context.Background(), "tcp", to, 1); !isRefused(err) {
		t.Errorf("past the first check: %v", err)
	}
	p.untouched(t)
}
