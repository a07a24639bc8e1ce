package cert

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const damagedPKCS7 = "It is PKCS#7, but damaged or without certificates."

// pkcs7 takes the certificates out of a SignedData; signatures and data in it are of no interest.
func (r *reader) pkcs7(der []byte) error {
	in := cryptobyte.String(der)
	var info, content, signed, certs cryptobyte.String
	var present bool
	if !in.ReadASN1(&info, asn1.SEQUENCE) || oidOf(&info) != oidSignedData {
		r.leaveOut("It is PKCS#7 of a kind that holds no certificates.")
		return nil
	}
	if !info.ReadASN1(&content, contextTag(0)) || !content.ReadASN1(&signed, asn1.SEQUENCE) ||
		!signed.SkipASN1(asn1.INTEGER) || !signed.SkipASN1(asn1.SET) || !signed.SkipASN1(asn1.SEQUENCE) ||
		!signed.ReadOptionalASN1(&certs, &present, contextTag(0)) || !present {
		r.leaveOut(damagedPKCS7)
		return nil
	}
	for !certs.Empty() {
		var one cryptobyte.String
		var tag asn1.Tag
		if !certs.ReadAnyASN1Element(&one, &tag) {
			r.leaveOut(damagedPKCS7)
			return nil
		}
		if tag != asn1.SEQUENCE {
			continue // attribute certificates and the like
		}
		if err := r.certificate(one); err != nil {
			return err
		}
	}
	return nil
}
