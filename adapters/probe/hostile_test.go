package probe_test

import (
	"crypto/tls"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/ports"
)

// forever writes b until the other side hangs up, one piece per tick when there is one.
func forever(c net.Conn, b []byte, tick time.Duration) {
	var pace <-chan time.Time
	if tick > 0 {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		pace = ticker.C
	}
	for {
		if _, err := c.Write(b); err != nil {
			return
		}
		if pace != nil {
			<-pace
		}
	}
}

func TestHostileEndpointsEnd(t *testing.T) {
	const short = 300 * time.Millisecond
	long := makeCert(t, "www.example", 0)
	for range 99 {
		long.Certificate = append(long.Certificate, long.Certificate[0])
	}
	twenty := makeCert(t, "www.example", 0)
	for range 20 {
		twenty.Certificate = append(twenty.Certificate, twenty.Certificate[0])
	}
	large := makeCert(t, "www.example", 0)
	for range 19 {
		large.Certificate = append(large.Certificate, makeCert(t, "CA", 14<<10).Certificate[0])
	}
	for name, c := range map[string]struct {
		handle   func(net.Conn)
		patience time.Duration
		codes    []string
	}{
		"never a byte":          {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, short, []string{"handshake_timeout"}},
		"a byte now and then":   {func(c net.Conn) { forever(c, []byte{0x16}, 20*time.Millisecond) }, short, []string{"handshake_timeout", "not_tls"}},
		"a slow record":         {func(c net.Conn) { slowRecord(c) }, short, []string{"handshake_timeout"}},
		"endless zeros":         {func(c net.Conn) { forever(c, make([]byte, 4096), 0) }, 0, []string{"not_tls", "handshake_failed"}},
		"endless records":       {func(c net.Conn) { forever(c, []byte{0x16, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff}, 0) }, 0, []string{"handshake_failed", "answer_too_large"}},
		"endless alerts":        {func(c net.Conn) { forever(c, []byte{0x15, 3, 3, 0, 2, 1, 0}, 0) }, 0, []string{"handshake_failed"}},
		"endless empty records": {func(c net.Conn) { forever(c, []byte{0x16, 3, 3, 0, 0}, 0) }, 0, []string{"handshake_failed", "answer_too_large"}},
		"HTTP":                  {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, 0, []string{"not_tls"}},
		"hangs up":              {func(net.Conn) {}, 0, []string{"handshake_failed"}},
		"100 certificates":      {shake(with(long)), 0, []string{"chain_too_long"}},
		"21 certificates":       {shake(with(twenty)), 0, []string{"chain_too_long"}},
		"280 KB of them":        {shake(with(large)), 0, []string{"handshake_failed", "answer_too_large"}},
		"refuses the name": {shake(&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, io.EOF }}), 0,
			[]string{"handshake_failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			port := serve(t, "127.0.0.1:0", c.handle)
			s := look(t, prober(nil, c.patience), ports.ProbeRequest{Host: "127.0.0.1", Port: port})
			if !slices.Contains(c.codes, code(s)) {
				t.Errorf("got %+v, want one of %v", s, c.codes)
			}
		})
	}
}

// slowRecord begins a record of 16 KB and brings it byte by byte.
func slowRecord(c net.Conn) {
	if _, err := c.Write([]byte{0x16, 3, 3, 0x40, 0}); err == nil {
		forever(c, []byte{0}, 20*time.Millisecond)
	}
}

func TestTwentyCertificatesAreAChain(t *testing.T) {
	cert := makeCert(t, "www.example", 0)
	for range 19 {
		cert.Certificate = append(cert.Certificate, makeCert(t, "CA", 0).Certificate[0])
	}
	port := serve(t, "127.0.0.1:0", shake(with(cert)))
	if s := look(t, prober(nil, 0), ports.ProbeRequest{Host: "127.0.0.1", Port: port}); s.Fingerprint != fingerprint(cert) || len(s.Chain) != 20 {
		t.Errorf("%+v", s)
	}
}
