package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// checkExposure refuses plain HTTP where anybody could listen in: off the loopback, without TLS here and without a
// proxy that does it.
func checkExposure(c *config) error {
	if c.TLSCert != "" || len(c.TrustedProxies) > 0 {
		return nil
	}
	const how = "Set IGNISFOX_TLS_CERT and IGNISFOX_TLS_KEY, or put a proxy that speaks HTTPS in front and name its " +
		"network in IGNISFOX_TRUSTED_PROXIES"
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !loopback(host) {
		return errors.New("IGNISFOX_LISTEN is not a loopback address and would carry keys in clear. " + how)
	}
	if c.overheard() {
		return errors.New("IGNISFOX_BASE_URL is plain http on a name that is not loopback, and would carry keys in clear. " + how)
	}
	return nil
}

// overheard says whether people are told to come by plain http over a network.
func (c *config) overheard() bool {
	u, err := url.Parse(c.BaseURL)
	return err == nil && u.Scheme == "http" && !loopback(u.Hostname())
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// listeners are opened before anything is started: an address that is taken is told at once, and the base URL is known.
type listeners struct {
	main    net.Listener
	metrics net.Listener // nil without metrics
}

// openListeners opens what the settings name and fills in the base URL when none was set.
func openListeners(ctx context.Context, c *config, log *slog.Logger) (*listeners, error) {
	out := &listeners{}
	var err error
	if out.main, err = listen(ctx, "IGNISFOX_LISTEN", c.Listen); err != nil {
		return nil, err
	}
	if c.BaseURL == "" {
		c.BaseURL = c.scheme() + "://localhost:" + strconv.Itoa(port(out.main))
	}
	if c.TLSCert != "" {
		pair := &certFiles{cert: c.TLSCert, key: c.TLSKey, now: time.Now, log: log}
		if err := pair.load(); err != nil {
			out.close()
			return nil, fmt.Errorf("IGNISFOX_TLS_CERT and IGNISFOX_TLS_KEY cannot be used together: %w", cause(err))
		}
		out.main = tls.NewListener(out.main, &tls.Config{
			MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: pair.get,
		})
	}
	if c.MetricsListen != "" {
		if out.metrics, err = listen(ctx, "IGNISFOX_METRICS_LISTEN", c.MetricsListen); err != nil {
			out.close()
			return nil, err
		}
	}
	return out, nil
}

func (l *listeners) close() {
	_ = l.main.Close()
	if l.metrics != nil {
		_ = l.metrics.Close()
	}
}

func listen(ctx context.Context, name, address string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot listen there: %w", name, opCause(err))
	}
	return ln, nil
}

// https says whether browsers and devices see https, from here or from the proxy in front.
func (c *config) https() bool { return strings.HasPrefix(c.BaseURL, "https:") }

func (c *config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

func port(ln net.Listener) int {
	if a, ok := ln.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

func opCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
