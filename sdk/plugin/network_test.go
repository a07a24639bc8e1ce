package plugin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/egress"
)

func loopback() egress.Policy {
	return egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
}

func TestConnectionsEndWithTheContextOfTheirCall(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	ctx, cancel := context.WithCancel(t.Context())
	n, end := newNetwork(ctx, loopback())
	c, err := n.DialContext(t.Context(), "tcp", lis.Addr().String()) // a library with a context of its own
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() { _, err := c.Read(make([]byte, 1)); read <- err }()
	cancel()
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after the end: %v", err)
	}
	late, err := n.DialContext(t.Context(), "tcp", lis.Addr().String())
	if err == nil {
		if _, err := late.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a connection that came too late still works: %v", err)
		}
		_ = late.Close()
	}
	end()
}

func TestConnectionsOfHTTPEndWithTheirCall(t *testing.T) {
	gone := make(chan struct{}, 4)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			gone <- struct{}{}
		}
	}
	srv.Start()
	defer srv.Close()
	n, end := newNetwork(t.Context(), loopback())
	resp, err := n.HTTPClient(egress.HTTPOptions{PlainHTTP: true}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	end()
	<-gone // the server sees that the idle connection ended
}
