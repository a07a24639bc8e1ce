package sdktest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/egress"
)

// Loopback is the rule for devices of tests: this machine, and what is public.
func Loopback() egress.Policy {
	return egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
}

// Gate stands before a device, at an address of its own, and lets connections through. Held, it takes what comes and lets nothing
// through, as a device that hangs.
type Gate struct {
	lis     net.Listener
	to      string
	dialer  egress.Dialer
	mu      sync.Mutex
	held    bool
	open    map[*passage]struct{}
	reached bool          // something came since Hold
	changed chan struct{} // closed and made anew with each change
	closed  bool
	wg      sync.WaitGroup
}

// passage is one connection; toDevice is nil when it began while the gate was held.
type passage struct {
	fromPlugin, toDevice net.Conn
	stuck                bool // something of it was held back; nothing goes through any more
}

// NewGate opens a gate to the device at "host:port" until the test ends.
func NewGate(t testing.TB, device string) *Gate {
	t.Helper()
	lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &Gate{lis: lis, to: device, dialer: egress.Dialer{Policy: Loopback()}, open: map[*passage]struct{}{}, changed: make(chan struct{})}
	g.wg.Go(g.accept)
	t.Cleanup(g.close)
	return g
}

// Addr is where the plugin finds the device: "127.0.0.1:4711".
func (g *Gate) Addr() string { return g.lis.Addr().String() }

// Hold lets nothing through from now on.
func (g *Gate) Hold() {
	g.change(func() { g.held, g.reached = true, false })
}

// Release lets new connections through; those that were held back are closed.
func (g *Gate) Release() {
	g.change(func() {
		g.held = false
		for p := range g.open {
			if p.stuck {
				p.close()
			}
		}
	})
}

// Reached waits until the plugin connects to the gate that is held, or sends something.
func (g *Gate) Reached(ctx context.Context) error {
	return g.wait(ctx, "the device was not reached", func() bool { return g.reached })
}

// Left waits until the plugin has closed every connection that is held back.
func (g *Gate) Left(ctx context.Context) error {
	return g.wait(ctx, "the connection to the device stayed open", func() bool {
		for p := range g.open {
			if p.stuck {
				return false
			}
		}
		return true
	})
}

func (g *Gate) wasReached() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reached
}

func (g *Gate) wait(ctx context.Context, otherwise string, holds func() bool) error {
	for {
		g.mu.Lock()
		ok, changed := holds(), g.changed
		g.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return errors.New(otherwise)
		}
	}
}

func (g *Gate) change(how func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	how()
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *Gate) accept() {
	for {
		c, err := g.lis.Accept()
		if err != nil {
			return
		}
		g.wg.Go(func() { g.pass(c) })
	}
}

func (g *Gate) pass(c net.Conn) {
	p := &passage{fromPlugin: c}
	refused := false
	g.change(func() {
		if refused = g.closed; refused {
			return
		}
		g.open[p] = struct{}{}
		g.stick(p)
	})
	defer g.change(func() { p.close(); delete(g.open, p) })
	if refused {
		return
	}
	if !p.stuck {
		device, err := g.dialer.DialContext(context.Background(), "tcp", g.to)
		if err != nil {
			return
		}
		g.change(func() { p.toDevice = device })
		g.wg.Go(func() { _, _ = io.Copy(c, device); _ = c.Close() })
	}
	g.carry(p)
}

// stick marks a passage as held back while the gate is held.
func (g *Gate) stick(p *passage) {
	if g.held {
		p.stuck, g.reached = true, true
	}
}

// carry brings what the plugin sends to the device, or nowhere.
func (g *Gate) carry(p *passage) {
	buf := make([]byte, 32<<10)
	for {
		n, err := p.fromPlugin.Read(buf)
		if err != nil {
			return
		}
		var to net.Conn
		g.change(func() {
			if g.stick(p); !p.stuck {
				to = p.toDevice
			}
		})
		if to != nil {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

func (p *passage) close() {
	_ = p.fromPlugin.Close()
	if p.toDevice != nil {
		_ = p.toDevice.Close()
	}
}

func (g *Gate) close() {
	_ = g.lis.Close()
	g.change(func() {
		g.closed = true
		for p := range g.open {
			p.close()
		}
	})
	g.wg.Wait()
}
