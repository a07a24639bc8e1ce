package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

const (
	connectTimeout = 6 * time.Second
	leastTry       = 2 * time.Second // what each of several addresses gets before the next is tried, when there is as much left
)

// Dialer opens TCP connections where its Policy allows. The zero Dialer reaches public addresses. It is safe for concurrent use and
// must not be changed while in use.
type Dialer struct {
	Policy Policy
	// Resolver finds addresses; nil is that of the system.
	Resolver Resolver
	// ConnectTimeout bounds DialContext from the end of the look-up on, over all addresses; 6 s when zero. The look-up takes no
	// longer than that either.
	ConnectTimeout time.Duration
	// Wrap is given each connection before anybody uses it, those of HTTPClient too, so that they can be ended together; nil leaves
	// them as they are.
	Wrap func(net.Conn) net.Conn

	trusted bool
	tap     func(netip.AddrPort) // told in tests of each socket that is about to connect
}

// Trusted answers a dialer for what the operator named in the settings of the server: any address but our own listeners.
func (d *Dialer) Trusted() *Dialer {
	t := *d
	t.trusted = true
	return &t
}

// DialContext connects to "host:port"; network is tcp, tcp4 or tcp6. The host is resolved once; addresses that the policy refuses
// are passed over and the others are tried one after the other. When none is left, the error is a *Refused.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := split(address)
	if err != nil {
		return nil, err
	}
	family, ok := map[string]string{"tcp": "ip", "tcp4": "ip4", "tcp6": "ip6"}[network]
	if !ok {
		return nil, fmt.Errorf("egress: network %.20q is not tcp", network)
	}
	timeout := d.ConnectTimeout
	if timeout <= 0 {
		timeout = connectTimeout
	}
	addrs, err := d.lookUp(ctx, timeout, family, host)
	if err != nil {
		return nil, err
	}
	var tries []netip.AddrPort
	var refused error
	for _, a := range addrs {
		to := netip.AddrPortFrom(a, port)
		if err := d.check(to); err == nil {
			tries = append(tries, to)
		} else if refused == nil {
			refused = named(err, host)
		}
	}
	if len(tries) == 0 {
		return nil, refused
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return d.first(ctx, network, tries)
}

func (d *Dialer) lookUp(ctx context.Context, timeout time.Duration, family, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return d.resolve(ctx, family, host)
}

// first connects to the first address that answers.
func (d *Dialer) first(ctx context.Context, network string, tries []netip.AddrPort) (net.Conn, error) {
	var failed []error
	for i, to := range tries {
		conn, err := d.connect(ctx, network, to, len(tries)-i)
		if err == nil && d.Wrap != nil {
			conn = d.Wrap(conn)
		}
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(failed...)
}

// connect opens one socket. The check is made again on the socket itself, so that nothing between here and there can move it.
func (d *Dialer) connect(ctx context.Context, network string, to netip.AddrPort, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		try := max(time.Until(deadline)/time.Duration(left), leastTry)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, try)
		defer cancel()
	}
	dialer := net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		socket, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("egress: a socket to no address: %w", err)
		}
		if err := d.check(socket); err != nil {
			return err
		}
		if d.tap != nil {
			d.tap(socket)
		}
		return nil
	}}
	return dialer.DialContext(ctx, network, to.String())
}

// check asks the policy. What the operator named meets only what is never reached.
func (d *Dialer) check(to netip.AddrPort) error {
	err := d.Policy.Check(to)
	if refused := (*Refused)(nil); d.trusted && errors.As(err, &refused) && !refused.Class.never() {
		return nil
	}
	return err
}

// named adds the name that led to a refused address.
func named(err error, host string) error {
	refused := (*Refused)(nil)
	if _, isAddress := netip.ParseAddr(host); isAddress == nil || !errors.As(err, &refused) {
		return err
	}
	r := *refused
	r.Host = host
	return &r
}

func split(address string) (string, uint16, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return "", 0, fmt.Errorf("egress: an address is host:port: %w", ErrBadHost)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return "", 0, errors.New("egress: the port is a number from 1 to 65535")
	}
	return host, uint16(port), nil
}
