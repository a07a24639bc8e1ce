package plugin

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/ignisfox/ignisfox/sdk/egress"
)

// network is the way out of one call. What was opened through it is closed when the context of the call ends, so that a library
// that knows no contexts ends promptly, and when the call ends, so that nothing is left of it.
type network struct {
	dialer *egress.Dialer
	mu     sync.Mutex
	open   map[*conn]struct{}
	https  []*http.Client
	closed bool
}

var _ Network = (*network)(nil)

// newNetwork answers a network and what ends it.
func newNetwork(ctx context.Context, p egress.Policy) (*network, func()) {
	n := &network{open: map[*conn]struct{}{}}
	n.dialer = &egress.Dialer{Policy: p, Wrap: n.hold}
	stop := context.AfterFunc(ctx, n.close)
	return n, func() { stop(); n.close() }
}

func (n *network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return n.dialer.DialContext(ctx, network, address)
}

// hold keeps a connection in mind. One that comes too late is closed already; whoever uses it learns that.
func (n *network) hold(raw net.Conn) net.Conn {
	c := &conn{Conn: raw, network: n}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		_ = raw.Close()
	} else {
		n.open[c] = struct{}{}
	}
	return c
}

func (n *network) HTTPClient(o egress.HTTPOptions) *http.Client {
	c := n.dialer.HTTPClient(o)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.https = append(n.https, c)
	return c
}

func (n *network) close() {
	n.mu.Lock()
	open, https := n.open, n.https
	n.open, n.https, n.closed = nil, nil, true
	n.mu.Unlock()
	for c := range open {
		_ = c.Conn.Close()
	}
	for _, c := range https {
		c.CloseIdleConnections()
	}
}

// conn forgets itself when it is closed.
type conn struct {
	net.Conn
	network *network
}

func (c *conn) Close() error {
	c.network.mu.Lock()
	delete(c.network.open, c)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
