package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/sdk/egress"
)

// notConnected are the codes after which another address may be tried.
var notConnected = []string{"address_not_allowed", "connect_refused", "connect_timeout", "connect_failed", "no_route"}

func unavailable(cause error, code, message string) *fault.Fault {
	return fault.Wrap(cause, fault.Unavailable, code, message)
}

func late(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}

func connectFault(err error, to netip.Addr) *fault.Fault {
	var refused *egress.Refused
	var netErr net.Error
	switch {
	case errors.As(err, &refused):
		return unavailable(err, "address_not_allowed", refused.Error())
	case errors.Is(err, syscall.ECONNREFUSED):
		return unavailable(err, "connect_refused", "Nothing listens at this address and port, or a firewall says so. Is the service running?")
	case noRoute(err, to):
		return unavailable(err, "no_route", "This server has no route to the address, so that it cannot see what is served there. Has it IPv6?")
	case late(err), errors.As(err, &netErr) && netErr.Timeout():
		return unavailable(err, "connect_timeout", "The address did not answer in time. Is the device up, and does a firewall let us through?")
	}
	return unavailable(err, "connect_failed", "The address could not be connected to. Is the device up, and is there a route to it?")
}

// noRoute says whether it is this server that cannot reach the address: it has no IPv6 (or no IPv4), or only within itself.
func noRoute(err error, to netip.Addr) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EAFNOSUPPORT) || to.Is6() && errors.Is(err, syscall.EADDRNOTAVAIL)
}

func handshakeFault(err error, c *capped) *fault.Fault {
	var notTLS tls.RecordHeaderError
	switch {
	case c.over:
		return unavailable(err, "answer_too_large", "The endpoint sent more than a handshake has. Is this the right port?")
	case errors.Is(err, errChainLong):
		return unavailable(err, "chain_too_long", "The endpoint sent more than 20 certificates. Look what its chain file holds.")
	case late(err):
		return unavailable(err, "handshake_timeout", "The endpoint accepted the connection and then did not finish the TLS handshake in time.")
	case errors.As(err, &notTLS):
		return unavailable(err, "not_tls", "The endpoint does not speak TLS on this port. Give another port, or STARTTLS where the protocol has it.")
	}
	return unavailable(err, "handshake_failed", "The TLS handshake failed. Does the endpoint serve a certificate for the name that was asked for?")
}

func noCertificate() *fault.Fault {
	return fault.New(fault.Unavailable, "no_certificate", "The endpoint finished the handshake without showing a certificate.")
}

// errRefused ends a dialogue in which the other side does not offer TLS or says no.
var errRefused = errors.New("STARTTLS was refused")

func dialogueFault(err error) *fault.Fault {
	switch {
	case errors.Is(err, errRefused):
		return unavailable(err, "starttls_refused", "The endpoint does not offer STARTTLS, or refused it. Is TLS switched on in the service?")
	case errors.Is(err, errTooMuch):
		return unavailable(err, "answer_too_large", "The endpoint sent more than the protocol asks for before TLS. Is this the right port?")
	case late(err):
		return unavailable(err, "handshake_timeout", "The endpoint accepted the connection and then did not answer in time.")
	}
	return unavailable(err, "starttls_failed", "The endpoint did not answer as the protocol asks before TLS. Is this the right protocol and port?")
}
