package ports

import (
	"context"
	"net/netip"

	"github.com/ignisfox/ignisfox/core/fault"
)

// Prober looks at what an endpoint serves, from outside, as any client would. It sends nothing but a TLS handshake and, before it,
// what STARTTLS needs. Whether the certificate is trusted is not asked: the caller compares fingerprints. Where it may connect is
// the operator's egress policy. It is safe for concurrent use.
type Prober interface {
	// Probe answers one Served for each address that was looked at: one, or with EveryAddress all the name has, 16 at most, in the
	// order of the DNS answer. Each takes 6 s to connect and 4 s for the handshake at most, as long again with STARTTLS, and all are
	// looked at side by side. What went wrong at an address is in its Served; the error is for what kept all of them from being
	// looked at: fault Invalid bad_endpoint, fault Unavailable name_not_found or name_lookup_failed, and the context's own.
	Probe(ctx context.Context, r ProbeRequest) ([]Served, error)
}

// ProbeRequest names an endpoint.
type ProbeRequest struct {
	Host         string     // DNS name or IP address
	Port         int        // 1 to 65535
	SNI          string     // name asked for; "": Host when it is a name, none otherwise
	StartTLS     string     // "", or smtp, imap, pop3, ldap, postgres, ftp
	Address      netip.Addr // connect to this one and do not resolve Host; the zero Addr: resolve
	EveryAddress bool       // look at all addresses of Host; otherwise at the first that connects
}

// Served is what one address showed. Fingerprint and Chain are there exactly when Err is nil.
type Served struct {
	Address     netip.AddrPort // the zero value when none could be connected to
	Fingerprint string         // SHA-256 of the leaf in DER, lower-case hex
	Chain       [][]byte       // certificates in DER as they were sent, the leaf first; 20 and 256 KB at most
	Version     string         // "TLS 1.3"; "" when the endpoint showed its certificate and then asked for one of ours
	// Err says why there is no answer, in words for a person. Its code is one of address_not_allowed, connect_refused,
	// connect_timeout, connect_failed, starttls_refused, starttls_failed, handshake_timeout, not_tls, handshake_failed,
	// no_certificate, chain_too_long, answer_too_large, and no_route for an address that this server cannot reach from where it stands.
	Err *fault.Fault
}
