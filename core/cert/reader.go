package cert

import (
	"errors"
	"strings"
)

// A reader collects what one file holds.
type reader struct {
	file   File
	work   work
	seen   map[string]bool // fingerprints of certificates, SPKI hashes of keys
	count  int             // certificates, repeated ones included
	reason string          // why the first thing left out was left out
	parts  []string        // what was left out, each once
}

// open reads data and names its kind; a refusal wipes the keys found before it.
func (r *reader) open(data []byte) (*File, error) {
	if err := r.read(data); err != nil {
		r.file.Wipe()
		return nil, err
	}
	r.finish()
	return &r.file, nil
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
			if err := r.work.goOn(); err != nil {
				return err
			}
			if err := r.der(e); err != nil {
				return err
			}
		}
		return nil
	}
	blocks, around, err := splitPEM(data)
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
		if err := r.work.goOn(); err != nil {
			return err
		}
		if err := r.pemBlock(b); err != nil {
			return err
		}
	}
	for _, text := range around {
		r.between(text)
	}
	return nil
}

// neither answers for what is neither PEM nor whole DER.
func (r *reader) neither(data []byte) error {
	if len(data) < 2 || data[0] != 0x30 || data[1] < 0x80 || data[1] > 0x84 {
		r.leaveOut("", "It is neither PEM nor DER.")
		return nil
	}
	if _, _, err := definite(data); errors.Is(err, errDeep) {
		return refuseDeep()
	}
	r.leaveOut("", "It begins like DER, but is cut off, damaged or has something behind it.")
	return nil
}

// finish names the kind, and what is missing of it.
func (r *reader) finish() {
	certs, keys := len(r.file.Certificates), len(r.file.Keys)
	r.file.LeftOut = strings.Join(r.parts, ", ")
	switch {
	case certs+keys == 0:
		r.file.LeftOut = "" // it would be all of it, and the reason says that
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

func (r *reader) pemBlock(b block) error {
	if s, skip := skippedBlocks[b.label]; skip {
		if r.leaveOut(s.part, s.reason); strings.Contains(b.label, wordsOfKey) {
			r.file.LeftOutKey = true
		}
		return nil
	}
	if b.der == nil {
		r.leaveOutBlock(b, "A PEM block is cut off or damaged.")
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
		r.leaveOutBlock(b, "A PEM block does not hold DER.")
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
			r.leaveOutKey("PKCS#12 inside PEM", "It is PKCS#12 inside PEM: convert it to a plain .pfx file.")
			return nil
		}
		r.file.Format = FormatPKCS12
		return r.pfx(der)
	case shapePublicKey:
		r.leaveOut(partPublicKey, "It is a public key without a certificate.")
	case shapeNumbers:
		r.leaveOut("a public key or parameters", "It is a public key or parameters, no certificate and no private key.")
	default:
		r.leaveOut("DER that is no certificate and no private key", "It is DER, but no certificate and no private key.")
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
		r.leaveOut(un.Part, un.Reason)
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
		r.leaveOutKey(partKey, un.Reason)
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
