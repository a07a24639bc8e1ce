// Package cert reads certificates and keys and says how they belong together. It does no I/O.
//
//	file, err := cert.ParseWithin(2*time.Second, data, password) // what is in this upload?
//	defer file.Wipe()
//	leaves := cert.Leaves(file.Certificates, file.Keys)          // which of them are for servers?
//	cert.Pairs(leaves[0], key)                                   // is this its key?
//	chain, missing := cert.Chain(leaves[0], pool, roots, now)    // what goes between it and a root?
//	pfx, err := cert.BuildPFX(leaves[0], key, chain, password, cert.PresetModern)
//
// Files are hostile: what they are is told by their content alone; sizes, counts, depth and the work of key derivation
// are bounded before that work is done; the answer is a File (of kind unknown when nothing in it can be used, with the
// reason) or a *fault.Fault with a stable code. Every string that comes from a file is visible text (core/text).
//
// PKCS#12 is read here rather than by go-pkcs12, which has no bound on iterations, neither on those that come to light
// only after the first decryption, and takes a narrower range of files; go-pkcs12 writes what we build.
package cert

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// Kind is what a file is.
type Kind string

// The kinds.
const (
	KindCert    Kind = "cert"    // exactly one certificate
	KindKey     Kind = "key"     // exactly one private key
	KindBundle  Kind = "bundle"  // more than that, as PEM, DER or PKCS#7
	KindPFX     Kind = "pfx"     // PKCS#12
	KindUnknown Kind = "unknown" // nothing that can be used
)

// Format is how a file is written.
type Format string

// The formats; FormatUnknown when none was recognised.
const (
	FormatPEM     Format = "pem"
	FormatDER     Format = "der"
	FormatPKCS7   Format = "pkcs7" // in DER; as PEM it is pem
	FormatPKCS12  Format = "pkcs12"
	FormatUnknown Format = ""
)

// File is what a file held.
type File struct {
	Kind         Kind
	Format       Format
	Certificates []*Certificate // in the order of the file, each once
	Keys         []*Key         // in the order of the file, each public key once
	Reason       string         // for KindUnknown: why, in plain words
}

// Wipe overwrites the keys.
func (f *File) Wipe() {
	for _, k := range f.Keys {
		k.Wipe()
	}
}

// Parse says by its content what data is, and reads it; password opens what is encrypted in it. data is only read.
// Refusals are of kind Invalid or TooLarge.
func Parse(data []byte, password secret.String) (*File, error) {
	return parse(data, password, maxIterations)
}

func parse(data []byte, password secret.String, iterations int) (*File, error) {
	if len(data) > maxFile {
		return nil, fault.New(fault.TooLarge, "file_too_large", "The file is larger than 256 KB.")
	}
	if len(password.Reveal()) > maxPassword {
		return nil, refuse("password_too_long", "The password is longer than 1,024 bytes.").
			Field("password", "At most 1,024 bytes.")
	}
	if len(bytes.Trim(data, " \t\r\n\x00")) == 0 {
		return nil, refuse("empty_file", "The file is empty.")
	}
	r := &reader{work: work{password: password, iterations: iterations}, seen: map[string]bool{}}
	if err := r.read(data); err != nil {
		r.file.Wipe()
		return nil, err
	}
	r.finish()
	return &r.file, nil
}

// A reader collects what one file holds.
type reader struct {
	file   File
	work   work
	seen   map[string]bool // fingerprints of certificates, SPKI hashes of keys
	count  int             // certificates, repeated ones included
	reason string          // why the first thing left out was left out
}

func (r *reader) read(data []byte) error {
	if text, ok := fromUTF16(data); ok {
		defer clear(text)
		data = text
	}
	if elements, ok := derElements(data); ok {
		if len(elements) > maxBlocks {
			return refuse("too_many_blocks", "The file has more than 50 parts.")
		}
		r.file.Format = FormatDER
		for _, e := range elements {
			if err := r.der(e); err != nil {
				return err
			}
		}
		return nil
	}
	blocks, err := splitPEM(data)
	defer func() {
		for _, b := range blocks {
			clear(b.der)
		}
	}()
	if err != nil {
		return err
	}
	if len(blocks) == 0 {
		return r.neither(data)
	}
	r.file.Format = FormatPEM
	for _, b := range blocks {
		if err := r.pemBlock(b); err != nil {
			return err
		}
	}
	return nil
}

// neither answers for what is neither PEM nor whole DER.
func (r *reader) neither(data []byte) error {
	if len(data) < 2 || data[0] != 0x30 || data[1] < 0x80 || data[1] > 0x84 {
		r.leaveOut("It is neither PEM nor DER.")
		return nil
	}
	if _, _, err := definite(data); errors.Is(err, errDeep) {
		return refuseDeep()
	}
	r.leaveOut("It begins like DER, but is cut off, damaged or has something behind it.")
	return nil
}

// finish names the kind.
func (r *reader) finish() {
	certs, keys := len(r.file.Certificates), len(r.file.Keys)
	switch {
	case certs+keys == 0:
		r.file.Kind, r.file.Reason = KindUnknown, r.reason
		if r.reason == "" {
			r.file.Reason = "It holds no certificate and no private key."
		}
	case r.file.Format == FormatPKCS12:
		r.file.Kind = KindPFX
	case certs == 1 && keys == 0:
		r.file.Kind = KindCert
	case certs == 0 && keys == 1:
		r.file.Kind = KindKey
	default:
		r.file.Kind = KindBundle
	}
}

func (r *reader) leaveOut(reason string) {
	if r.reason == "" {
		r.reason = reason
	}
}

// derElements splits data into DER values when it consists of them, or answers the first maxBlocks+1 of them. White
// space and NULs behind them are let pass.
func derElements(data []byte) (elements [][]byte, ok bool) {
	for len(data) > 0 && data[0] == 0x30 {
		if len(elements) > maxBlocks {
			return elements, true
		}
		out, rest, err := definite(data)
		if err != nil {
			return nil, false
		}
		elements, data = append(elements, out), rest
	}
	return elements, len(elements) > 0 && len(bytes.Trim(data, " \t\r\n\x00")) == 0
}

// fromUTF16 makes bytes of text that some editors and shells write; only ASCII matters.
func fromUTF16(data []byte) ([]byte, bool) {
	if len(data) < 2 {
		return nil, false
	}
	var order binary.ByteOrder
	switch {
	case data[0] == 0xff && data[1] == 0xfe:
		order = binary.LittleEndian
	case data[0] == 0xfe && data[1] == 0xff:
		order = binary.BigEndian
	default:
		return nil, false
	}
	out := make([]byte, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		if c := order.Uint16(data[i:]); c < 0x80 && !utf16.IsSurrogate(rune(c)) {
			out = append(out, byte(c))
		} else {
			out = append(out, '?')
		}
	}
	return out, true
}

// skippedBlocks are the PEM blocks that are left out, and what they are; others are read by their content.
var skippedBlocks = map[string]string{
	"CERTIFICATE REQUEST":     "It is a certificate signing request, not a certificate.",
	"NEW CERTIFICATE REQUEST": "It is a certificate signing request, not a certificate.",
	"X509 CRL":                "It is a revocation list, not a certificate.",
	"PUBLIC KEY":              "It is a public key without a certificate.",
	"RSA PUBLIC KEY":          "It is a public key without a certificate.",
	"DH PARAMETERS":           "They are Diffie-Hellman parameters, no certificate and no key.",
	"DSA PARAMETERS":          "They are parameters, no certificate and no key.",
	"EC PARAMETERS":           "They are parameters, no certificate and no key.",
	"OPENSSH PRIVATE KEY":     "It is an SSH key, not a TLS key.",
}

func (r *reader) pemBlock(b block) error {
	if reason, skip := skippedBlocks[b.label]; skip {
		r.leaveOut(reason)
		return nil
	}
	if b.der == nil {
		r.leaveOut("A PEM block is cut off or damaged.")
		return nil
	}
	if b.dek != "" {
		plain, err := r.work.decryptDEK(b)
		if err != nil {
			return err
		}
		defer clear(plain)
		return r.key(plain, true)
	}
	der, rest, err := definite(b.der)
	switch {
	case errors.Is(err, errDeep):
		return refuseDeep()
	case err != nil, len(rest) > 0 && b.label != "TRUSTED CERTIFICATE":
		r.leaveOut("A PEM block does not hold DER.")
		return nil
	}
	if strings.HasSuffix(b.label, "PRIVATE KEY") && shapeOf(der) != shapeEncrypted8 {
		return r.key(der, false)
	}
	return r.der(der)
}

// der takes one DER value for what its shape says.
func (r *reader) der(der []byte) error {
	switch shapeOf(der) {
	case shapeSigned:
		return r.certificate(der)
	case shapePKCS1, shapeSEC1, shapePKCS8:
		return r.key(der, false)
	case shapeEncrypted8:
		return r.encryptedKey(der)
	case shapeContent:
		if r.file.Format == FormatDER {
			r.file.Format = FormatPKCS7
		}
		return r.pkcs7(der)
	case shapePFX:
		if r.file.Format == FormatPEM {
			r.leaveOut("It is PKCS#12 inside PEM: convert it to a plain .pfx file.")
			return nil
		}
		r.file.Format = FormatPKCS12
		return r.pfx(der)
	case shapePublicKey:
		r.leaveOut("It is a public key without a certificate.")
	case shapeNumbers:
		r.leaveOut("It is a public key or parameters, no certificate and no private key.")
	default:
		r.leaveOut("It is DER, but no certificate and no private key.")
	}
	return nil
}

func (r *reader) certificate(der []byte) error {
	if r.count++; r.count > maxCertificates {
		return refuse("too_many_certificates", "The file has more than 50 certificates.")
	}
	c, err := readCertificate(der)
	var un errUnreadable
	if errors.As(err, &un) {
		r.leaveOut(un.Reason)
		return nil
	}
	if err != nil {
		return err
	}
	if !r.seen[c.Fingerprint] {
		r.seen[c.Fingerprint] = true
		r.file.Certificates = append(r.file.Certificates, c)
	}
	return nil
}

// key takes a decrypted key. When it was decrypted without a check of its own, nonsense means a wrong password.
func (r *reader) key(der []byte, unchecked bool) error {
	k, err := readKey(der)
	var un errUnreadable
	if errors.As(err, &un) {
		if unchecked && shapeOf(der) == shapeOther {
			return refusePassword(true)
		}
		r.leaveOut(un.Reason)
		return nil
	}
	if err != nil {
		return err
	}
	if r.seen["key "+k.SPKI] {
		k.Wipe()
		return nil
	}
	r.seen["key "+k.SPKI] = true
	r.file.Keys = append(r.file.Keys, k)
	return nil
}
