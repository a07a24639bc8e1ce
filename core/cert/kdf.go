package cert

import (
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // old files
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/scrypt"
)

// A kdf is PBKDF2 or scrypt with parameters within bounds.
type kdf struct {
	salt    []byte
	rounds  int // of PBKDF2
	prf     func() hash.Hash
	n, r, p int // of scrypt; n is 0 for PBKDF2
	size    int // octets of key; 0 when the parameters do not say
}

// readKDF reads the AlgorithmIdentifier of a key-derivation function and spends its iterations.
func (w *work) readKDF(algorithm cryptobyte.String, codes pbeCodes) (k kdf, err error) {
	oid := oidOf(&algorithm)
	if oid != oidPBKDF2 && oid != oidScrypt {
		return k, codes.refuseUnsupported()
	}
	var params cryptobyte.String
	if !algorithm.ReadASN1(&params, asn1.SEQUENCE) || !params.ReadASN1((*cryptobyte.String)(&k.salt), asn1.OCTET_STRING) {
		return k, codes.refuseMalformed()
	}
	if err := checkSalt(k.salt, codes); err != nil {
		return k, err
	}
	if oid == oidScrypt {
		return k, w.readScrypt(&k, params, codes)
	}
	if k.rounds, err = w.readRounds(&params, codes); err != nil {
		return k, err
	}
	if k.size, err = readSize(&params, codes); err != nil {
		return k, err
	}
	prf := oidHMACSHA1
	if !params.Empty() {
		var id cryptobyte.String
		if !params.ReadASN1(&id, asn1.SEQUENCE) {
			return k, codes.refuseMalformed()
		}
		prf = oidOf(&id)
	}
	if k.prf = hmacHash(prf); k.prf == nil {
		return k, codes.refuseUnsupported()
	}
	return k, nil
}

// readSize reads an optional key length; 64 octets are the most any use of it has.
func readSize(s *cryptobyte.String, codes pbeCodes) (int, error) {
	var n uint64
	if !s.PeekASN1Tag(asn1.INTEGER) {
		return 0, nil
	}
	if !s.ReadASN1Integer(&n) || n < 1 || n > 64 {
		return 0, codes.refuseMalformed()
	}
	return int(n), nil
}

// readScrypt bounds memory, and spends the steps of scrypt like iterations: one takes a similar time.
func (w *work) readScrypt(k *kdf, params cryptobyte.String, codes pbeCodes) error {
	var n, r, p uint64
	if !params.ReadASN1Integer(&n) || !params.ReadASN1Integer(&r) || !params.ReadASN1Integer(&p) ||
		n < 2 || n&(n-1) != 0 || r < 1 || p < 1 {
		return codes.refuseMalformed()
	}
	if n > maxScryptMemory || r > maxScryptMemory || 128*n*r > maxScryptMemory {
		return refuse("key_too_much_memory", "The key is encrypted with scrypt in a way that needs more than 64 MB. Encrypt it again with less.")
	}
	if p > maxIterations || n*r*p > maxIterations {
		return codes.refuseIterations()
	}
	k.n, k.r, k.p = int(n), int(r), int(p)
	if err := w.spend(k.n*k.r*k.p, codes); err != nil {
		return err
	}
	var err error
	k.size, err = readSize(&params, codes)
	return err
}

func (k *kdf) derive(password []byte) ([]byte, error) {
	derivations.Add(1)
	if k.n != 0 {
		return scrypt.Key(password, k.salt, k.n, k.r, k.p, k.size)
	}
	return pbkdf2.Key(k.prf, string(password), k.salt, k.rounds, k.size)
}

// hmacHash answers the hash of an HMAC; nil when it is not supported.
func hmacHash(oid string) func() hash.Hash {
	switch oid {
	case oidHMACSHA1:
		return sha1.New
	case oidHMACSHA224:
		return sha256.New224
	case oidHMACSHA256:
		return sha256.New
	case oidHMACSHA384:
		return sha512.New384
	case oidHMACSHA512:
		return sha512.New
	}
	return nil
}

// digestHash answers a hash by its own identifier; nil when it is not supported.
func digestHash(oid string) func() hash.Hash {
	switch oid {
	case oidSHA1:
		return sha1.New
	case oidSHA224:
		return sha256.New224
	case oidSHA256:
		return sha256.New
	case oidSHA384:
		return sha512.New384
	case oidSHA512:
		return sha512.New
	}
	return nil
}

// bmpPassword is a password as the key derivation of PKCS#12 takes it: UTF-16, big-endian, with a NUL behind.
func bmpPassword(password string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(password)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return append(out, 0, 0)
}

// pbkdf1 is the key derivation of PKCS#5 version 1 (RFC 8018, 5.1).
func pbkdf1(h func() hash.Hash, password, salt []byte, rounds int) []byte {
	derivations.Add(1)
	d := h()
	d.Write(password)
	d.Write(salt)
	sum := d.Sum(nil)
	for range rounds - 1 {
		d.Reset()
		d.Write(sum)
		sum = d.Sum(sum[:0])
	}
	return sum
}

// What a PKCS#12 derivation is for.
const (
	purposeKey = 1
	purposeIV  = 2
	purposeMAC = 3
)

// pkcs12KDF is the key derivation of PKCS#12 (RFC 7292, appendix B.2).
func pkcs12KDF(h func() hash.Hash, password, salt []byte, rounds int, purpose byte, size int) []byte {
	derivations.Add(1)
	d := h()
	v := d.BlockSize()
	input := append(repeatTo(salt, v), repeatTo(password, v)...)
	diversifier := make([]byte, v)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	var out []byte
	for {
		d.Reset()
		d.Write(diversifier)
		d.Write(input)
		sum := d.Sum(nil)
		for range rounds - 1 {
			d.Reset()
			d.Write(sum)
			sum = d.Sum(sum[:0])
		}
		out = append(out, sum...)
		if len(out) >= size {
			clear(input)
			return out[:size]
		}
		addToBlocks(input, sum, v)
	}
}

// repeatTo repeats b until the length is a multiple of v.
func repeatTo(b []byte, v int) []byte {
	if len(b) == 0 {
		return nil
	}
	n := (len(b) + v - 1) / v * v
	out := make([]byte, n)
	for i := range out {
		out[i] = b[i%len(b)]
	}
	return out
}

// addToBlocks adds sum, repeated to v octets, and 1 to each block of v octets of input.
func addToBlocks(input, sum []byte, v int) {
	for at := 0; at+v <= len(input); at += v {
		carry := 1
		for i := v - 1; i >= 0; i-- {
			carry += int(input[at+i]) + int(sum[i%len(sum)])
			input[at+i] = byte(carry)
			carry >>= 8
		}
	}
}
