package cert

import (
	"bytes"

	"github.com/ignisfox/ignisfox/core/secret"
)

// Pairs says whether k is the private key of c.
func Pairs(c *Certificate, k *Key) bool { return c.SPKI != "" && c.SPKI == k.SPKI }

// Leaves answers the end-entity certificates of certs, in their order: those that are no CA, and CA certificates that
// pair with one of keys (self-signed ones often say that they are a CA); but none that issued another of them.
func Leaves(certs []*Certificate, keys []*Key) []*Certificate {
	var leaves []*Certificate
	for _, c := range certs {
		if (!c.IsCA || pairsAny(c, keys)) && !issuedAny(c, certs) {
			leaves = append(leaves, c)
		}
	}
	return leaves
}

func pairsAny(c *Certificate, keys []*Key) bool {
	for _, k := range keys {
		if Pairs(c, k) {
			return true
		}
	}
	return false
}

// issuedAny says whether c signed another of certs. Renewals of a self-signed certificate share its key and name, and
// did not issue one another.
func issuedAny(c *Certificate, certs []*Certificate) bool {
	if !mayIssue(c.X509) {
		return false
	}
	for _, o := range certs {
		if o.SPKI != c.SPKI && bytes.Equal(o.X509.RawIssuer, c.X509.RawSubject) && signedBy(o.X509, c.X509) == nil {
			return true
		}
	}
	return false
}

// ChainPEM answers the certificates of chain as PEM, one behind the other.
func ChainPEM(chain []*Certificate) []byte {
	var out []byte
	for _, c := range chain {
		out = append(out, c.PEM()...)
	}
	return out
}

// FullchainPEM answers leaf and chain as PEM.
func FullchainPEM(leaf *Certificate, chain []*Certificate) []byte {
	return append(leaf.PEM(), ChainPEM(chain)...)
}

// BundlePEM answers leaf, chain and key as PEM.
func BundlePEM(leaf *Certificate, chain []*Certificate, key *Key) secret.Bytes {
	pem := key.PEM()
	defer pem.Wipe()
	full := FullchainPEM(leaf, chain)
	out := make([]byte, 0, len(full)+pem.Len())
	return secret.NewBytes(append(append(out, full...), pem.Reveal()...))
}
