package egress

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"time"
)

// MaxResponse is how much of a response body is read unless HTTPOptions say otherwise.
const MaxResponse = 1 << 20

// ErrResponseTooLarge ends the reading of a body beyond the limit.
var ErrResponseTooLarge = errors.New("the answer is larger than what is read of it")

// ErrNoHTTPS refuses a URL that is not https, or that carries a user and password.
var ErrNoHTTPS = errors.New("only https addresses without user and password in them are called")

// HTTPOptions are what may differ between uses of HTTPClient.
type HTTPOptions struct {
	Timeout     time.Duration  // of a call with its whole body; 30 s when zero
	MaxResponse int64          // bytes of a body, unpacked; 1 MiB when zero
	RootCAs     *x509.CertPool // nil: those of the system
	// Certificate is what the client shows when it is asked; nil: none.
	Certificate *tls.Certificate
	// PlainHTTP also allows http addresses.
	PlainHTTP bool
}

// HTTPClient answers a client that connects through d. Redirects are answers like any other and not followed; no proxy is taken
// from the environment; TLS is 1.2 at least; header, body and time are bounded. Call CloseIdleConnections when done with it.
func (d *Dialer) HTTPClient(o HTTPOptions) *http.Client {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxResponse <= 0 {
		o.MaxResponse = MaxResponse
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
	if o.Certificate != nil {
		config.Certificates = []tls.Certificate{*o.Certificate}
	}
	return &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &guarded{plain: o.PlainHTTP, max: o.MaxResponse, Transport: &http.Transport{
			Proxy:                  nil, // said aloud: a proxy would connect where we do not look
			DialContext:            d.DialContext,
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  o.Timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    2,
			MaxIdleConns:           16,
			MaxConnsPerHost:        16,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		}},
	}
}

// guarded adds to a transport what it cannot be told. It is no *http.Transport, so that nobody clones it without.
type guarded struct {
	*http.Transport
	plain bool
	max   int64
}

func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.User != nil || r.URL.Scheme != "https" && (!g.plain || r.URL.Scheme != "http") {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, ErrNoHTTPS
	}
	resp, err := g.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &capped{ReadCloser: resp.Body, left: g.max}
	return resp, nil
}

// capped answers ErrResponseTooLarge once more than left bytes came.
type capped struct {
	io.ReadCloser
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrResponseTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1] // one more tells an end from a cut
	}
	n, err := c.ReadCloser.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n - 1, ErrResponseTooLarge
	}
	return n, err
}
