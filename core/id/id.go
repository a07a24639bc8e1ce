// Package id makes the opaque identifiers of everything we store.
//
// An identifier is a short prefix that says what it names, and a UUIDv7 (RFC 9562) in lower-case base32: 26 characters
// that sort by time of making. Clients must not read anything into it.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New answers prefix + "_" + 26 characters. now places it in time; the other 74 bits are random.
func New(prefix string, now time.Time) string {
	var b [16]byte
	_, _ = rand.Read(b[6:]) // never fails: crypto/rand ends the program instead
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(b[:6], ms[2:])
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Valid says whether s could have been made by New: 3 to 40 lower-case letters, digits and one underscore. It keeps
// nonsense and over-long text away from the store.
func Valid(s string) bool {
	if len(s) < 3 || len(s) > 40 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
