package clientaddr_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/clientaddr"
)

func TestOf(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:f::/48")}
	for name, c := range map[string]struct {
		peer    string
		trusted []netip.Prefix
		xff     []string
		want    string
	}{
		"no proxies: the header is made up": {"198.51.100.7:4000", nil, []string{"192.0.2.1"}, "198.51.100.7"},
		"peer is no proxy":                  {"198.51.100.7:4000", proxies, []string{"192.0.2.1"}, "198.51.100.7"},
		"peer is a proxy":                   {"10.1.1.1:4000", proxies, []string{"192.0.2.1"}, "192.0.2.1"},
		"left of the client is made up":     {"10.1.1.1:4000", proxies, []string{"203.0.113.9, 192.0.2.1"}, "192.0.2.1"},
		"proxies in a row":                  {"10.1.1.1:4000", proxies, []string{"203.0.113.9, 192.0.2.1, 10.2.2.2, 10.3.3.3"}, "192.0.2.1"},
		"several lines":                     {"10.1.1.1:4000", proxies, []string{"203.0.113.9", "192.0.2.1,10.2.2.2"}, "192.0.2.1"},
		"client claims to be a proxy":       {"10.1.1.1:4000", proxies, []string{"10.9.9.9, 192.0.2.1"}, "192.0.2.1"},
		"only proxies: the farthest":        {"10.1.1.1:4000", proxies, []string{"10.9.9.9, 10.2.2.2"}, "10.9.9.9"},
		"no header":                         {"10.1.1.1:4000", proxies, nil, "10.1.1.1"},
		"empty header":                      {"10.1.1.1:4000", proxies, []string{""}, "10.1.1.1"},
		"garbage":                           {"10.1.1.1:4000", proxies, []string{"192.0.2.1, unknown"}, "10.1.1.1"},
		"garbage behind a proxy":            {"10.1.1.1:4000", proxies, []string{"192.0.2.1, <x>, 10.2.2.2"}, "10.2.2.2"},
		"with ports":                        {"10.1.1.1:4000", proxies, []string{"192.0.2.1:5555"}, "192.0.2.1"},
		"IPv6":                              {"[2001:db8:f::1]:4000", proxies, []string{"2001:db8:1::5"}, "2001:db8:1::5"},
		"IPv6 in brackets with a port":      {"[2001:db8:f::1]:4000", proxies, []string{"[2001:db8:1::5]:443"}, "2001:db8:1::5"},
		"IPv6 in brackets":                  {"[2001:db8:f::1]:4000", proxies, []string{"[2001:db8:1::5]"}, "2001:db8:1::5"},
		"mapped peer is the IPv4 proxy":     {"[::ffff:10.1.1.1]:4000", proxies, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		"mapped peer":                       {"[::ffff:198.51.100.7]:4000", nil, nil, "198.51.100.7"},
		"zone is dropped":                   {"[fe80::1%eth0]:4000", nil, nil, "fe80::1"},
		"a thousand hops are not walked":    {"10.1.1.1:4000", proxies, []string{"192.0.2.1" + strings.Repeat(",10.2.2.2", 1000)}, "10.2.2.2"},
		"unix socket":                       {"@", proxies, []string{"192.0.2.1"}, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{}}
		if c.xff != nil {
			r.Header["X-Forwarded-For"] = c.xff
		}
		r.Header.Set("X-Real-Ip", "203.0.113.66")
		r.Header.Set("Forwarded", "for=203.0.113.66")
		if got := clientaddr.Of(r, c.trusted).String(); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
