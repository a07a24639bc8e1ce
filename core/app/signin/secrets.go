package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/token"
)

const (
	secretBytes = 32
	secretChars = 43 // of unpadded base64url
)

// newSecret makes what a browser holds of a session or a ceremony, and the hash that is stored of it.
func newSecret() (secret.String, token.Hash) {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	s := base64.RawURLEncoding.EncodeToString(b[:])
	clear(b[:])
	return secret.NewString(s), sha256.Sum256([]byte(s))
}

// hashOf answers the hash to look a cookie or ceremony up by; not ok for what newSecret cannot have made.
func hashOf(s secret.String) (token.Hash, bool) {
	text := s.Reveal()
	if len(text) != secretChars {
		return token.Hash{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != secretBytes {
		return token.Hash{}, false
	}
	return sha256.Sum256([]byte(text)), true
}

// linkHash is hashOf for the links of set-up and invites, which are tokens of their own kinds.
func linkHash(link secret.String, kind token.Kind) (token.Hash, bool) {
	k, h, ok := token.Parse(link.Reveal())
	return h, ok && k == kind
}
