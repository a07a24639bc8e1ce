package cert

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

// What is not read beside a certificate that is gets named, and whether it may be a key.
func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	pair(t, dir, "p256")
	openssl(t, dir, "req", "-new", "-key", "k.pem", "-subj", "/CN=a", "-out", "csr.pem")
	openssl(t, dir, "req", "-in", "csr.pem", "-outform", "DER", "-out", "csr.der")
	openssl(t, dir, "genpkey", "-algorithm", "X25519", "-out", "x25519.pem")
	openssl(t, dir, "pkey", "-in", "x25519.pem", "-outform", "DER", "-out", "x25519.der")
	openssl(t, dir, "ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", "k1.pem")
	openssl(t, dir, "req", "-x509", "-new", "-key", "k1.pem", "-subj", "/CN=a", "-out", "k1c.pem")
	openssl(t, dir, "pkey", "-in", "k.pem", "-pubout", "-out", "pub.pem")
	openssl(t, dir, "pkcs8", "-topk8", "-in", "k.pem", "-passout", "pass:pw", "-outform", "DER", "-out", "p8.der")
	writeFile(t, nil, dir, "index.txt")
	writeFile(t, []byte("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=1\n"), dir, "ca.cnf")
	openssl(t, dir, "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "k.pem", "-cert", "c.pem", "-out", "crl.pem")
	openssl(t, dir, "crl2pkcs7", "-in", "crl.pem", "-certfile", "c.pem", "-out", "crl.p7b")
	writeFile(t, []byte("hello"), dir, "m.txt")
	openssl(t, dir, "cms", "-sign", "-nodetach", "-binary", "-in", "m.txt", "-signer", "c.pem", "-inkey", "k.pem", "-outform", "DER", "-out", "m.p7m")
	read := func(name string) string { return string(readFile(t, dir, name)) }
	c, k := read("c.pem"), read("k.pem")
	cert := mustParse(t, []byte(c), "").Certificates[0]
	cut := k[:len(k)/2]
	pfx := func(kind string) string {
		return string(pfxOf(nil, plainSafe(certBagOf(cert.DER), bagOf(kind, derOf(0x30)))))
	}
	tests := map[string]struct {
		data, want string
		key        bool
	}{
		"all read":               {c + k, "", false},
		"text":                   {"Bag Attributes\n  CN = \"x\"\n" + c + "# the PRIVATE KEY is elsewhere\n\x1a", "", false},
		"padding":                {c + "\x00\x00", "", false},
		"parameters":             {"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + c + "-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n", "", false},
		"trust settings":         {string(openssl(t, dir, "x509", "-in", "c.pem", "-trustout", "-addtrust", "serverAuth")), "", false},
		"key cut off":            {c + cut, "a private key that is cut off or damaged", true},
		"key cut off before":     {cut + "\n" + c, "a private key that is cut off or damaged", true},
		"key cut in its label":   {c + "-----BEGIN PRIVATE KEY", "a private key that is cut off or damaged", true},
		"first line damaged":     {c + k[1:], "a private key that is cut off or damaged", true},
		"end of first line":      {strings.Replace(k, "KEY-----", "KEY----", 1) + c, "a private key that is cut off or damaged", true},
		"last line lacks":        {k[:strings.Index(k, "-----END")] + c, "a private key that is cut off or damaged", true},
		"bad base64":             {c + strings.Replace(k, "M", "!", 1), "a private key that is cut off or damaged", true},
		"not DER":                {c + "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n", "a private key that is cut off or damaged", true},
		"X25519":                 {c + read("x25519.pem"), "a private key that is damaged or not supported", true},
		"X25519, other label":    {c + strings.ReplaceAll(read("x25519.pem"), "PRIVATE KEY", "SECRET"), "a private key that is damaged or not supported", true},
		"X25519 in DER":          {string(cert.DER) + read("x25519.der"), "a private key that is damaged or not supported", true},
		"SSH":                    {c + "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n", "an SSH key", true},
		"PGP":                    {c + "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlFgE=\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----\n", "a private key that is cut off or damaged", true},
		"PFX in PEM":             {c + string(pem.EncodeToMemory(&pem.Block{Type: "PKCS12", Bytes: pfxOf(nil)})), "PKCS#12 inside PEM", true},
		"DER key before PEM":     {read("p8.der") + c, "data that is neither PEM nor text", true},
		"DER that ends with NUL": {string(derOf(0x30, pbes2(1), derOf(4, make([]byte, 16)))) + c, "data that is neither PEM nor text", true},
		"other data before PEM":  {"\x01\x02" + c, "data that is neither PEM nor text", false},
		"request":                {read("csr.pem") + c, "a certificate request", false},
		"request in DER":         {string(cert.DER) + read("csr.der"), "a certificate request", false},
		"requests and key":       {read("csr.pem") + read("csr.pem") + cut + "\n" + c, "a certificate request, a private key that is cut off or damaged", true},
		"revocation list":        {read("crl.pem") + c, "a revocation list", false},
		"public key":             {k + read("pub.pem"), "a public key", false},
		"certificate cut off":    {k + c[:len(c)/2], "a certificate that is cut off or damaged", false},
		"certificate unusable":   {c + read("k1c.pem"), "a certificate that is damaged or not supported", false},
		"other block cut off":    {c + "-----BEGIN X-----\nMAA=\n", "a PEM block that is cut off or damaged", false},
		"list in PKCS#7":         {read("crl.p7b"), "a revocation list", false},
		"signed data":            {read("m.p7m"), "data that was signed", false},
		"other kind in PKCS#7":   {string(derOf(0x30, oid(oidSignedData), derOf(0xa0, derOf(0x30, derInt(1), derOf(0x31), derOf(0x30), derOf(0xa0, cert.DER, derOf(0xa1, derInt(1))))))), "a certificate that is not X.509", false},
		"list in PFX":            {pfx(oidBagCRL), "a revocation list", false},
		"secret in PFX":          {pfx(oidBagSecret), "a secret in the PFX", true},
		"unknown part of PFX":    {pfx(oidData), "a part of the PFX that is not known", false},
		"X25519 in PFX":          {string(pfxOf(nil, plainSafe(certBagOf(cert.DER), bagOf(oidBagKey, readFile(t, dir, "x25519.der"))))), "a private key that is damaged or not supported", true},
		"nothing read, a key":    {cut, "", true},
		"nothing read, no key":   {read("csr.pem"), "", false},
		"neither PEM nor DER":    {"hello", "", false},
		"the same request twice": {read("csr.pem") + c + read("csr.pem"), "a certificate request", false},
	}
	for name, tt := range tests {
		f := mustParse(t, []byte(tt.data), "")
		if f.LeftOut != tt.want || f.LeftOutKey != tt.key {
			t.Errorf("%s: %s without %q, a key: %v; want %q, %v", name, f.Kind, f.LeftOut, f.LeftOutKey, tt.want, tt.key)
		}
	}
}

// The identifiers of keys as the certificate has them; what is too long for one is none.
func TestKeyIDs(t *testing.T) {
	root := authority(t, "root", 0, nil, 0, func(c *x509.Certificate) { c.SubjectKeyId = []byte{0, 0xab} })
	leaf := spec{cn: "leaf", key: key(1), parent: root.X509, parentKey: key(0)}.make(t)
	if root.SubjectKeyID != "00ab" || leaf.AuthorityKeyID != "00ab" || leaf.SubjectKeyID != "" {
		t.Errorf("root %q, leaf under %q, leaf itself %q", root.SubjectKeyID, leaf.AuthorityKeyID, leaf.SubjectKeyID)
	}
	long := authority(t, "root", 0, nil, 0, func(c *x509.Certificate) { c.SubjectKeyId = bytes.Repeat([]byte{1}, 65) })
	if long.SubjectKeyID != "" {
		t.Errorf("an identifier of 65 octets is kept: %q", long.SubjectKeyID)
	}
}
