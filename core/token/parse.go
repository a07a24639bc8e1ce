package token

import (
	"crypto/sha256"

	"github.com/ignisfox/ignisfox/core/secret"
)

// Parse tells whether s is a token by its form alone, and which: prefix, length, alphabet and checksum. It answers the
// hash to look up. It says nothing about whether the token was ever issued. It does not allocate.
func Parse(s string) (Kind, Hash, bool) {
	kind := kindOf(s)
	n := len(kind.Prefix())
	if kind == None || len(s) != n+tailLen {
		return None, Hash{}, false
	}
	for i := n; i < len(s); i++ {
		if !inAlphabet[s[i]] {
			return None, Hash{}, false
		}
	}
	var buf [maxPrefix + tailLen]byte
	b := buf[:copy(buf[:], s)]
	sum := checksum(b[:n+bodyLen])
	if string(sum[:]) != s[n+bodyLen:] {
		return None, Hash{}, false
	}
	return kind, sha256.Sum256(b), true
}

// Display answers what may be shown of a token for its owner to know it again: prefix, "…" and the last four
// characters. Those belong to the checksum, and 232 of the 256 bits stay unknown. What is no token is all redacted.
func Display(t secret.String) string {
	s := t.Reveal()
	kind, _, ok := Parse(s)
	if !ok {
		return secret.Redacted
	}
	return kind.Prefix() + "…" + s[len(s)-4:]
}

// kindOf answers the kind whose prefix s begins with.
func kindOf(s string) Kind {
	for _, k := range kinds {
		if p := k.Prefix(); len(s) >= len(p) && s[:len(p)] == p {
			return k
		}
	}
	return None
}

var inAlphabet = func() (t [256]bool) {
	for i := range len(alphabet) {
		t[alphabet[i]] = true
	}
	return t
}()
