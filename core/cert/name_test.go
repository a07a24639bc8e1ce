package cert

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/text"
)

func named(t testing.TB, edit func(*x509.Certificate)) *Certificate {
	t.Helper()
	return spec{cn: "x", key: keys()["p256"][0], edit: func(c *x509.Certificate) { c.DNSNames = nil; edit(c) }}.make(t)
}

func dns(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.DNSNames = names }
}

func TestMissingNames(t *testing.T) {
	cn := func(name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.Subject.CommonName = name }
	}
	ip := func(s string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP(s)} }
	}
	tests := []struct {
		name          string
		next, current func(*x509.Certificate)
		want          []string
	}{
		{"same", dns("a.example", "b.example"), dns("b.example", "a.example"), nil},
		{"one less", dns("a.example"), dns("a.example", "b.example"), []string{"b.example"}},
		{"case and final dot", dns("A.Example"), dns("a.eXAMPLE."), nil},
		{"wildcard covers one label", dns("*.a.example"), dns("x.a.example"), nil},
		{"wildcard covers no two labels", dns("*.a.example"), dns("x.y.a.example"), []string{"x.y.a.example"}},
		{"wildcard does not cover its parent", dns("*.a.example"), dns("a.example"), []string{"a.example"}},
		{"wildcard needs the same wildcard", dns("x.a.example", "*.example"), dns("*.a.example"), []string{"*.a.example"}},
		{"same wildcard", dns("*.A.example"), dns("*.a.example"), nil},
		{"IDNA", dns("xn--bcher-kva.example"), cn("Bücher.example"), nil},
		{"IDNA under a wildcard", dns("*.xn--bcher-kva.example"), cn("www.BÜCHER.example"), nil},
		{"common name only without others", dns("b.example"), cn("a.example"), []string{"a.example"}},
		{"common name does not count beside others", dns("b.example"), func(c *x509.Certificate) { cn("a.example")(c); dns("b.example")(c) }, nil},
		{"address", ip("192.0.2.1"), ip("192.0.2.2"), []string{"192.0.2.2"}},
		{"same address", ip("::ffff:192.0.2.1"), ip("192.0.2.1"), nil},
		{"an address is no host name", dns("192.0.2.1"), ip("192.0.2.1"), []string{"192.0.2.1"}},
		{"address as common name", ip("192.0.2.1"), cn("192.0.2.1"), nil},
		{"mail", dns("a.example"), func(c *x509.Certificate) { c.EmailAddresses = []string{"x@a.example"} }, []string{"x@a.example"}},
		{"URI", dns("a.example"), func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: "spiffe", Host: "a", Path: "/x"}} }, []string{"spiffe://a/x"}},
		{"once", dns("a.example"), dns("b.example", "B.example"), []string{"b.example"}},
	}
	for _, tt := range tests {
		if got := MissingNames(named(t, tt.next), named(t, tt.current)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: missing %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, s := range MissingNames(named(t, dns("a")), named(t, dns("x\x1b[2J\r\n"))) {
		if !text.AllPlain(s) {
			t.Errorf("not visible: %q", s)
		}
	}
}

// Many names are shown in part and compared in full.
func TestManyNames(t *testing.T) {
	var names []string
	for i := range 1500 {
		names = append(names, fmt.Sprintf("h%d.example", i))
	}
	all, fewer := named(t, dns(names...)), named(t, dns(names[:1499]...))
	if len(all.SANs) != maxSANs {
		t.Errorf("%d names are shown", len(all.SANs))
	}
	if got := MissingNames(fewer, all); !slices.Equal(got, names[1499:]) {
		t.Errorf("missing %v", got)
	}
	long := strings.Repeat("x", 60000)
	if got := MissingNames(fewer, named(t, dns(long))); len(got) != 1 || len([]rune(got[0])) != maxName+1 {
		t.Errorf("a giant name: %d missing", len(got))
	}
}

func TestCertificateFields(t *testing.T) {
	dir := t.TempDir()
	pair(t, dir, "rsa")
	c := mustParse(t, readFile(t, dir, "c.pem"), "").Certificates[0]
	field := func(arg string) string {
		out := string(openssl(t, dir, "x509", "-in", "c.pem", "-noout", arg, "-sha256"))
		_, value, _ := strings.Cut(strings.TrimSpace(out), "=")
		return strings.ToLower(strings.ReplaceAll(value, ":", ""))
	}
	if c.Fingerprint != field("-fingerprint") || c.Serial != field("-serial") {
		t.Errorf("fingerprint %s, serial %s", c.Fingerprint, c.Serial)
	}
	want := []string{"a.example", "*.b.example", "192.0.2.7", "2001:db8::7", "x@a.example", "https://a.example/x"}
	if !slices.Equal(c.SANs, want) {
		t.Errorf("SANs %v", c.SANs)
	}
	if c.Subject != "a.example" || c.Issuer != "a.example" || c.SubjectDN != "CN=a.example" || c.KeyType != "RSA" || c.KeyBits != 2048 || !c.IsCA || !c.SelfSigned || len(c.Warnings) != 0 {
		t.Errorf("%+v", c)
	}
	if c.NotAfter.Location() != time.UTC || c.NotAfter.Sub(c.NotBefore) != 30*24*time.Hour {
		t.Errorf("valid from %s to %s", c.NotBefore, c.NotAfter)
	}
	if string(c.PEM()) != string(readFile(t, dir, "c.pem")) {
		t.Error("the PEM changed")
	}
	noCN := named(t, func(c *x509.Certificate) {
		c.Subject.CommonName, c.Subject.Organization, c.DNSNames = "", []string{"Org"}, []string{"san.example"}
	})
	if noCN.Subject != "san.example" || noCN.Issuer != "Org" {
		t.Errorf("subject %q, issuer %q", noCN.Subject, noCN.Issuer)
	}
	if org := named(t, func(c *x509.Certificate) { c.Subject.CommonName, c.Subject.Country = "", []string{"PL"} }); org.Subject != "C=PL" {
		t.Errorf("subject %q", org.Subject)
	}
}

// A distinguished name too long to be written in time is not written, and its certificate is read all the same.
func TestLongDistinguishedName(t *testing.T) {
	c := named(t, func(c *x509.Certificate) {
		c.Subject = pkix.Name{}
		for range 1000 {
			c.Subject.ExtraNames = append(c.Subject.ExtraNames, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 7}, Value: "x"})
		}
	})
	if c.SubjectDN != "(a name of more than 8 KB)" || c.Subject != c.SubjectDN || c.Issuer != c.SubjectDN {
		t.Errorf("subject %.40s, issuer %.40s", c.Subject, c.Issuer)
	}
}

func TestServerAuth(t *testing.T) {
	for want, uses := range map[bool][][]x509.ExtKeyUsage{
		true:  {nil, {x509.ExtKeyUsageAny}, {x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}},
		false: {{x509.ExtKeyUsageClientAuth}, {x509.ExtKeyUsageCodeSigning}},
	} {
		for _, u := range uses {
			if c := named(t, func(c *x509.Certificate) { c.ExtKeyUsage = u }); c.ServerAuth() != want {
				t.Errorf("%v: %v", u, !want)
			}
		}
	}
}
