package vault

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/text"
)

// Bounds of what is shown of one certificate.
const (
	mostNames      = 1000
	mostAttributes = 40
	mostURLs       = 20
	mostOIDs       = 40
	factRunes      = 512
)

// Facts is what stands in a certificate beside what its row says. Every text is safe to show; addresses are text, not
// links: whoever made the certificate chose them.
type Facts struct {
	Version            int // 1 or 3
	Subject, Issuer    []Attribute
	Names              []Name // alternative names, in the order of the certificate's kinds; at most 1,000
	MoreNames          int    // how many are not in Names
	CA                 bool
	PathLen            *int // how many CAs may stand below it; nil: it does not say
	SelfSigned         bool
	KeyUsage           []string
	ExtKeyUsage        []string // in words, or dotted numbers of those we do not know
	Policies           []string // dotted numbers
	SignatureAlgorithm string
	SubjectKeyID       string // lower hex
	AuthorityKeyID     string
	OCSP               []string
	IssuerURLs         []string // where it says that its issuer's certificate is
	CRLs               []string
}

// Attribute is one part of a distinguished name, such as CN.
type Attribute struct{ Type, Value string }

// Name is one alternative name. Type is DNS, IP, e-mail or URI.
type Name struct{ Type, Value string }

func factsOf(c *cert.Certificate) *Facts {
	x := c.X509
	f := &Facts{
		Version: x.Version, Subject: attributes(x.Subject), Issuer: attributes(x.Issuer),
		CA: c.IsCA, SelfSigned: c.SelfSigned, KeyUsage: keyUsages(x.KeyUsage), ExtKeyUsage: extKeyUsages(x),
		SignatureAlgorithm: x.SignatureAlgorithm.String(), SubjectKeyID: c.SubjectKeyID, AuthorityKeyID: c.AuthorityKeyID,
		OCSP: shown(x.OCSPServer, mostURLs), IssuerURLs: shown(x.IssuingCertificateURL, mostURLs),
		CRLs: shown(x.CRLDistributionPoints, mostURLs), Policies: oids(x.PolicyIdentifiers),
	}
	if c.IsCA && (x.MaxPathLen > 0 || x.MaxPathLenZero) {
		f.PathLen = &x.MaxPathLen
	}
	f.names(x)
	return f
}

func (f *Facts) names(x *x509.Certificate) {
	add := func(kind, value string) {
		if len(f.Names) == mostNames {
			f.MoreNames++
			return
		}
		f.Names = append(f.Names, Name{kind, text.Visible(value, factRunes)})
	}
	for _, n := range x.DNSNames {
		add("DNS", n)
	}
	for _, n := range x.IPAddresses {
		add("IP", n.String())
	}
	for _, n := range x.EmailAddresses {
		add("e-mail", n)
	}
	for _, n := range x.URIs {
		add("URI", n.String())
	}
}

func shown(list []string, most int) []string {
	var out []string
	for _, s := range list[:min(len(list), most)] {
		out = append(out, text.Visible(s, factRunes))
	}
	return out
}

func oids(list []asn1.ObjectIdentifier) []string {
	var out []string
	for _, o := range list[:min(len(list), mostOIDs)] {
		out = append(out, text.Visible(o.String(), factRunes))
	}
	return out
}

// attributeTypes are the usual short names.
var attributeTypes = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.15": "businessCategory",
	"2.5.4.17": "postalCode", "2.5.4.42": "GN", "2.5.4.97": "organizationIdentifier",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "e-mail",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST", "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

func attributes(n pkix.Name) []Attribute {
	var out []Attribute
	for _, a := range n.Names[:min(len(n.Names), mostAttributes)] {
		oid := a.Type.String()
		name, known := attributeTypes[oid]
		if !known {
			name = text.Visible(oid, factRunes)
		}
		value, isText := a.Value.(string)
		if !isText {
			value = fmt.Sprint(a.Value)
		}
		out = append(out, Attribute{name, text.Visible(value, factRunes)})
	}
	return out
}

var keyUsageWords = []struct {
	bit  x509.KeyUsage
	word string
}{
	{x509.KeyUsageDigitalSignature, "digital signature"}, {x509.KeyUsageContentCommitment, "content commitment"},
	{x509.KeyUsageKeyEncipherment, "key encipherment"}, {x509.KeyUsageDataEncipherment, "data encipherment"},
	{x509.KeyUsageKeyAgreement, "key agreement"}, {x509.KeyUsageCertSign, "certificate signing"},
	{x509.KeyUsageCRLSign, "CRL signing"}, {x509.KeyUsageEncipherOnly, "encipher only"}, {x509.KeyUsageDecipherOnly, "decipher only"},
}

func keyUsages(u x509.KeyUsage) []string {
	var out []string
	for _, w := range keyUsageWords {
		if u&w.bit != 0 {
			out = append(out, w.word)
		}
	}
	return out
}

var extKeyUsageWords = map[x509.ExtKeyUsage]string{
	x509.ExtKeyUsageAny: "any", x509.ExtKeyUsageServerAuth: "TLS server", x509.ExtKeyUsageClientAuth: "TLS client",
	x509.ExtKeyUsageCodeSigning: "code signing", x509.ExtKeyUsageEmailProtection: "e-mail protection",
	x509.ExtKeyUsageIPSECEndSystem: "IPsec end system", x509.ExtKeyUsageIPSECTunnel: "IPsec tunnel", x509.ExtKeyUsageIPSECUser: "IPsec user",
	x509.ExtKeyUsageTimeStamping: "time stamping", x509.ExtKeyUsageOCSPSigning: "OCSP signing",
	x509.ExtKeyUsageMicrosoftServerGatedCrypto: "Microsoft server gated crypto", x509.ExtKeyUsageNetscapeServerGatedCrypto: "Netscape server gated crypto",
	x509.ExtKeyUsageMicrosoftCommercialCodeSigning: "Microsoft commercial code signing", x509.ExtKeyUsageMicrosoftKernelCodeSigning: "Microsoft kernel code signing",
}

func extKeyUsages(x *x509.Certificate) []string {
	var out []string
	for _, u := range x.ExtKeyUsage[:min(len(x.ExtKeyUsage), mostOIDs)] {
		out = append(out, extKeyUsageWords[u])
	}
	return append(out, oids(x.UnknownExtKeyUsage)...)
}
