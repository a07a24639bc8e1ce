package testauthn

import (
	"crypto/ecdsa"
	"encoding/binary"
)

// The little CBOR (RFC 8949) that an authenticator writes, by hand: the tests then do not check a library against itself.

const (
	majorUint  = 0 << 5
	majorNeg   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorMap   = 5 << 5
)

func head(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 256:
		return []byte{major | 24, byte(n)}
	}
	return binary.BigEndian.AppendUint16([]byte{major | 25}, uint16(n))
}

func number(n int) []byte {
	if n < 0 {
		return head(majorNeg, -1-n)
	}
	return head(majorUint, n)
}

func byteString(b []byte) []byte { return append(head(majorBytes, len(b)), b...) }
func textString(s string) []byte { return append(head(majorText, len(s)), s...) }

func mapOf(pairs ...[]byte) []byte {
	out := head(majorMap, len(pairs)/2)
	for _, p := range pairs {
		out = append(out, p...)
	}
	return out
}

// attestation answers the attestation object of a device that attests nothing.
func attestation(authData []byte) []byte {
	return mapOf(textString("fmt"), textString("none"), textString("attStmt"), mapOf(), textString("authData"), byteString(authData))
}

// coseKey answers a P-256 key as COSE (RFC 9053): EC2, ES256.
func coseKey(k *ecdsa.PublicKey) ([]byte, error) {
	const side = 32
	point, err := k.Bytes() // 4, x, y
	if err != nil {
		return nil, err
	}
	x, y := point[1:1+side], point[1+side:]
	return mapOf(number(1), number(2), number(3), number(es256), number(-1), number(1),
		number(-2), byteString(x), number(-3), byteString(y)), nil
}
