package cert

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	damagedPKCS7 = "It is PKCS#7, but damaged or without certificates."
	partPKCS7    = "PKCS#7 that is damaged or without certificates"
)

// pkcs7 takes the certificates out of a SignedData; signatures in it are of no interest, data is not kept.
func (r *reader) pkcs7(der []byte) error {
	in := cryptobyte.String(der)
	var info, content, signed, inner, certs cryptobyte.String
	var present bool
	if !in.ReadASN1(&info, asn1.SEQUENCE) || oidOf(&info) != oidSignedData {
		r.leaveOut("PKCS#7 of a kind that is not read", "It is PKCS#7 of a kind that holds no certificates.")
		return nil
	}
	if !info.ReadASN1(&content, contextTag(0)) || !content.ReadASN1(&signed, asn1.SEQUENCE) ||
		!signed.SkipASN1(asn1.INTEGER) || !signed.SkipASN1(asn1.SET) || !signed.ReadASN1(&inner, asn1.SEQUENCE) ||
		!signed.ReadOptionalASN1(&certs, &present, contextTag(0)) || !present {
		r.leaveOut(partPKCS7, damagedPKCS7)
		return nil
	}
	for !certs.Empty() {
		var one cryptobyte.String
		var tag asn1.Tag
		if !certs.ReadAnyASN1Element(&one, &tag) {
			r.leaveOut(partPKCS7, damagedPKCS7)
			return nil
		}
		if tag != asn1.SEQUENCE {
			r.leaveOut("a certificate that is not X.509", damagedPKCS7) // attribute certificates and the like
			continue
		}
		if err := r.work.goOn(); err != nil {
			return err
		}
		if err := r.certificate(one); err != nil {
			return err
		}
	}
	if inner.SkipASN1(asn1.OBJECT_IDENTIFIER) && holdsData(inner) {
		r.leaveOut("data that was signed", damagedPKCS7)
	}
	if signed.PeekASN1Tag(contextTag(1)) {
		r.leaveOut(partCRL, damagedPKCS7)
	}
	return nil
}

// holdsData says whether there is anything in the content of a SignedData.
func holdsData(inner cryptobyte.String) bool {
	var content, data cryptobyte.String
	var tag asn1.Tag
	return inner.ReadASN1(&content, contextTag(0)) && content.ReadAnyASN1(&data, &tag) && !data.Empty()
}
