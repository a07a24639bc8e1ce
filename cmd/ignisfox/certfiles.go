package main

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certFiles is the server's own certificate, read again when its files change.
type certFiles struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	stamp   [2]time.Time
	checked time.Time
}

// certCheck is the least time between two looks at the files.
const certCheck = 30 * time.Second

// get implements tls.Config.GetCertificate. A new pair that does not fit leaves the old one in use.
func (p *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); now.Sub(p.checked) >= certCheck {
		p.checked = now
		if p.changed() {
			if err := p.load(); err != nil && p.log != nil {
				p.log.Error("the new TLS certificate cannot be used; the old one stays", "error", err)
			}
		}
	}
	return p.pair, nil
}

func (p *certFiles) load() error {
	p.checked = p.now()
	stamp := p.stamps()
	pair, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		return err
	}
	p.pair, p.stamp = &pair, stamp
	return nil
}

func (p *certFiles) changed() bool { return p.stamps() != p.stamp }

func (p *certFiles) stamps() (out [2]time.Time) {
	for i, name := range []string{p.cert, p.key} {
		if st, err := os.Stat(name); err == nil {
			out[i] = st.ModTime()
		}
	}
	return out
}
