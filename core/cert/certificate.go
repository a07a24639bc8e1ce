package cert

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ignisfox/ignisfox/core/text"
)

// Certificate is one X.509 certificate with what is shown and searched of it. Every string is visible text.
type Certificate struct {
	DER  []byte
	X509 *x509.Certificate

	Subject             string    // common name, else the first SAN, else the whole name
	SubjectDN           string    // the whole name
	Issuer              string    // common name of the issuer, else its organisation, else the whole name
	SANs                []string  // DNS names, addresses, mail addresses, URIs; at most 1,000
	Serial              string    // lower hex, whole octets
	NotBefore, NotAfter time.Time // UTC
	Fingerprint         string    // SHA-256 of DER, lower hex
	SPKI                string    // SHA-256 of the SubjectPublicKeyInfo, lower hex
	SubjectKeyID        string    // what it calls its own key, lower hex, "" when it does not; at most 64 octets
	AuthorityKeyID      string    // what it calls the key that signed it, likewise
	KeyType             string    // RSA, ECDSA or Ed25519
	KeyBits             int
	IsCA                bool
	SelfSigned          bool
	Warnings            []string // stable codes; those of weak keys begin with "weak_key_"
}

// errUnreadable stands for a certificate or key that is well-formed but not one we can use. Reason is a sentence for the
// user; Part names a certificate among other things that were read.
type errUnreadable struct{ Reason, Part string }

func (e errUnreadable) Error() string { return e.Reason }

// ParseCertificate reads one DER certificate. Refusals: unreadable_certificate, key_too_large, der_too_deep,
// certificate_too_large.
func ParseCertificate(der []byte) (*Certificate, error) {
	c, err := readCertificate(der)
	var un errUnreadable
	if errors.As(err, &un) {
		return nil, refuse("unreadable_certificate", "It cannot be used: "+un.Reason)
	}
	return c, err
}

func readCertificate(der []byte) (*Certificate, error) {
	if len(der) > maxCertDER {
		return nil, refuse("certificate_too_large", "A certificate in the file is larger than 128 KB.")
	}
	if _, _, err := definite(der); errors.Is(err, errDeep) {
		return nil, refuseDeep()
	}
	der = bytes.Clone(der) // X509 keeps pointing into it, and callers wipe what they read from
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, whatSigned(der)
	}
	kind, bits := publicKey(x.PublicKey)
	if kind == "" {
		return nil, errUnreadable{"The key in the certificate is neither RSA, ECDSA (P-256, P-384, P-521) nor Ed25519.", partCertificate}
	}
	if kind == "RSA" && bits > maxRSABits {
		return nil, refuseKeySize()
	}
	finger, spki := sha256.Sum256(der), sha256.Sum256(x.RawSubjectPublicKeyInfo)
	c := &Certificate{
		DER: der, X509: x,
		SubjectDN: distinguished(x.Subject, x.RawSubject), Issuer: shortName(x.Issuer, x.RawIssuer), SANs: sans(x),
		NotBefore: x.NotBefore.UTC(), NotAfter: x.NotAfter.UTC(),
		Fingerprint: hex.EncodeToString(finger[:]), SPKI: hex.EncodeToString(spki[:]),
		SubjectKeyID: keyID(x.SubjectKeyId), AuthorityKeyID: keyID(x.AuthorityKeyId),
		KeyType: kind, KeyBits: bits,
		IsCA: x.BasicConstraintsValid && x.IsCA,
	}
	c.Serial = serial(x)
	c.Subject = subject(x, c.SANs)
	c.SelfSigned = selfSigned(x)
	c.Warnings = certificateWarnings(c)
	return c, nil
}

// whatSigned says what a signed structure is that is no certificate we can read.
func whatSigned(der []byte) errUnreadable {
	if _, err := x509.ParseCertificateRequest(der); err == nil {
		return errUnreadable{"It is a certificate signing request, not a certificate.", partRequest}
	}
	if isRevocationList(der) {
		return errUnreadable{"It is a revocation list, not a certificate.", partCRL}
	}
	return errUnreadable{"The certificate is damaged or uses something that is not supported.", partCertificate}
}

// isRevocationList tells one, of whatever version, by the time behind the issuer where a certificate has a sequence.
func isRevocationList(der []byte) bool {
	in := cryptobyte.String(der)
	var signed, body cryptobyte.String
	return in.ReadASN1(&signed, asn1.SEQUENCE) && signed.ReadASN1(&body, asn1.SEQUENCE) &&
		body.SkipOptionalASN1(asn1.INTEGER) && body.SkipASN1(asn1.SEQUENCE) && body.SkipASN1(asn1.SEQUENCE) &&
		(body.PeekASN1Tag(asn1.UTCTime) || body.PeekASN1Tag(asn1.GeneralizedTime))
}

// keyID leaves out what is longer than any hash: it would be stored and compared as it is.
func keyID(id []byte) string {
	if len(id) > maxKeyID {
		return ""
	}
	return hex.EncodeToString(id)
}

func serial(x *x509.Certificate) string {
	if x.SerialNumber == nil || x.SerialNumber.Sign() == 0 {
		return "00"
	}
	sign := ""
	if x.SerialNumber.Sign() < 0 {
		sign = "-"
	}
	return text.Visible(sign+hex.EncodeToString(x.SerialNumber.Bytes()), maxName)
}

// certificateWarnings are the ones that do not depend on the time.
func certificateWarnings(c *Certificate) []string {
	warnings := keyWarnings(c.X509.PublicKey)
	if !(c.SelfSigned && c.IsCA) { // nobody checks the signature of a root
		switch c.X509.SignatureAlgorithm {
		case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
			warnings = append(warnings, "sha1_signature")
		case x509.MD5WithRSA, x509.MD2WithRSA:
			warnings = append(warnings, "md5_signature")
		}
	}
	if !c.IsCA && len(c.SANs) == 0 {
		warnings = append(warnings, "no_san")
	}
	return warnings
}

// PEM answers the canonical PEM of the certificate.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})
}

// ServerAuth says whether the certificate may serve TLS: no extended key usage, any, or serverAuth.
func (c *Certificate) ServerAuth() bool {
	if len(c.X509.ExtKeyUsage) == 0 && len(c.X509.UnknownExtKeyUsage) == 0 {
		return true
	}
	for _, use := range c.X509.ExtKeyUsage {
		if use == x509.ExtKeyUsageAny || use == x509.ExtKeyUsageServerAuth {
			return true
		}
	}
	return false
}

// Weak says whether the key of the certificate is known to be weak.
func (c *Certificate) Weak() bool { return weak(c.Warnings) }
