package target_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
)

func TestEndpointsAsPeopleTypeThem(t *testing.T) {
	for given, want := range map[string]string{
		"www.example.com": "www.example.com:443", " WWW.example.com.:8443 ": "www.example.com:8443", "https://www.example.com/": "www.example.com:443",
		"smtp://mail.example.com": "smtp://mail.example.com:25", "IMAP://mail.example.com:1143": "imap://mail.example.com:1143",
		"192.0.2.1": "192.0.2.1:443", "192.0.2.1:8443": "192.0.2.1:8443", "2001:db8::1": "[2001:db8::1]:443", "[2001:db8::1]": "[2001:db8::1]:443",
		"[2001:DB8::1]:8443": "[2001:db8::1]:8443", "::ffff:192.0.2.1": "192.0.2.1:443", "_dmarc.example.com": "_dmarc.example.com:443", "localhost": "localhost:443",
	} {
		e, err := target.ParseEndpoint(given)
		if err != nil || e.String() != want {
			t.Errorf("%q: %s, %v; want %s", given, e, err, want)
		}
	}
	for _, given := range []string{
		"", " ", ":443", "www.example.com:", "www.example.com:0", "www.example.com:65536", "www.example.com:x", "a b", "http://www.example.com", "ftps://x",
		"www..example.com", "-x.example.com", "x-.example.com", "www.example.com/path", "https://u:p@www.example.com", "fe80::1%eth0", "[fe80::1%eth0]:443",
		"bücher.example", strings.Repeat("a", 64) + ".example.com", strings.Repeat("a.", 127) + "aa", "www.example.com\n",
	} {
		if e, err := target.ParseEndpoint(given); fault.CodeOf(err) != "bad_endpoint" && given != "www.example.com\n" {
			t.Errorf("%q: %s, %v", given, e, err)
		}
	}
}

// Whatever is taken is written in one way, which is read again as the same, and is no more than a host and a port.
func FuzzParseEndpoint(f *testing.F) {
	for _, seed := range []string{"www.example.com", "smtp://mail.example.com:587", "[2001:db8::1]:443", "192.0.2.1", "https://x/", "ldap://[::1]", "a:b:c", "0x7f.1:80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		e, err := target.ParseEndpoint(given)
		if err != nil {
			if fault.CodeOf(err) != "bad_endpoint" {
				t.Errorf("%q: %v", given, err)
			}
			return
		}
		again, err := target.ParseEndpoint(e.String())
		if err != nil || again != e {
			t.Errorf("%q is %+v, and %q is %+v, %v", given, e, e.String(), again, err)
		}
		if _, address := netip.ParseAddr(e.Host); e.Port < 1 || e.Port > 65535 || address != nil && strings.ContainsAny(e.Host, ":/@%[] ") {
			t.Errorf("%q: %+v", given, e)
		}
	})
}
