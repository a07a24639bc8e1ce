package egress_test

import (
	"errors"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ignisfox/ignisfox/sdk/egress"
)

func policy(t *testing.T, allow, deny string) egress.Policy {
	t.Helper()
	p, err := egress.ParsePolicy(strings.Fields(allow), strings.Fields(deny))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePolicyDecides(t *testing.T) {
	for _, c := range []struct {
		allow, deny, to string
		want            egress.Class // "" when it may be reached
	}{
		{"", "", "8.8.8.8:53", ""},
		{"", "", "[2606:4700::1111]:443", ""},
		{"", "", "[64:ff9b::8.8.8.8]:443", ""},
		{"", "", "[2002:808:808::1]:443", ""},
		{"", "", "11.0.0.1:1", ""},
		{"", "", "172.15.255.255:1", ""},
		{"", "", "172.32.0.0:1", ""},
		{"", "", "100.63.255.255:1", ""},
		{"", "", "100.128.0.0:1", ""},
		{"", "", "192.167.255.255:1", ""},
		{"", "", "223.255.255.255:1", ""},
		{"", "", "10.0.0.1:22", egress.Private},
		{"", "", "[::ffff:10.0.0.1]:22", egress.Private},
		{"", "", "127.0.0.1:22", egress.Loopback},
		{"", "", "100.64.0.1:22", egress.Shared},
		{"", "", "198.18.0.1:22", egress.Documentation},
		{"10.0.0.0/8", "", "10.200.0.1:22", ""},
		{"10.0.0.0/8", "", "[::ffff:10.200.0.1]:22", ""},
		{"10.0.0.0/8", "", "[64:ff9b::10.200.0.1]:22", ""},
		{"::ffff:10.0.0.0/104", "", "10.200.0.1:22", ""},
		{"10.0.0.0/8", "", "192.168.0.1:22", egress.Private},
		{"10.0.0.5", "", "10.0.0.5:22", ""},
		{"10.0.0.5", "", "10.0.0.6:22", egress.Private},
		{"fd00::/8", "", "[fd12::1]:22", ""},
		{"fe80::/10", "", "[fe80::1%eth0]:22", ""},
		{"64:ff9b:1::/48", "", "[64:ff9b:1::a00:1]:22", ""},
		{"169.254.0.0/16", "", "169.254.1.1:80", ""},
		{"169.254.0.0/16", "", "169.254.169.254:80", egress.Metadata},
		{"169.254.169.254", "", "169.254.169.254:80", ""},
		{"0.0.0.0/0", "", "0.0.0.0:80", egress.Unspecified},
		{"10.0.0.0/8", "10.0.0.1:8080", "10.0.0.1:8080", egress.Listener},
		{"10.0.0.0/8", "10.0.0.1:8080", "[::ffff:10.0.0.1]:8080", egress.Listener},
		{"10.0.0.0/8", "[::ffff:10.0.0.1]:8080", "10.0.0.1:8080", egress.Listener},
		{"10.0.0.0/8", "10.0.0.1:8080", "10.0.0.1:8081", ""},
		{"10.0.0.0/8", "10.0.0.1:8080", "10.0.0.2:8080", ""},
		{"10.0.0.0/8", "10.0.0.1:0", "10.0.0.1:8081", egress.Listener},
		{"", "8.8.8.8:443", "8.8.8.8:443", egress.Listener},
		{"", "8.8.8.8:443", "[64:ff9b::8.8.8.8]:443", egress.Translated},
		{"127.0.0.0/8 ::1", "0.0.0.0:8080", "127.3.2.1:8080", egress.Listener},
		{"127.0.0.0/8 ::1", "0.0.0.0:8080", "[::1]:8080", egress.Listener},
		{"127.0.0.0/8 ::1", "[::]:8080", "127.0.0.1:8080", egress.Listener},
		{"127.0.0.0/8 ::1", "[::]:8080", "127.0.0.1:8081", ""},
		{"10.0.0.0/8", "[::]:8080", "10.99.98.97:8080", ""},
	} {
		err := policy(t, c.allow, c.deny).Check(netip.MustParseAddrPort(c.to))
		refused := &egress.Refused{}
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &refused) || refused.Class != c.want) {
			t.Errorf("allow %q, deny %q, to %s: %v, want %q", c.allow, c.deny, c.to, err, c.want)
		}
	}
	if err := (egress.Policy{}).Check(netip.AddrPort{}); err == nil {
		t.Error("no address at all may be reached")
	}
}

func TestOurListenerIsFoundAtEveryAddressOfTheMachine(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	if err != nil || len(addrs) == 0 {
		t.Fatalf("interfaces: %v, %v", addrs, err)
	}
	p := policy(t, "0.0.0.0/0 ::/0", "0.0.0.0:8080")
	for _, a := range addrs {
		own := netip.MustParsePrefix(a.String()).Addr()
		if err := p.Check(netip.AddrPortFrom(own, 8080)); err == nil {
			t.Errorf("%s may be reached", own)
		}
	}
}

func TestARefusalSaysWhatToDo(t *testing.T) {
	for to, want := range map[string]string{
		"10.0.0.1:22": "10.0.0.1 is an address of a private network, which this server may not connect to. Its operator can allow it with IGNISFOX_EGRESS_ALLOW.",
		"169.254.169.254:80": "169.254.169.254 is a cloud's metadata service and stays out of reach unless the operator of this server names that one " +
			"address in IGNISFOX_EGRESS_ALLOW.",
		"8.8.8.8:443":    "8.8.8.8 port 443 is where Ignisfox itself listens; nothing connects from here to there.",
		"[ff02::1]:1":    "ff02::1 is a multicast or broadcast address; give the address of the device.",
		"[::ffff:0:0]:1": "0.0.0.0 is no address of a host; give the address of the device.",
	} {
		if err := policy(t, "", "8.8.8.8:443").Check(netip.MustParseAddrPort(to)); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", to, err, want)
		}
	}
}

func TestAPolicyTravelsAsText(t *testing.T) {
	addr := rapid.Custom(func(rt *rapid.T) netip.Addr {
		if rapid.Bool().Draw(rt, "v4") {
			return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "bytes")))
		}
		return netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "bytes"))).Unmap()
	})
	rapid.Check(t, func(rt *rapid.T) {
		var p egress.Policy
		for _, a := range rapid.SliceOfN(addr, 0, 5).Draw(rt, "allow") {
			p.Allow = append(p.Allow, netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(rt, "bits")).Masked())
		}
		for _, a := range rapid.SliceOfN(addr, 0, 5).Draw(rt, "deny") {
			p.Deny = append(p.Deny, netip.AddrPortFrom(a, rapid.Uint16().Draw(rt, "port")))
		}
		got, err := egress.ParsePolicy(p.Text())
		if err != nil || !reflect.DeepEqual(got, p) {
			rt.Fatalf("%v: %v became %v", err, p, got)
		}
	})
}

func TestWhatOperatorsWriteIsRead(t *testing.T) {
	got, err := egress.ParseAllow(" 10.0.0.0/8, 192.168.1.7 ,,fd00::/8,::ffff:172.16.0.0/108,")
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.1.7/32"), netip.MustParsePrefix("fd00::/8"),
		netip.MustParsePrefix("172.16.0.0/12")}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := egress.ParseAllow(""); err != nil || got != nil {
		t.Errorf("nothing: %v, %v", got, err)
	}
	for _, wrong := range []string{"10.0.0.1/8", "10/8", "a.example", "10.0.0.0/33", "::ffff:10.0.0.0/90", "fe80::1%eth0", "10.0.0.0-10.0.0.9",
		strings.Repeat("10.0.0.1,", 257)} {
		if got, err := egress.ParseAllow(wrong); err == nil || got != nil {
			t.Errorf("%.30q was read as %v", wrong, got)
		}
	}
	if _, err := egress.ParsePolicy(nil, []string{"10.0.0.1"}); err == nil {
		t.Error("a listener without port was read")
	}
}
