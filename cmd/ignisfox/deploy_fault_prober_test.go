package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/internal/testcert"
)

// prober is a TLS client that connects all the time. The handshake proves that the server has the key of the leaf that it shows; the
// prober, that the leaf is one that may be served now, with its own chain.
type prober struct {
	addr string
	name string
	stop func()
	done chan struct{}

	mu     sync.Mutex
	may    []*testcert.Pair
	chain  []byte // DER of the issuer of all of them
	looks  int
	failed []error
}

func newProber(addr, name string, issuer *testcert.Pair) *prober {
	ctx, cancel := context.WithCancel(context.Background())
	p := &prober{addr: addr, name: name, chain: issuer.Cert.Raw, done: make(chan struct{})}
	p.stop = func() { cancel(); <-p.done }
	go p.run(ctx)
	return p
}

// allow says what may be served from now on.
func (p *prober) allow(pairs ...*testcert.Pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.may = pairs
}

func (p *prober) allowed() []*testcert.Pair {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.may
}

// result answers how often it looked, and what it should not have seen.
func (p *prober) result() (looks int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.looks, errors.Join(p.failed...)
}

func (p *prober) run(ctx context.Context) {
	defer close(p.done)
	pause := time.NewTicker(10 * time.Millisecond) // the machine has something else to do
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		before := p.allowed()
		err := p.look(ctx, before)
		if ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		p.looks++
		if err != nil && len(p.failed) < 5 {
			p.failed = append(p.failed, fmt.Errorf("%s: %w", time.Now().Format("15:04:05.000"), err))
		}
		p.mu.Unlock()
	}
}

// look makes one connection. What was allowed when it began is right, and what is when it has ended.
func (p *prober) look(ctx context.Context, before []*testcert.Pair) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.addr)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	_ = raw.(*net.TCPConn).SetLinger(0) // thousands of ports would wait otherwise
	c := tls.Client(raw, &tls.Config{ServerName: p.name, InsecureSkipVerify: true})
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	seen := c.ConnectionState().PeerCertificates
	for _, pair := range append(before, p.allowed()...) {
		if pair.Cert.Equal(seen[0]) {
			if len(seen) != 2 || string(seen[1].Raw) != string(p.chain) {
				return fmt.Errorf("%d certificates were served, not leaf and issuer", len(seen))
			}
			return nil
		}
	}
	return fmt.Errorf("the certificate served is neither the old nor the new one, but that until %s", seen[0].NotAfter)
}
