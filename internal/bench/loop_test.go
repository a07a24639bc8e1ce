package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/ports"
)

// shows is a prober to whom every address shows one certificate.
type shows string

func (s shows) Probe(context.Context, ports.ProbeRequest) ([]ports.Served, error) {
	return []ports.Served{{Address: netip.MustParseAddrPort("192.0.2.1:443"), Fingerprint: string(s)}}, nil
}

// TestWatcherWaitsForAll: a generation is not served before every target was seen with it, under its own name.
func TestWatcherWaitsForAll(t *testing.T) {
	w := &watcher{Prober: shows("old")}
	done := w.expect("new", []receiver{{endpoint: "127.0.0.1:1", name: "a"}, {endpoint: "127.0.0.1:2", name: "b"}})
	look := func(port int, name string) bool {
		if _, err := w.Probe(t.Context(), ports.ProbeRequest{Host: "127.0.0.1", Port: port, SNI: name}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	if look(1, "a") || look(2, "b") || w.missing() != 2 {
		t.Error("the old certificate was taken for the new one")
	}
	w.Prober = shows("new")
	for range 2 {
		if look(1, "a") || look(2, "a") || w.missing() != 1 {
			t.Error("one of two was taken for both")
		}
	}
	if !look(2, "b") || !look(1, "a") {
		t.Error("all serve it, and nobody noticed")
	}
}

// TestServesLooksItself: what the reconciler claims is not believed.
func TestServesLooksItself(t *testing.T) {
	pair, other := testcert.SelfSigned("www.example.com"), testcert.SelfSigned("www.example.com")
	ground := &bed{ctx: t.Context()}
	defer ground.close()
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{pair.Cert.Raw}, PrivateKey: pair.Key}}}
	r := receiver{name: "www.example.com", endpoint: listen(ground, func(c net.Conn) {
		s := tls.Server(c, config)
		if s.Handshake() == nil {
			_, _ = io.Copy(io.Discard, s)
		}
	})}
	if err := r.serves(t.Context(), pair); err != nil {
		t.Error(err)
	}
	if err := r.serves(t.Context(), other); err == nil {
		t.Error("another certificate was taken for it")
	}
}

// TestBedTellsWhatBroke: a device that does not start is an error of the bench, and what was started before it ends.
func TestBedTellsWhatBroke(t *testing.T) {
	b, ended := &bed{ctx: t.Context()}, ""
	err := b.build(func() {
		b.Cleanup(func() { ended += "first" })
		b.Cleanup(func() { ended += "second " })
		b.Fatalf("no %s", "device")
	})
	if err == nil || err.Error() != "no device" {
		t.Errorf("%v", err)
	}
	if b.close(); ended != "second first" {
		t.Errorf("ended %q", ended)
	}
}

// TestWorkIsAShare: neither share is more than the whole.
func TestWorkIsAShare(t *testing.T) {
	before, err := worked()
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(50 * time.Millisecond); time.Now().Before(until); {
	}
	w, err := before.since()
	if err != nil || w.ours <= 0 || w.ours > 1.1 || w.busy < 0 || w.busy > 1 {
		t.Errorf("%+v, %v", w, err)
	}
}
