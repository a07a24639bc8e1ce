package cert

import "github.com/ignisfox/ignisfox/core/secret"

// Pairs says whether k is the private key of c.
func Pairs(c *Certificate, k *Key) bool { return c.SPKI != "" && c.SPKI == k.SPKI }

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
