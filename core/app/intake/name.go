package intake

import (
	"slices"
	"strconv"

	"github.com/ignisfox/ignisfox/core/cert"
)

// callAfter names a file that nobody named after what it holds: its leaf, the leaf of its key that came with it, its first
// certificate, or what kind of key it is. A name like "pasted" would say nothing in a list of such rows.
func (p *parsedFile) callAfter(leaves []*cert.Certificate) {
	if !p.in.Unnamed || p.in.Name != "" || p.file == nil {
		return
	}
	f := p.file
	own := func(l *cert.Certificate) bool {
		return slices.ContainsFunc(f.Certificates, func(c *cert.Certificate) bool { return c.Fingerprint == l.Fingerprint })
	}
	ofKey := func(l *cert.Certificate) bool {
		return slices.ContainsFunc(f.Keys, func(k *cert.Key) bool { return k.SPKI == l.SPKI })
	}
	for _, is := range []func(*cert.Certificate) bool{own, ofKey} {
		if i := slices.IndexFunc(leaves, is); i >= 0 {
			p.name = leaves[i].Subject
			return
		}
	}
	switch {
	case len(f.Certificates) > 0:
		p.name = f.Certificates[0].Subject
	case len(f.Keys) > 0:
		p.name = keyName(f.Keys[0])
	}
}

// keyName answers "RSA 2048 key", "ECDSA P-256 key", "Ed25519 key".
func keyName(k *cert.Key) string {
	switch k.Type {
	case "RSA":
		return "RSA " + strconv.Itoa(k.Bits) + " key"
	case "ECDSA":
		return "ECDSA P-" + strconv.Itoa(k.Bits) + " key"
	default:
		return k.Type + " key"
	}
}
