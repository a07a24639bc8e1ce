package cert

import (
	"crypto/x509"
	"encoding/pem"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// encryptedKey takes an encrypted PKCS#8 key.
func (r *reader) encryptedKey(der []byte) error {
	if len(der) > maxKeyDER {
		return refuse("key_too_large", "A key in the file is larger than 32 KB.")
	}
	plain, err := r.work.decryptPKCS8(der, keyCodes, func(s *scheme, data []byte) ([]byte, error) {
		if r.work.password.Empty() {
			return nil, refusePassword(false)
		}
		if err := r.work.goOn(); err != nil {
			return nil, err
		}
		text := r.work.password.Reveal()
		return s.decrypt(data, []byte(text), bmpPassword(text))
	})
	if err != nil {
		return err
	}
	defer clear(plain)
	return r.key(plain, true)
}

// decryptPKCS8 reads the parameters of an encrypted key and lets open do the rest.
func (w *work) decryptPKCS8(der []byte, codes pbeCodes, open func(*scheme, []byte) ([]byte, error)) ([]byte, error) {
	in := cryptobyte.String(der)
	var body, algorithm, data cryptobyte.String
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1(&algorithm, asn1.SEQUENCE) || !body.ReadASN1(&data, asn1.OCTET_STRING) {
		return nil, codes.refuseMalformed()
	}
	s, err := w.readScheme(algorithm, codes)
	if err != nil {
		return nil, err
	}
	plain, err := open(s, data)
	switch {
	case errors.Is(err, errPadding):
		return nil, refusePassword(!w.password.Empty())
	case errors.Is(err, errMalformed):
		return nil, codes.refuseMalformed()
	}
	return plain, err
}

// decryptDEK opens a key encrypted the way of old OpenSSL (one round of MD5).
func (w *work) decryptDEK(b block) ([]byte, error) {
	if len(b.der) > maxKeyDER {
		return nil, refuse("key_too_large", "A key in the file is larger than 32 KB.")
	}
	if w.password.Empty() {
		return nil, refusePassword(false)
	}
	if err := w.goOn(); err != nil {
		return nil, err
	}
	password := []byte(w.password.Reveal())
	defer clear(password)
	derivations.Add(1)
	//nolint:staticcheck // the form is weak and still in use; it is only read
	plain, err := x509.DecryptPEMBlock(&pem.Block{Type: b.label, Headers: map[string]string{"DEK-Info": b.dek}, Bytes: b.der}, password)
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, refusePassword(true)
	}
	if err != nil {
		return nil, keyCodes.refuseUnsupported()
	}
	return plain, nil
}
