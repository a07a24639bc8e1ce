package probe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/probe"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/egress"
)

// makeCert answers a self-signed certificate, long expired: the probe does not ask whether it is trusted.
func makeCert(t *testing.T, name string, extra int) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signed(t, name, key, &key.PublicKey, extra)
}

func makeRSA(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signed(t, name, key, &key.PublicKey, 0)
}

func signed(t *testing.T, name string, key, public any, extra int) tls.Certificate {
	t.Helper()
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	spec := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: from.AddDate(0, 3, 0)}
	if extra > 0 {
		spec.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3, 4}, Value: make([]byte, extra)}}
	}
	der, err := x509.CreateCertificate(rand.Reader, spec, spec, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func fingerprint(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return hex.EncodeToString(sum[:])
}

// serve runs a server on address ("127.0.0.1:0") that gives each connection to handle, and answers its port. It ends with the test,
// and so do its connections.
func serve(t *testing.T, address string, handle func(net.Conn)) int {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

// shake is a handler that speaks TLS at once and then waits for the end.
func shake(config *tls.Config) func(net.Conn) {
	return func(c net.Conn) {
		s := tls.Server(c, config)
		if s.Handshake() == nil {
			_, _ = s.Read(make([]byte, 1))
		}
	}
}

func with(certs ...tls.Certificate) *tls.Config { return &tls.Config{Certificates: certs} }

// names is a resolver of fixed answers.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	var all []netip.Addr
	for _, text := range n[host] {
		all = append(all, netip.MustParseAddr(text))
	}
	if len(all) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return all, nil
}

// prober may connect to this machine.
func prober(n names, patience time.Duration) *probe.Prober {
	allow := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	return probe.New(probe.Deps{Dialer: &egress.Dialer{Policy: egress.Policy{Allow: allow}, Resolver: n}, Patience: patience})
}

// look probes one endpoint that is expected to answer once.
func look(t *testing.T, p *probe.Prober, r ports.ProbeRequest) ports.Served {
	t.Helper()
	served, err := p.Probe(t.Context(), r)
	if err != nil || len(served) != 1 {
		t.Fatalf("%d answers, %v", len(served), err)
	}
	if s := served[0]; (s.Err == nil) != (s.Fingerprint != "") || (s.Err == nil) != (len(s.Chain) > 0) {
		t.Fatalf("neither a certificate nor an error, or both: %+v", s)
	}
	return served[0]
}

func code(s ports.Served) string {
	if s.Err == nil {
		return ""
	}
	return s.Err.Code
}
