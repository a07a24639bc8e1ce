package egress_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/sdk/egress"
)

func get(ctx context.Context, c *http.Client, url string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, roots
}

func client(t *testing.T, o egress.HTTPOptions) *http.Client {
	t.Helper()
	c := (&egress.Dialer{Policy: policy(t, "127.0.0.0/8", "")}).HTTPClient(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestAnAnswerIsReadUpToTheLimit(t *testing.T) {
	size := 0
	s, roots := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("a", size)) })
	for _, c := range []struct {
		size, max int
		ok        bool
	}{{0, 10, true}, {10, 10, true}, {11, 10, false}, {egress.MaxResponse, 0, true}, {egress.MaxResponse + 1, 0, false}, {3 << 20, 0, false}} {
		size = c.size
		_, body, err := get(t.Context(), client(t, egress.HTTPOptions{RootCAs: roots, MaxResponse: int64(c.max)}), s.URL)
		if c.ok && (err != nil || len(body) != c.size) || !c.ok && !errors.Is(err, egress.ErrResponseTooLarge) {
			t.Errorf("%d bytes, limit %d: read %d, %v", c.size, c.max, len(body), err)
		}
		if limit := max(c.max, 10); c.max > 0 && len(body) > limit {
			t.Errorf("%d bytes came through a limit of %d", len(body), limit)
		}
	}
}

func TestARedirectIsAnAnswer(t *testing.T) {
	var followed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer elsewhere.Close()
	s, roots := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
	resp, _, err := get(t.Context(), client(t, egress.HTTPOptions{RootCAs: roots, PlainHTTP: true}), s.URL)
	if err != nil || resp.StatusCode != http.StatusFound || followed.Load() {
		t.Errorf("%v, %v, followed %v", resp, err, followed.Load())
	}
}

func TestNoProxyIsTakenFromTheEnvironment(t *testing.T) {
	var asked atomic.Bool
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	c := (&egress.Dialer{Policy: policy(t, "127.0.0.0/8", "")}).HTTPClient(egress.HTTPOptions{PlainHTTP: true})
	defer c.CloseIdleConnections()
	if _, _, err := get(t.Context(), c, "http://10.1.2.3/"); err == nil || asked.Load() {
		t.Errorf("%v, the proxy was asked: %v", err, asked.Load())
	}
}

func TestTheClientIsNotToBeTalkedDown(t *testing.T) {
	s, roots := serve(t, func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer plain.Close()
	old := httptest.NewUnstartedServer(nil)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = quiet()
	old.StartTLS()
	defer old.Close()
	roots.AddCert(old.Certificate())
	c := client(t, egress.HTTPOptions{RootCAs: roots})
	if _, _, err := get(t.Context(), c, s.URL); err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{
		"plain http":         plain.URL,
		"TLS 1.1":            old.URL,
		"a password in it":   strings.Replace(s.URL, "https://", "https://u:zq7canary@", 1),
		"another protocol":   "ftp://127.0.0.1/",
		"a host not allowed": "https://10.1.2.3/",
	} {
		if _, _, err := get(t.Context(), c, url); err == nil || strings.Contains(err.Error(), "zq7canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := get(t.Context(), client(t, egress.HTTPOptions{}), s.URL); err == nil {
		t.Error("a certificate nobody trusts was taken")
	}
	var refused *egress.Refused
	if _, _, err := get(t.Context(), c, "https://10.1.2.3/"); !errors.As(err, &refused) {
		t.Errorf("the refusal is not found below what net/http answers: %v", err)
	}
}

func TestASlowAnswerEnds(t *testing.T) {
	end := make(chan struct{})
	s, roots := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		<-end
	})
	defer close(end)
	_, _, err := get(t.Context(), client(t, egress.HTTPOptions{RootCAs: roots, Timeout: 50 * time.Millisecond}), s.URL)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a body without end: %v", err)
	}
}

func TestAClientCertificateIsShown(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.String())
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	_, body, err := get(t.Context(), client(t, egress.HTTPOptions{RootCAs: roots, Certificate: &s.TLS.Certificates[0]}), s.URL)
	if err != nil || len(body) == 0 {
		t.Errorf("%q, %v", body, err)
	}
}
