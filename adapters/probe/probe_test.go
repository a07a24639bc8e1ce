package probe_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/probe"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/egress"
)

func TestWhatIsServedIsSeen(t *testing.T) {
	leaf, between := makeCert(t, "www.example", 0), makeCert(t, "CA", 0)
	leaf.Certificate = append(leaf.Certificate, between.Certificate[0])
	for version, name := range map[uint16]string{tls.VersionTLS10: "TLS 1.0", tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3"} {
		config := with(leaf)
		config.MinVersion, config.MaxVersion = version, version
		port := serve(t, "127.0.0.1:0", shake(config))
		s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port})
		if s.Fingerprint != fingerprint(leaf) || s.Version != name || !slices.EqualFunc(s.Chain, leaf.Certificate, slices.Equal) ||
			s.Address != netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port)) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestADeviceWithOldCiphersIsSeen(t *testing.T) {
	cert := makeRSA(t, "old.example")
	config := with(cert)
	config.MinVersion, config.MaxVersion, config.CipherSuites = tls.VersionTLS10, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	port := serve(t, "127.0.0.1:0", shake(config))
	if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port}); s.Fingerprint != fingerprint(cert) {
		t.Errorf("%+v", s)
	}
}

func TestTheNameAskedForDecides(t *testing.T) {
	a, b, other := makeCert(t, "a.example", 0), makeCert(t, "b.example", 0), makeCert(t, "default", 0)
	asked := make(chan string, 10)
	config := &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		asked <- h.ServerName
		switch h.ServerName {
		case "a.example":
			return &a, nil
		case "b.example":
			return &b, nil
		}
		return &other, nil
	}}
	port := serve(t, "127.0.0.1:0", shake(config))
	p := prober(names{"a.example": {"127.0.0.1"}}, 0)
	for _, c := range []struct {
		request ports.ProbeRequest
		name    string
		want    tls.Certificate
	}{
		{ports.ProbeRequest{Host: "a.example"}, "a.example", a},
		{ports.ProbeRequest{Host: "a.example", SNI: "b.example"}, "b.example", b},
		{ports.ProbeRequest{Host: "127.0.0.1"}, "", other},
		{ports.ProbeRequest{Host: "127.0.0.1", SNI: "b.example"}, "b.example", b},
		{ports.ProbeRequest{Host: "b.example", Address: netip.MustParseAddr("127.0.0.1")}, "b.example", b},
	} {
		c.request.Port = port
		if s := look(t, p, c.request); s.Fingerprint != fingerprint(c.want) {
			t.Errorf("%+v: %+v", c.request, s)
		}
		if got := <-asked; got != c.name {
			t.Errorf("%+v: asked for %q", c.request, got)
		}
	}
}

func TestOneAddressWithTheOldCertificateIsSeen(t *testing.T) {
	fresh, old := makeCert(t, "www.example", 0), makeCert(t, "www.example", 0)
	port := serve(t, "127.0.0.1:0", shake(with(fresh)))
	at := func(host string) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
	serve(t, at("127.0.0.2"), shake(with(old)))
	serve(t, at("::1"), shake(with(fresh)))
	p := prober(names{"www.example": {"::1", "127.0.0.1", "127.0.0.2", "127.0.0.3", "10.1.2.3"}}, 0)
	served, err := p.Probe(t.Context(), ports.ProbeRequest{Host: "www.example", Port: port, EveryAddress: true})
	if err != nil || len(served) != 5 {
		t.Fatalf("%+v, %v", served, err)
	}
	for i, want := range []struct{ address, print, code string }{
		{"::1", fingerprint(fresh), ""}, {"127.0.0.1", fingerprint(fresh), ""}, {"127.0.0.2", fingerprint(old), ""},
		{"127.0.0.3", "", "connect_refused"}, {"10.1.2.3", "", "address_not_allowed"},
	} {
		if s := served[i]; s.Address.Addr().String() != want.address || int(s.Address.Port()) != port || s.Fingerprint != want.print || code(s) != want.code {
			t.Errorf("%d: %+v, want %+v", i, s, want)
		}
	}
	if s := look(t, prober(names{"www.example": {"10.1.2.3", "127.0.0.3", "127.0.0.2"}}, 0), ports.ProbeRequest{Host: "www.example", Port: port}); s.Fingerprint != fingerprint(old) {
		t.Errorf("the first that answers: %+v", s)
	}
	if s := look(t, prober(names{"www.example": {"10.1.2.3", "127.0.0.3"}}, 0), ports.ProbeRequest{Host: "www.example", Port: port}); code(s) != "address_not_allowed" || s.Address.IsValid() {
		t.Errorf("when none answers: %+v", s)
	}
}

func TestAnEndpointThatAsksForOurCertificateIsSeen(t *testing.T) {
	cert := makeCert(t, "mutual.example", 0)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := with(cert)
		config.ClientAuth, config.MaxVersion = tls.RequireAnyClientCert, version
		port := serve(t, "127.0.0.1:0", shake(config))
		if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port}); s.Fingerprint != fingerprint(cert) {
			t.Errorf("%s: %+v", tls.VersionName(version), s)
		}
	}
}

// A server that shows a certificate without having its key serves it to nobody.
func TestACertificateWithoutItsKeyIsNotServed(t *testing.T) {
	cert := makeCert(t, "www.example", 0)
	cert.PrivateKey = makeCert(t, "other.example", 0).PrivateKey
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := with(cert)
		config.MaxVersion, config.ClientAuth = version, tls.RequestClientCert
		port := serve(t, "127.0.0.1:0", shake(config))
		if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port}); code(s) != "handshake_failed" {
			t.Errorf("%s: %+v", tls.VersionName(version), s)
		}
	}
	// Where RSA exchanges the key itself, it is the end of the handshake that proves it, and it asks for our certificate before.
	cert = makeRSA(t, "www.example")
	cert.PrivateKey = makeRSA(t, "other.example").PrivateKey
	config := with(cert)
	config.MaxVersion, config.ClientAuth, config.CipherSuites = tls.VersionTLS12, tls.RequestClientCert, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
	port := serve(t, "127.0.0.1:0", shake(config))
	if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port}); code(s) != "handshake_failed" {
		t.Errorf("RSA's own key exchange: %+v", s)
	}
	// Who has the key, and takes us without a certificate, is seen.
	config = config.Clone()
	config.Certificates = []tls.Certificate{makeRSA(t, "www.example")}
	port = serve(t, "127.0.0.1:0", shake(config))
	if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port}); s.Fingerprint != fingerprint(config.Certificates[0]) {
		t.Errorf("RSA's own key exchange with the key: %+v", s)
	}
}

func TestWhatCannotBeLookedAtIsAFault(t *testing.T) {
	p := prober(names{}, 0)
	for name, c := range map[string]struct {
		r    ports.ProbeRequest
		code string
	}{
		"no host":          {ports.ProbeRequest{Port: 443}, "bad_endpoint"},
		"no port":          {ports.ProbeRequest{Host: "127.0.0.1"}, "bad_endpoint"},
		"a huge port":      {ports.ProbeRequest{Host: "127.0.0.1", Port: 65536}, "bad_endpoint"},
		"another protocol": {ports.ProbeRequest{Host: "127.0.0.1", Port: 1, StartTLS: "gopher"}, "bad_endpoint"},
		"no name":          {ports.ProbeRequest{Host: "0x7f.1", Port: 1}, "bad_endpoint"},
		"no address":       {ports.ProbeRequest{Host: "nowhere.example", Port: 1}, "name_not_found"},
	} {
		served, err := p.Probe(t.Context(), c.r)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != c.code || served != nil {
			t.Errorf("%s: %+v, %v", name, served, err)
		}
	}
	broken := probe.New(probe.Deps{Dialer: &egress.Dialer{Resolver: silent{}}})
	var f *fault.Fault
	if _, err := broken.Probe(t.Context(), ports.ProbeRequest{Host: "a.example", Port: 1}); !errors.As(err, &f) || f.Code != "name_lookup_failed" {
		t.Errorf("a DNS that does not answer: %v", err)
	}
}

type silent struct{}

func (silent) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
}

func TestThePolicyBindsTheProbe(t *testing.T) {
	port := serve(t, "127.0.0.1:0", func(net.Conn) { t.Error("connected") })
	p := probe.New(probe.Deps{Dialer: &egress.Dialer{Resolver: names{"a.example": {"127.0.0.1"}}}})
	for _, r := range []ports.ProbeRequest{{Host: "127.0.0.1"}, {Host: "a.example"}, {Host: "a.example", EveryAddress: true},
		{Host: "a.example", Address: netip.MustParseAddr("::ffff:127.0.0.1")}} {
		r.Port = port
		if s := look(t, p, r); code(s) != "address_not_allowed" || !strings.Contains(s.Err.Message, "IGNISFOX_EGRESS_ALLOW") {
			t.Errorf("%+v: %+v", r, s)
		}
	}
}

func TestACancelledProbeEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	port := serve(t, "127.0.0.1:0", func(c net.Conn) {
		cancel()
		_, _ = c.Read(make([]byte, 1<<16))
		_, _ = c.Read(make([]byte, 1)) // until the probe hangs up
	})
	for _, protocol := range []string{"", "smtp"} {
		if served, err := prober(nil, 0).Probe(ctx, ports.ProbeRequest{Host: "127.0.0.1", Port: port, StartTLS: protocol}); !errors.Is(err, context.Canceled) {
			t.Errorf("%q: %+v, %v", protocol, served, err)
		}
	}
}
