package cert

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"strings"

	"golang.org/x/net/idna"

	"github.com/ignisfox/ignisfox/core/text"
)

const (
	maxName = 256  // runes of a shown name
	maxSANs = 1000 // shown names of one certificate
	maxDN   = 8 << 10
	maxHost = 1024 // octets of a host name in whatever form; what is longer is none
)

func visible(s string) string { return text.Visible(s, maxName) }

// distinguished is a whole distinguished name, visible. To write one takes time by the square of its length.
func distinguished(n pkix.Name, raw []byte) string {
	if len(raw) > maxDN {
		return "(a name of more than 8 KB)"
	}
	return visible(n.String())
}

// shortName is the visible common name, else organisation, else the whole distinguished name.
func shortName(n pkix.Name, raw []byte) string {
	switch {
	case n.CommonName != "":
		return visible(n.CommonName)
	case len(n.Organization) > 0 && n.Organization[0] != "":
		return visible(n.Organization[0])
	}
	return distinguished(n, raw)
}

func subject(x *x509.Certificate, sans []string) string {
	if x.Subject.CommonName == "" && len(sans) > 0 {
		return sans[0]
	}
	return shortName(x.Subject, x.RawSubject)
}

// sans answers the visible alternative names.
func sans(x *x509.Certificate) []string {
	var names []string
	add := func(s string) {
		if len(names) < maxSANs {
			names = append(names, visible(s))
		}
	}
	for _, n := range x.DNSNames {
		add(n)
	}
	for _, ip := range x.IPAddresses {
		add(ip.String())
	}
	for _, m := range x.EmailAddresses {
		add(m)
	}
	for _, u := range x.URIs {
		add(u.String())
	}
	return names
}

// MissingNames answers the names of current that next does not cover, visible, in the order of current. A name is
// covered by itself or by a wildcard for its one leftmost label, a wildcard only by the same wildcard; case and IDNA
// form do not matter. A certificate without alternative names counts by its common name.
func MissingNames(next, current *Certificate) []string {
	have := map[string]bool{}
	for _, n := range matchNames(next.X509) {
		have[n.key] = true
	}
	var missing []string
	seen := map[string]bool{}
	for _, n := range matchNames(current.X509) {
		if have[n.key] || n.wildcard != "" && have[n.wildcard] || seen[n.key] {
			continue
		}
		seen[n.key] = true
		missing = append(missing, visible(n.shown))
	}
	return missing
}

// A matchName is a name in comparable form; key and wildcard begin with the sort of name, so that sorts never mix.
type matchName struct{ key, wildcard, shown string }

func matchNames(x *x509.Certificate) []matchName {
	var names []matchName
	for _, n := range x.DNSNames {
		names = append(names, hostName(n))
	}
	for _, ip := range x.IPAddresses {
		names = append(names, matchName{key: "ip " + ip.String(), shown: ip.String()})
	}
	for _, m := range x.EmailAddresses {
		names = append(names, matchName{key: "mail " + strings.ToLower(m), shown: m})
	}
	for _, u := range x.URIs {
		names = append(names, matchName{key: "uri " + u.String(), shown: u.String()})
	}
	if cn := x.Subject.CommonName; len(names) == 0 && cn != "" {
		if ip := net.ParseIP(cn); ip != nil {
			return []matchName{{key: "ip " + ip.String(), shown: cn}}
		}
		return []matchName{hostName(cn)}
	}
	return names
}

func hostName(name string) matchName {
	n := matchName{shown: name}
	base, star := strings.CutPrefix(name, "*.")
	ascii := asciiHost(base)
	if star {
		n.key = "dns *." + ascii
		return n
	}
	n.key = "dns " + ascii
	if _, parent, found := strings.Cut(ascii, "."); found && parent != "" {
		n.wildcard = "dns *." + parent
	}
	return n
}

// asciiHost is the lower-case A-label form of a host name without its final dot; a name IDNA refuses is only lowered.
func asciiHost(name string) string {
	name = strings.TrimSuffix(name, ".")
	if len(name) > maxHost {
		return strings.ToLower(name)
	}
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return ascii
	}
	return strings.ToLower(name)
}
