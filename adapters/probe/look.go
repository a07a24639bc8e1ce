package probe

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/ports"
)

const (
	maxCertificates = 20
	maxBytes        = 256 << 10 // of everything that is read from one connection
)

var (
	errTooMuch   = errors.New("more bytes than a handshake has")
	errChainLong = errors.New("more certificates than a chain has")
)

// look is one way of looking, at any address.
type look struct {
	prober *Prober
	begin  dialogue // nil without STARTTLS
	sni    string
}

// at looks at one address. An endpoint that asks for a certificate of ours may end the handshake because we have none. Before TLS 1.3 it
// has proven by then that it has the key of what it shows, but not where the key exchange is RSA's own: so it is asked again without
// that.
func (l look) at(ctx context.Context, a netip.Addr, port int) ports.Served {
	served, doubtful := l.once(ctx, a, port, ciphers(true))
	if doubtful {
		served, _ = l.once(ctx, a, port, ciphers(false))
	}
	return served
}

// once makes one connection. doubtful says that the handshake was ended so, and not by TLS 1.3.
func (l look) once(ctx context.Context, a netip.Addr, port int, ciphers []uint16) (served ports.Served, doubtful bool) {
	served = ports.Served{Address: netip.AddrPortFrom(a.Unmap(), uint16(port))}
	conn, err := l.prober.dialer.DialContext(ctx, "tcp", join(a, port))
	if err != nil {
		served.Err = connectFault(err, served.Address.Addr())
		return served, false
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // wakes whoever waits
	defer stop()
	c := &capped{Conn: conn, left: maxBytes}
	if l.begin != nil {
		if err := l.within(ctx, c, l.begin); err != nil {
			served.Err = dialogueFault(err)
			return served, false
		}
	}
	h := &handshake{ciphers: ciphers}
	err = l.within(ctx, c, func(net.Conn) error { return h.do(ctx, c, l.sni) })
	if err != nil && !h.proven {
		served.Err = handshakeFault(err, c)
		return served, false
	}
	if len(h.chain) == 0 {
		served.Err = noCertificate()
		return served, false
	}
	sum := sha256.Sum256(h.chain[0])
	served.Chain, served.Fingerprint, served.Version = h.chain, hex.EncodeToString(sum[:]), h.version
	return served, err != nil && h.old
}

// within gives what is done on the connection its time.
func (l look) within(ctx context.Context, c net.Conn, do func(net.Conn) error) error {
	if err := c.SetDeadline(time.Now().Add(l.prober.patience)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil { // it may have ended just before the deadline was moved
		return err
	}
	return do(c)
}

// handshake collects what the other side shows.
type handshake struct {
	chain   [][]byte
	version string
	ciphers []uint16 // that are spoken before TLS 1.3
	// proven: the other side asked for a certificate of ours, which it does after it has shown its own and signed with its key. That
	// it then ends the handshake because we have none says nothing against what it serves.
	proven bool
	old    bool // it asked before TLS 1.3
}

// do shakes hands. The certificate is not verified, here and nowhere else: what we want to know is which one is served, be it
// expired, self-signed or for another name, and the caller compares its fingerprint with the one that was deployed. Nothing is sent
// over the connection afterwards. Old versions and ciphers are spoken for the same reason: a device that has nothing better still
// serves a certificate.
func (h *handshake) do(ctx context.Context, c net.Conn, sni string) error {
	client := tls.Client(c, &tls.Config{
		ServerName:             sni,
		InsecureSkipVerify:     true,             //nolint:gosec // G402: fingerprints are compared instead, as said above
		MinVersion:             tls.VersionTLS10, //nolint:gosec // G402: as said above
		CipherSuites:           h.ciphers,
		SessionTicketsDisabled: true, // a resumed session would show no certificate
		VerifyPeerCertificate:  h.keep,
		GetClientCertificate: func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			h.proven, h.old = true, asked.Version < tls.VersionTLS13
			return &tls.Certificate{}, nil
		},
	})
	if err := client.HandshakeContext(ctx); err != nil {
		return err
	}
	h.version = tls.VersionName(client.ConnectionState().Version)
	_ = client.Close() // says goodbye, so that the other side does not log a broken connection
	return nil
}

func (h *handshake) keep(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) > maxCertificates {
		return errChainLong
	}
	for _, der := range raw {
		h.chain = append(h.chain, append([]byte(nil), der...))
	}
	return nil
}

// ciphers answers all that there are, or those that prove the key before the other side asks for our certificate: without RSA's own key
// exchange, where the end of the handshake is the proof.
func ciphers(all bool) []uint16 {
	var ids []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if all || !strings.HasPrefix(s.Name, "TLS_RSA_") {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// capped reads no more than left bytes.
type capped struct {
	net.Conn
	left int
	over bool
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.over = true
		return 0, errTooMuch
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}
