package cert

import (
	"errors"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// pfx takes the certificates and keys of a PKCS#12 file: scan and bound, check the MAC, decrypt, scan what came to
// light, read.
func (r *reader) pfx(der []byte) error {
	p, err := scanPFX(der, &r.work)
	if err != nil {
		return err
	}
	text := r.work.password.Reveal()
	password, bmp, err := p.authenticate([]byte(text), bmpPassword(text))
	defer func() { clear(password); clear(bmp) }()
	if err != nil {
		return err
	}
	for i := range p.safes {
		plain, err := p.openSafe(&p.safes[i], password, bmp)
		defer clear(plain)
		if err != nil {
			return err
		}
	}
	for _, s := range p.safes {
		for _, b := range s.bags {
			if err := r.bag(p, b, password, bmp); err != nil {
				return err
			}
		}
	}
	return nil
}

// authenticate checks the MAC and answers the password in the form that fits. An empty password is written as no octets
// at all by some programs.
func (p *pfx) authenticate(password, bmp []byte) (_, _ []byte, err error) {
	if p.mac == nil {
		return password, bmp, nil
	}
	if err := p.work.goOn(); err != nil {
		return password, bmp, err
	}
	ok, err := p.mac.verify(p.auth, password, bmp)
	if err == nil && !ok && len(password) == 0 {
		if err := p.work.goOn(); err != nil {
			return password, bmp, err
		}
		bmp = nil
		ok, err = p.mac.verify(p.auth, password, bmp)
	}
	switch {
	case err != nil:
		return password, bmp, pfxMalformed()
	case !ok:
		return password, bmp, refusePassword(!p.work.password.Empty())
	}
	return password, bmp, nil
}

// openSafe decrypts a safe and scans its bags; the caller wipes what it answers.
func (p *pfx) openSafe(s *safe, password, bmp []byte) ([]byte, error) {
	if s.scheme == nil {
		return nil, nil
	}
	if err := p.work.goOn(); err != nil {
		return nil, err
	}
	plain, err := s.scheme.decrypt(s.encrypted, password, bmp)
	if err != nil {
		return nil, p.opened(err)
	}
	if err := p.scanBags(s, plain); err != nil {
		if p.mac == nil && errors.Is(err, pfxMalformed()) { // the padding fitted by chance
			return plain, refusePassword(!p.work.password.Empty())
		}
		return plain, err
	}
	return plain, nil
}

// opened says what an error of decryption means.
func (p *pfx) opened(err error) error {
	if errors.Is(err, errPadding) && p.mac == nil {
		return refusePassword(!p.work.password.Empty())
	}
	return pfxMalformed()
}

func (r *reader) bag(p *pfx, b bag, password, bmp []byte) error {
	if err := r.work.goOn(); err != nil {
		return err
	}
	switch b.oid {
	case oidBagCert:
		in := cryptobyte.String(b.value)
		var body, content, der cryptobyte.String
		if !in.ReadASN1(&body, asn1.SEQUENCE) {
			return pfxMalformed()
		}
		if oidOf(&body) != oidCertX509 {
			r.leaveOut("a certificate that is not X.509", "A certificate in the PFX is not of the kind X.509.")
			return nil
		}
		if !body.ReadASN1(&content, contextTag(0)) || !content.ReadASN1(&der, asn1.OCTET_STRING) {
			return pfxMalformed()
		}
		return r.certificate(der)
	case oidBagKey:
		return r.key(b.value, false)
	case oidBagShrouded:
		plain, err := b.scheme.decrypt(b.value, password, bmp)
		if err != nil {
			return p.opened(err)
		}
		defer clear(plain)
		return r.key(plain, p.mac == nil)
	}
	const reason = "A part of the PFX is neither a certificate nor a private key."
	switch b.oid {
	case oidBagCRL:
		r.leaveOut(partCRL, reason)
	case oidBagSecret: // anything at all, and kept as secret
		r.leaveOutKey("a secret in the PFX", reason)
	default:
		r.leaveOut("a part of the PFX that is not known", reason)
	}
	return nil
}
