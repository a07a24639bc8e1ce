package schema

import (
	"net/netip"
	"strings"
)

// host answers a DNS name in lower case or an IP address in its usual form, or what is wrong. Numbers that some resolvers take for
// an IPv4 address (2130706433, 0x7f.1, 010.0.0.1) are refused: what they mean differs from program to program.
func host(s string) (string, string) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return "", "Give the address without a zone."
		}
		return a.Unmap().String(), ""
	}
	for _, r := range s {
		if r > '~' {
			return "", "Give a name with other than ASCII letters in its xn-- form."
		}
	}
	if strings.ContainsAny(s, ":/[]@ ") {
		return "", "Give the name or the IP address alone, without port, scheme or path."
	}
	name := strings.ToLower(strings.TrimSuffix(s, "."))
	if !dnsName(name) {
		return "", "Give a DNS name or an IP address."
	}
	return name, ""
}

// dnsName says whether s is a name in lower case that a resolver looks up and does not read as a number.
func dnsName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
		last = label
	}
	return !numeric(last)
}

// numeric says whether a label is a decimal, octal or hexadecimal number.
func numeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}
