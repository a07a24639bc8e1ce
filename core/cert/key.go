package cert

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// Key is one private key, decrypted. Wipe it after use.
type Key struct {
	Type     string // RSA, ECDSA or Ed25519
	Bits     int
	SPKI     string   // SHA-256 of the SubjectPublicKeyInfo, lower hex: equal to that of its certificates
	Warnings []string // stable codes; those of weak keys begin with "weak_key_"

	label string // PEM block type
	der   secret.Bytes
}

// PEM labels of the three encodings.
const (
	labelPKCS1 = "RSA PRIVATE KEY"
	labelSEC1  = "EC PRIVATE KEY"
	labelPKCS8 = "PRIVATE KEY"
)

// ParseKeyPEM reads one unencrypted key, as PEM writes it. Refusals: unreadable_key, key_too_large, key_inconsistent.
func ParseKeyPEM(text secret.Bytes) (*Key, error) {
	bad := refuse("unreadable_key", "It is not a private key in PEM.")
	if text.Len() > maxFile {
		return nil, bad
	}
	b, rest := pem.Decode(text.Reveal())
	if b == nil || len(b.Headers) != 0 || len(bytes.TrimSpace(rest)) != 0 {
		return nil, bad
	}
	defer clear(b.Bytes)
	k, err := readKey(b.Bytes)
	var un errUnreadable
	if errors.As(err, &un) {
		return nil, fault.Wrap(err, fault.Invalid, bad.Code, bad.Message)
	}
	return k, err
}

// readKey reads a DER key in any of the three encodings; errUnreadable when it is none we support.
func readKey(der []byte) (*Key, error) {
	if len(der) > maxKeyDER {
		return nil, refuse("key_too_large", "A key in the file is larger than 32 KB.")
	}
	_, rest, err := definite(der)
	switch {
	case errors.Is(err, errDeep):
		return nil, refuseDeep()
	case err != nil, len(rest) > 0:
		return nil, errUnreadable{Reason: unsupportedKey}
	}
	label, private, err := privateKey(der)
	if err != nil {
		return nil, err
	}
	pub := private.Public()
	kind, bits := publicKey(pub)
	spki, err := x509.MarshalPKIXPublicKey(pub)
	if kind == "" || err != nil {
		return nil, errUnreadable{Reason: unsupportedKey}
	}
	sum := sha256.Sum256(spki)
	return &Key{
		Type: kind, Bits: bits, SPKI: hex.EncodeToString(sum[:]), Warnings: keyWarnings(pub),
		label: label, der: secret.NewBytes(bytes.Clone(der)),
	}, nil
}

const unsupportedKey = "The private key is damaged, or neither RSA, ECDSA (P-256, P-384, P-521) nor Ed25519."

// privateKey bounds the numbers of a key before anything is computed with them.
func privateKey(der []byte) (label string, key crypto.Signer, err error) {
	switch shapeOf(der) {
	case shapePKCS1:
		if err := boundRSA(der); err != nil {
			return "", nil, err
		}
		k, err := x509.ParsePKCS1PrivateKey(der)
		if err != nil {
			return "", nil, refuseInconsistent(err)
		}
		return labelPKCS1, k, nil
	case shapeSEC1:
		k, err := x509.ParseECPrivateKey(der)
		if err != nil {
			return "", nil, errUnreadable{Reason: unsupportedKey}
		}
		return labelSEC1, k, nil
	case shapePKCS8:
		inner, isRSA := rsaInside(der)
		if isRSA {
			if err := boundRSA(inner); err != nil {
				return "", nil, err
			}
		}
		k, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil && isRSA {
			return "", nil, refuseInconsistent(err)
		}
		switch k := k.(type) {
		case *rsa.PrivateKey:
			return labelPKCS8, k, nil
		case *ecdsa.PrivateKey:
			return labelPKCS8, k, nil
		case ed25519.PrivateKey:
			return labelPKCS8, k, nil
		}
	}
	return "", nil, errUnreadable{Reason: unsupportedKey}
}

func refuseInconsistent(cause error) *fault.Fault {
	return fault.Wrap(cause, fault.Invalid, "key_inconsistent", "The numbers of the RSA key do not fit together: the key is damaged.")
}

// rsaInside answers the PKCS#1 key in a PKCS#8 one.
func rsaInside(der []byte) (inner []byte, ok bool) {
	in := cryptobyte.String(der)
	var body, algorithm, key cryptobyte.String
	var version int
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&version) ||
		!body.ReadASN1(&algorithm, asn1.SEQUENCE) || !body.ReadASN1(&key, asn1.OCTET_STRING) {
		return nil, false
	}
	return key, oidOf(&algorithm) == oidRSA
}

// boundRSA refuses numbers of more than maxRSABits and keys of more than two primes.
func boundRSA(der []byte) error {
	in := cryptobyte.String(der)
	var body, number cryptobyte.String
	if !in.ReadASN1(&body, asn1.SEQUENCE) {
		return errUnreadable{Reason: unsupportedKey}
	}
	for n := 0; n < 9; n++ { // version, n, e, d, p, q, dp, dq, qinv
		if !body.ReadASN1(&number, asn1.INTEGER) {
			return errUnreadable{Reason: unsupportedKey}
		}
		for len(number) > 0 && number[0] == 0 {
			number = number[1:]
		}
		if len(number) > maxRSABits/8 {
			return refuseKeySize()
		}
		if n == 0 && len(number) > 0 {
			return errUnreadable{Reason: "RSA keys of more than two primes are not supported."}
		}
	}
	if !body.Empty() {
		return errUnreadable{Reason: unsupportedKey}
	}
	return nil
}

// PEM answers the key as canonical PEM in the encoding it came in, unencrypted.
func (k *Key) PEM() secret.Bytes {
	return secret.NewBytes(pem.EncodeToMemory(&pem.Block{Type: k.label, Bytes: k.der.Reveal()}))
}

// PKCS8 answers the key as unencrypted PKCS#8 DER.
func (k *Key) PKCS8() (secret.Bytes, error) {
	if k.label == labelPKCS8 {
		return k.der.Clone(), nil
	}
	private, err := k.signer()
	if err != nil {
		return secret.Bytes{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return secret.Bytes{}, fault.Wrap(err, fault.Invalid, "unreadable_key", "The key cannot be written as PKCS#8.")
	}
	return secret.NewBytes(der), nil
}

// Format keeps the key out of every print; fmt would not ask the secret inside, because the field is not exported.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.describe()) }

// LogValue keeps the key out of the log.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.describe()) }

func (k Key) describe() string {
	return fmt.Sprintf("%s key of %d bits, SPKI %s", k.Type, k.Bits, k.SPKI)
}

// signer answers the key for use by crypto packages.
func (k *Key) signer() (crypto.Signer, error) {
	_, private, err := privateKey(k.der.Reveal())
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "unreadable_key", "The key is not there any more.")
	}
	return private, nil
}

// Weak says whether the key is known to be weak.
func (k *Key) Weak() bool { return weak(k.Warnings) }

// Wipe overwrites the key; it is of no use afterwards.
func (k *Key) Wipe() { k.der.Wipe() }
