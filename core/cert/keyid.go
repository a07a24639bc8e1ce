package cert

import (
	"crypto/sha1" //nolint:gosec // names keys in certificates, proves nothing
	"crypto/sha256"
	"encoding/hex"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// How well a parent fits what a child says of the key that signed it.
const (
	fitHash    = iota // the child names the hash of the parent's key, which others cannot bear
	fitName           // it names what the parent calls its key, which others can
	fitUnknown        // one of them says nothing
	fitNot            // it names another
)

func fit(child, parent *Certificate) int {
	switch id := child.AuthorityKeyID; {
	case id == "":
		return fitUnknown
	case hashedKey(parent, id):
		return fitHash
	case parent.SubjectKeyID == "":
		return fitUnknown
	case parent.SubjectKeyID == id:
		return fitName
	}
	return fitNot
}

// hashedKey says whether id is the key of c, hashed the ways of RFC 5280 (SHA-1) or RFC 7093 (SHA-256, cut to 160 bits or
// whole).
func hashedKey(c *Certificate, id string) bool {
	in := cryptobyte.String(c.X509.RawSubjectPublicKeyInfo)
	var info cryptobyte.String
	var key []byte
	if !in.ReadASN1(&info, asn1.SEQUENCE) || !info.SkipASN1(asn1.SEQUENCE) || !info.ReadASN1BitStringAsBytes(&key) {
		return false
	}
	old, sum := sha1.Sum(key), sha256.Sum256(key) //nolint:gosec // see above
	long := hex.EncodeToString(sum[:])
	return id == hex.EncodeToString(old[:]) || id == long[:40] || id == long
}
