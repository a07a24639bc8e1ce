// Package token makes and reads the bearer tokens that devices and programs present, and the links that people are given.
//
// A token is a prefix that names its kind, 43 random base62 characters (256 bits) and six base62 characters that hold
// the CRC-32 of all before. The checksum lets scanners and the server tell a token from other text without a look-up;
// it is no secret and proves nothing. Only the Hash is ever stored:
//
//	tok, hash := token.New(token.Push)   // show tok.Reveal() once, store hash
//	kind, hash, ok := token.Parse(text)  // before any look-up; no allocation
//	token.Display(tok)                   // "pt_…9fQz", for lists
//	token.Redact(line)                   // for what is about to be logged
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"

	"github.com/ignisfox/ignisfox/core/secret"
)

// Kind says what a token opens.
type Kind uint8

// The kinds. None is the zero value and no token has it.
const (
	None   Kind = iota
	Push        // pt_: one target's bundle, for a server that pulls
	Ingest      // it_: uploads into one tenant
	API         // api_: what its user may do, within its scopes
	Setup       // setup_: a link that makes the first owner
	Invite      // inv_: a link into one workspace
)

// kinds are all there are.
var kinds = [...]Kind{Push, Ingest, API, Setup, Invite}

// Hash is the SHA-256 of the whole token text: what is stored and looked up.
type Hash [sha256.Size]byte

const (
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base      = len(alphabet)
	bodyLen   = 43 // log2(62^43) = 256.03
	sumLen    = 6  // 62^6 > 2^32
	tailLen   = bodyLen + sumLen
	maxPrefix = len("setup_")
)

// Prefix answers what tokens of this kind begin with, "" for None.
func (k Kind) Prefix() string {
	switch k {
	case Push:
		return "pt_"
	case Ingest:
		return "it_"
	case API:
		return "api_"
	case Setup:
		return "setup_"
	case Invite:
		return "inv_"
	}
	return ""
}

// String answers "push", "ingest", "api", "setup", "invite" or "none".
func (k Kind) String() string {
	switch k {
	case Push:
		return "push"
	case Ingest:
		return "ingest"
	case API:
		return "api"
	case Setup:
		return "setup"
	case Invite:
		return "invite"
	}
	return "none"
}

// New makes a token of the given kind. It panics when kind is None or unknown.
func New(kind Kind) (secret.String, Hash) {
	prefix := kind.Prefix()
	if prefix == "" {
		panic("token: no such kind")
	}
	b := make([]byte, len(prefix)+tailLen)
	n := copy(b, prefix)
	fill(b[n : n+bodyLen])
	sum := checksum(b[:n+bodyLen])
	copy(b[n+bodyLen:], sum[:])
	return secret.NewString(string(b)), sha256.Sum256(b)
}

// fill writes uniformly random base62 characters. A random byte of 248 and more is thrown away, as 248 is the largest
// multiple of 62 that fits: the remainder of the others is uniform. One byte in 32 is lost, so a round of 64 nearly
// always does; crypto/rand never fails.
func fill(dst []byte) {
	const limit = 256 / base * base
	var pool [64]byte
	defer clear(pool[:])
	for n := 0; n < len(dst); {
		_, _ = rand.Read(pool[:])
		for _, r := range pool {
			if int(r) < limit && n < len(dst) {
				dst[n] = alphabet[int(r)%base]
				n++
			}
		}
	}
}

// checksum answers the CRC-32 (IEEE) of b as base62 of fixed length. The loop is here because hash/crc32 calls through
// a pointer, which would move the caller's buffer to the heap; for some 50 bytes it is as fast.
func checksum(b []byte) (out [sumLen]byte) {
	v := ^uint32(0)
	for _, c := range b {
		v = crc32.IEEETable[byte(v)^c] ^ v>>8
	}
	v = ^v
	for i := sumLen - 1; i >= 0; i-- {
		out[i] = alphabet[v%uint32(base)]
		v /= uint32(base)
	}
	return out
}
