package target

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
)

// MaxEndpoints is how many endpoints one target may name.
const MaxEndpoints = 20

// startTLS are the protocols that begin in clear, as the scheme of an endpoint names them, with their usual ports.
var startTLS = map[string]int{"smtp": 25, "imap": 143, "pop3": 110, "ldap": 389, "postgres": 5432, "ftp": 21}

// Endpoint is where a device serves its certificate, written "host:port" or, with STARTTLS, "smtp://host:port".
type Endpoint struct {
	StartTLS string // "", or smtp, imap, pop3, ldap, postgres, ftp
	Host     string // DNS name in lower case, or IP address
	Port     int
}

// ParseEndpoint reads what people type. Without a port it is 443, or the usual one of the protocol. Fault Invalid, bad_endpoint.
func ParseEndpoint(s string) (Endpoint, error) {
	bad := fault.New(fault.Invalid, "bad_endpoint", "Give an endpoint as www.example.com:443, or smtp://mail.example.com:587 for STARTTLS.")
	e, rest := Endpoint{Port: 443}, strings.TrimSpace(s)
	if scheme, after, ok := strings.Cut(rest, "://"); ok {
		port, known := startTLS[strings.ToLower(scheme)]
		switch {
		case known:
			e.StartTLS, e.Port = strings.ToLower(scheme), port
		case !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "tls"):
			return e, bad
		}
		rest = strings.TrimSuffix(after, "/")
	}
	host := rest
	if a, err := netip.ParseAddr(strings.Trim(rest, "[]")); err == nil {
		host = a.String()
	} else if h, p, err := net.SplitHostPort(rest); err == nil {
		port, err := strconv.ParseUint(p, 10, 16)
		if err != nil || port == 0 {
			return e, bad
		}
		host, e.Port = h, int(port)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return e, bad
		}
		e.Host = a.Unmap().String()
		return e, nil
	}
	e.Host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !hostName(e.Host) {
		return e, bad
	}
	return e, nil
}

// hostName says whether s is a DNS name in ASCII with at least one label.
func hostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// String is the form that ParseEndpoint reads.
func (e Endpoint) String() string {
	hostPort := net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
	if e.StartTLS == "" {
		return hostPort
	}
	return e.StartTLS + "://" + hostPort
}
