package cert

import (
	"bytes"
	"crypto/hmac"
	"errors"
	"hash"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ignisfox/ignisfox/core/fault"
)

// A pfx is a scanned PKCS#12 file: every bound that can be checked before a key is derived has been.
type pfx struct {
	work  *work
	codes pbeCodes
	auth  []byte // what the MAC covers
	mac   *macData
	safes []safe
	bags  int // counted over all safes, nested bags included
	certs int
}

// A safe holds bags, some of them only after it has been decrypted.
type safe struct {
	scheme    *scheme // nil when not encrypted
	encrypted []byte
	bags      []bag
}

type bag struct {
	oid    string
	value  []byte
	scheme *scheme // of a shrouded key
}

type macData struct {
	digest []byte
	hash   func() hash.Hash
	salt   []byte
	rounds int
	kdf    *kdf // of PBMAC1
}

func pfxMalformed() *fault.Fault {
	return refuse("pfx_malformed", "The PFX file is damaged or cut off.")
}

// scanPFX reads all of a PFX that is not encrypted and counts its bags, certificates and iterations.
func scanPFX(der []byte, w *work) (*pfx, error) {
	p := &pfx{work: w, codes: pfxCodes}
	in := cryptobyte.String(der)
	var body, info, content, auth cryptobyte.String
	var version int
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&version) || !body.ReadASN1(&info, asn1.SEQUENCE) {
		return nil, pfxMalformed()
	}
	if version != 3 || oidOf(&info) != oidData {
		return nil, p.codes.refuseUnsupported()
	}
	if !info.ReadASN1(&content, contextTag(0)) || !content.ReadASN1(&auth, asn1.OCTET_STRING) {
		return nil, pfxMalformed()
	}
	p.auth = auth
	if !body.Empty() {
		if err := p.scanMAC(body); err != nil {
			return nil, err
		}
	}
	return p, p.scanSafes(auth)
}

func (p *pfx) scanMAC(s cryptobyte.String) error {
	var mac, info, algorithm cryptobyte.String
	m := &macData{}
	if !s.ReadASN1(&mac, asn1.SEQUENCE) || !mac.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&algorithm, asn1.SEQUENCE) ||
		!info.ReadASN1((*cryptobyte.String)(&m.digest), asn1.OCTET_STRING) || !mac.ReadASN1((*cryptobyte.String)(&m.salt), asn1.OCTET_STRING) {
		return pfxMalformed()
	}
	p.mac = m
	oid := oidOf(&algorithm)
	if oid == oidPBMAC1 {
		return p.scanPBMAC1(algorithm)
	}
	if m.hash = digestHash(oid); m.hash == nil {
		return p.codes.refuseUnsupported()
	}
	m.rounds = 1
	if !mac.Empty() {
		var err error
		m.rounds, err = p.work.readRounds(&mac, p.codes)
		if err != nil {
			return err
		}
	}
	return checkSalt(m.salt, p.codes)
}

// scanPBMAC1 reads the parameters of RFC 9879; those of the old MAC beside them are ignored.
func (p *pfx) scanPBMAC1(algorithm cryptobyte.String) error {
	var params, derive, mac cryptobyte.String
	if !algorithm.ReadASN1(&params, asn1.SEQUENCE) || !params.ReadASN1(&derive, asn1.SEQUENCE) || !params.ReadASN1(&mac, asn1.SEQUENCE) {
		return pfxMalformed()
	}
	k, err := p.work.readKDF(derive, p.codes)
	if err != nil {
		return err
	}
	if p.mac.hash = hmacHash(oidOf(&mac)); p.mac.hash == nil {
		return p.codes.refuseUnsupported()
	}
	if k.size < 20 {
		return refuse("pfx_weak_mac", "The PFX file protects itself with a key that is too short to be safe. Make it again.")
	}
	p.mac.kdf = &k
	return nil
}

func (p *pfx) scanSafes(auth []byte) error {
	list, err := sequence(auth)
	if err != nil {
		return err
	}
	for !list.Empty() {
		if len(p.safes) == maxBags {
			return refuseBags()
		}
		var info, content cryptobyte.String
		if !list.ReadASN1(&info, asn1.SEQUENCE) {
			return pfxMalformed()
		}
		oid := oidOf(&info)
		if oid != oidData && oid != oidEncrypted {
			return p.codes.refuseUnsupported()
		}
		if !info.ReadASN1(&content, contextTag(0)) {
			return pfxMalformed()
		}
		var s safe
		if oid == oidEncrypted {
			err = p.scanEncrypted(&s, content)
		} else {
			var bags cryptobyte.String
			if !content.ReadASN1(&bags, asn1.OCTET_STRING) {
				return pfxMalformed()
			}
			err = p.scanBags(&s, bags)
		}
		if err != nil {
			return err
		}
		p.safes = append(p.safes, s)
	}
	return nil
}

func (p *pfx) scanEncrypted(s *safe, content cryptobyte.String) error {
	var data, info, algorithm, octets cryptobyte.String
	if !content.ReadASN1(&data, asn1.SEQUENCE) || !data.SkipASN1(asn1.INTEGER) || !data.ReadASN1(&info, asn1.SEQUENCE) ||
		oidOf(&info) != oidData || !info.ReadASN1(&algorithm, asn1.SEQUENCE) {
		return pfxMalformed()
	}
	var err error
	if s.scheme, err = p.work.readScheme(algorithm, p.codes); err != nil {
		return err
	}
	if whole := asn1.Tag(0).ContextSpecific(); info.PeekASN1Tag(whole) {
		if !info.ReadASN1(&octets, whole) {
			return pfxMalformed()
		}
		s.encrypted = octets
		return nil
	}
	if !info.ReadASN1(&octets, contextTag(0)) { // in pieces
		return pfxMalformed()
	}
	for !octets.Empty() {
		var piece cryptobyte.String
		if !octets.ReadASN1(&piece, asn1.OCTET_STRING) {
			return pfxMalformed()
		}
		s.encrypted = append(s.encrypted, piece...)
	}
	return nil
}

// scanBags takes a SafeContents.
func (p *pfx) scanBags(s *safe, contents []byte) error {
	list, err := sequence(contents)
	if err != nil {
		return err
	}
	return p.scanBagList(s, list, 1)
}

func (p *pfx) scanBagList(s *safe, list cryptobyte.String, depth int) error {
	if depth > maxBagDepth {
		return refuse("pfx_too_deep", "The PFX file nests its parts too deeply.")
	}
	for !list.Empty() {
		if p.bags++; p.bags > maxBags {
			return refuseBags()
		}
		var one, value cryptobyte.String
		if !list.ReadASN1(&one, asn1.SEQUENCE) {
			return pfxMalformed()
		}
		b := bag{oid: oidOf(&one)}
		if b.oid == "" || !one.ReadASN1(&value, contextTag(0)) {
			return pfxMalformed()
		}
		b.value = value
		if b.oid == oidBagNested {
			var nested cryptobyte.String
			if !value.ReadASN1(&nested, asn1.SEQUENCE) {
				return pfxMalformed()
			}
			if err := p.scanBagList(s, nested, depth+1); err != nil {
				return err
			}
			continue
		}
		if err := p.countBag(&b); err != nil {
			return err
		}
		s.bags = append(s.bags, b)
	}
	return nil
}

func (p *pfx) countBag(b *bag) error {
	switch b.oid {
	case oidBagCert:
		if p.certs++; p.certs > maxCertificates {
			return refuse("pfx_too_many_certificates", "The PFX file has more than 50 certificates.")
		}
	case oidBagShrouded:
		in := cryptobyte.String(b.value)
		var body, algorithm, data cryptobyte.String
		if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1(&algorithm, asn1.SEQUENCE) || !body.ReadASN1(&data, asn1.OCTET_STRING) {
			return pfxMalformed()
		}
		if len(data) > maxKeyDER {
			return refuse("key_too_large", "A key in the file is larger than 32 KB.")
		}
		var err error
		b.scheme, err = p.work.readScheme(algorithm, p.codes)
		b.value = data
		return err
	}
	return nil
}

func refuseBags() *fault.Fault {
	return refuse("pfx_too_many_bags", "The PFX file has more than 64 parts.")
}

// sequence opens the one SEQUENCE that in is, BER or DER.
func sequence(in []byte) (cryptobyte.String, error) {
	der, rest, err := definite(in)
	if errors.Is(err, errDeep) {
		return nil, refuse("pfx_too_deep", "The PFX file nests its parts too deeply.")
	}
	s := cryptobyte.String(der)
	var body cryptobyte.String
	if err != nil || len(bytes.Trim(rest, "\x00")) != 0 || !s.ReadASN1(&body, asn1.SEQUENCE) {
		return nil, pfxMalformed()
	}
	return body, nil
}

// verify says whether the MAC is that of the password.
func (m *macData) verify(message, password, bmp []byte) (bool, error) {
	var key []byte
	if m.kdf != nil {
		var err error
		if key, err = m.kdf.derive(password); err != nil {
			return false, err
		}
	} else {
		key = pkcs12KDF(m.hash, bmp, m.salt, m.rounds, purposeMAC, m.hash().Size())
	}
	defer clear(key)
	mac := hmac.New(m.hash, key)
	mac.Write(message)
	return hmac.Equal(mac.Sum(nil), m.digest), nil
}
