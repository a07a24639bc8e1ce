package cert

import (
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	errMalformed = errors.New("malformed DER or BER")
	errDeep      = errors.New("nested too deeply")
)

// A header is the front of one ASN.1 element.
type header struct {
	tag        byte // first octet of the tag
	size       int  // octets of tag and length
	length     int  // octets of content
	indefinite bool // content ends at an end-of-contents mark
}

func readHeader(in []byte) (h header, err error) {
	if len(in) < 2 {
		return h, errMalformed
	}
	h.tag, h.size = in[0], 1
	if h.tag&0x1f == 0x1f { // high tag number
		for {
			if h.size >= len(in) || h.size > 4 {
				return h, errMalformed
			}
			h.size++
			if in[h.size-1]&0x80 == 0 {
				break
			}
		}
	}
	if h.size >= len(in) {
		return h, errMalformed
	}
	first := in[h.size]
	h.size++
	switch {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		h.indefinite = true
	default:
		n := int(first & 0x7f)
		if n > 4 || h.size+n > len(in) {
			return h, errMalformed
		}
		for _, b := range in[h.size : h.size+n] {
			h.length = h.length<<8 | int(b)
		}
		h.size += n
	}
	if !h.indefinite && h.length > len(in)-h.size {
		return h, errMalformed
	}
	return h, nil
}

// definite answers the first element of in with indefinite lengths made definite and strings in pieces joined, and what
// is behind it. What is DER already comes back as the same bytes. The depth is bounded by maxDepth.
func definite(in []byte) (out, rest []byte, err error) {
	out, rest, _, err = definiteAt(in, 0)
	return out, rest, err
}

func definiteAt(in []byte, depth int) (out, rest []byte, changed bool, err error) {
	if depth > maxDepth {
		return nil, nil, false, errDeep
	}
	h, err := readHeader(in)
	if err != nil {
		return nil, nil, false, err
	}
	if h.tag&0x20 == 0 { // primitive
		if h.indefinite {
			return nil, nil, false, errMalformed
		}
		n := h.size + h.length
		return in[:n], in[n:], false, nil
	}
	body := in[h.size:]
	if !h.indefinite {
		body, rest = body[:h.length], body[h.length:]
	}
	joined := h.tag == 0x24 // OCTET STRING in pieces
	changed = h.indefinite || joined
	var parts []byte
	for {
		if h.indefinite && len(body) >= 2 && body[0] == 0 && body[1] == 0 {
			rest = body[2:]
			break
		}
		if len(body) == 0 {
			if h.indefinite {
				return nil, nil, false, errMalformed
			}
			break
		}
		part, after, partChanged, err := definiteAt(body, depth+1)
		if err != nil {
			return nil, nil, false, err
		}
		changed = changed || partChanged
		if joined {
			ph, err := readHeader(part)
			if err != nil || ph.tag != 0x04 {
				return nil, nil, false, errMalformed
			}
			part = part[ph.size:]
		}
		parts = append(parts, part...)
		body = after
	}
	if !changed {
		return in[:h.size+h.length], rest, false, nil
	}
	tag := h.tag
	if joined {
		tag = 0x04
	}
	if h.tag&0x1f == 0x1f {
		return nil, nil, false, errMalformed // never seen where we look
	}
	return append(derHeader(tag, len(parts)), parts...), rest, true, nil
}

// derHeader writes tag and shortest length of an element.
func derHeader(tag byte, n int) []byte {
	switch {
	case n < 0x80:
		return []byte{tag, byte(n)}
	case n < 1<<8:
		return []byte{tag, 0x81, byte(n)}
	case n < 1<<16:
		return []byte{tag, 0x82, byte(n >> 8), byte(n)}
	default:
		return []byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}
	}
}

// A shape is what a DER value looks like from its first elements.
type shape uint8

const (
	shapeOther      shape = iota
	shapeSigned           // certificate, request or revocation list
	shapePublicKey        // SubjectPublicKeyInfo
	shapePKCS1            // RSA private key
	shapeSEC1             // EC private key
	shapePKCS8            // any private key
	shapeEncrypted8       // encrypted private key
	shapeContent          // ContentInfo: PKCS#7
	shapePFX
	shapeNumbers // DH or DSA parameters, or an RSA public key
)

func shapeOf(der []byte) shape {
	in := cryptobyte.String(der)
	var body, first, second cryptobyte.String
	var tag1, tag2 asn1.Tag
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadAnyASN1(&first, &tag1) || !body.ReadAnyASN1(&second, &tag2) {
		return shapeOther
	}
	switch {
	case tag1 == asn1.OBJECT_IDENTIFIER && tag2 == contextTag(0):
		return shapeContent
	case tag1 == asn1.INTEGER && tag2 == asn1.INTEGER:
		var third cryptobyte.String
		var tag3 asn1.Tag
		for n := 0; n < 3; n++ { // version, n, e, d, p: more than DH parameters or a public key have
			if !body.ReadAnyASN1(&third, &tag3) || tag3 != asn1.INTEGER {
				return shapeNumbers
			}
		}
		return shapePKCS1
	case tag1 == asn1.INTEGER && tag2 == asn1.OCTET_STRING:
		return shapeSEC1
	case tag1 == asn1.INTEGER && tag2 == asn1.SEQUENCE:
		if body.PeekASN1Tag(asn1.OCTET_STRING) {
			return shapePKCS8
		}
		return shapePFX
	case tag1 == asn1.SEQUENCE && tag2 == asn1.OCTET_STRING:
		return shapeEncrypted8
	case tag1 == asn1.SEQUENCE && tag2 == asn1.BIT_STRING:
		return shapePublicKey
	case tag1 == asn1.SEQUENCE && tag2 == asn1.SEQUENCE && body.PeekASN1Tag(asn1.BIT_STRING):
		return shapeSigned
	}
	return shapeOther
}

func contextTag(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }
