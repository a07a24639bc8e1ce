package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

const handshakeTime = 15 * time.Second // from the connection to being signed in

// connect opens the one connection of a call. Errors that a person can act on are Problems.
func connect(ctx context.Context, c deploy.Call) (*connection, error) {
	device := readHop(c.Settings, "", "the server")
	conn := &connection{log: c.Log}
	dial := c.Net.DialContext
	if jump := c.Settings.Object("jump"); jump.String("host") != "" {
		via := readHop(jump, "jump.", "the jump host")
		client, err := signIn(ctx, via, dial)
		if err != nil {
			return nil, err
		}
		conn.jump, dial = client, throughJump(client)
		// What goes through a jump host that hangs ends with the connection to it alone.
		defer context.AfterFunc(ctx, func() { _ = client.Close() })()
		conn.log.Linef("signed in to the jump host %s", address(via))
	}
	client, err := signIn(ctx, device, dial)
	if err != nil {
		conn.close()
		return nil, err
	}
	conn.client = client
	conn.watch(ctx)
	conn.log.Linef("signed in to %s as %s: %s", address(device), device.user, client.ServerVersion())
	return conn, nil
}

func address(h hop) string { return net.JoinHostPort(h.host, strconv.FormatInt(h.port, 10)) }

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// throughJump dials as the jump host: which addresses it may reach is its own matter, since it is the one that connects.
func throughJump(client *ssh.Client) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := client.DialContext(ctx, network, address)
		var refused *ssh.OpenChannelError
		if errors.As(err, &refused) && refused.Reason == ssh.Prohibited {
			return nil, &plugin.Problem{Code: "jump_refused", Field: "jump.host",
				Message: "the jump host does not let this user connect onwards: set AllowTcpForwarding there"}
		}
		return c, err
	}
}

// signIn connects to one server: first its key, then our credentials.
func signIn(ctx context.Context, h hop, dial dialFunc) (*ssh.Client, error) {
	var login *credentials
	if h.hostKey != "" {
		var err error
		if login, err = newCredentials(ctx, h); err != nil {
			return nil, err
		}
	}
	for hunt := newHunt(h); ; {
		client, err := handshake(ctx, h, dial, hunt, login)
		var none *ssh.AlgorithmNegotiationError
		switch {
		case err == nil:
			return client, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, errOtherKey):
			if !hunt.narrow() {
				return nil, hunt.problem()
			}
		case errors.As(err, &none) && hunt.first != "":
			return nil, hunt.problem()
		default:
			return nil, explain(h, err)
		}
	}
}

// handshake makes one connection and one attempt.
func handshake(ctx context.Context, h hop, dial dialFunc, hunt *keyHunt, login *credentials) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	raw, err := dial(ctx, "tcp", address(h))
	if err != nil {
		return nil, err
	}
	wire := &heard{Conn: raw}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	safe := ssh.SupportedAlgorithms()
	var wrongKey, refused error
	config := &ssh.ClientConfig{
		Config:            ssh.Config{KeyExchanges: safe.KeyExchanges, Ciphers: safe.Ciphers, MACs: safe.MACs},
		User:              h.user,
		HostKeyAlgorithms: hunt.algorithms(),
		HostKeyCallback: func(name string, remote net.Addr, key ssh.PublicKey) error {
			wrongKey = hunt.check(name, remote, key)
			return wrongKey
		},
		AuthCallback: func(a *ssh.ClientAuthContext) (method ssh.AuthMethod, err error) {
			if method, refused = login.next(a); refused != nil {
				refused = cmp.Or(wire.refusal(h.usePassword), refused)
			}
			return method, refused
		},
		ClientVersion: "SSH-2.0-Ignisfox",
	}
	conn, channels, requests, err := ssh.NewClientConn(wire, address(h), config)
	if !stop() && err == nil {
		err = errors.Join(ctx.Err(), conn.Close())
	}
	switch {
	case wrongKey != nil:
		return nil, wrongKey
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("it said nothing for %s", handshakeTime)
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, cmp.Or(login.dismissed(err), err)
	}
	return ssh.NewClient(conn, channels, requests), nil
}

// explain makes a Problem of what went wrong on the way.
func explain(h hop, err error) error {
	var known *plugin.Problem
	if errors.As(err, &known) {
		return known
	}
	field := h.prefix + "host"
	var refused *egress.Refused
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &refused):
		return &plugin.Problem{Code: plugin.CodeAddressNotAllowed, Field: field, Message: refused.Error(), Final: true}
	case errors.As(err, &none):
		return &plugin.Problem{Code: "too_old", Field: field,
			Message: fmt.Sprintf("%s knows no algorithm that is still safe (%s): update its SSH server", h.name, none.What)}
	}
	return &plugin.Problem{Code: plugin.CodeUnreachable, Field: field, Message: fmt.Sprintf("%s (%s) cannot be reached by SSH: %v", h.name, address(h), err)}
}
