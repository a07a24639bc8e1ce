package cert

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/text"
)

// keyTypes are the openssl names of the keys we take.
var keyTypes = map[string][]string{
	"rsa":     {"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
	"p256":    {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
	"p384":    {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
	"p521":    {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
	"ed25519": {"genpkey", "-algorithm", "ED25519"},
}

// pair makes k.pem and c.pem in dir.
func pair(t testing.TB, dir, kind string) {
	t.Helper()
	openssl(t, dir, append(keyTypes[kind], "-out", "k.pem")...)
	openssl(t, dir, "req", "-x509", "-new", "-key", "k.pem", "-out", "c.pem", "-days", "30", "-subj", "/CN=a.example",
		"-addext", "subjectAltName=DNS:a.example,DNS:*.b.example,IP:192.0.2.7,IP:2001:db8::7,email:x@a.example,URI:https://a.example/x")
}

// A form is one way to write the pair of a directory: the openssl command that does it, and what we should say it is.
type form struct {
	name      string
	args      []string
	kind      Kind
	format    Format
	encrypted bool
}

// Every way openssl writes a key or a certificate opens with its password, and only with it.
func TestEveryFormOfOpenSSL(t *testing.T) {
	forms := []form{
		{"c.pem", nil, KindCert, FormatPEM, false},
		{"k.pem", nil, KindKey, FormatPEM, false},
		{"c.der", []string{"x509", "-in", "c.pem", "-outform", "DER"}, KindCert, FormatDER, false},
		{"trusted.pem", []string{"x509", "-in", "c.pem", "-trustout", "-addtrust", "serverAuth"}, KindCert, FormatPEM, false},
		{"text.pem", []string{"x509", "-in", "c.pem", "-text"}, KindCert, FormatPEM, false},
		{"k8.der", []string{"pkcs8", "-topk8", "-nocrypt", "-in", "k.pem", "-outform", "DER"}, KindKey, FormatDER, false},
		{"c.p7b", []string{"crl2pkcs7", "-nocrl", "-certfile", "c.pem"}, KindCert, FormatPEM, false},
		{"c.p7c", []string{"crl2pkcs7", "-nocrl", "-certfile", "c.pem", "-outform", "DER"}, KindCert, FormatPKCS7, false},
		{"p8.pem", []string{"pkcs8", "-topk8", "-in", "k.pem", "-passout", "pass:pw"}, KindKey, FormatPEM, true},
		{"p8.der", []string{"pkcs8", "-topk8", "-in", "k.pem", "-passout", "pass:pw", "-outform", "DER"}, KindKey, FormatDER, true},
		{"scrypt.pem", []string{"pkcs8", "-topk8", "-scrypt", "-in", "k.pem", "-passout", "pass:pw"}, KindKey, FormatPEM, true},
	}
	for _, c := range []string{"des3", "aes-128-cbc", "aes-192-cbc", "aes-256-cbc"} {
		forms = append(forms, form{"v2-" + c, []string{"pkcs8", "-topk8", "-v2", c, "-in", "k.pem", "-passout", "pass:pw"}, KindKey, FormatPEM, true})
	}
	for _, h := range []string{"hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA384", "hmacWithSHA512"} {
		forms = append(forms, form{"prf-" + h, []string{"pkcs8", "-topk8", "-v2", "aes256", "-v2prf", h, "-in", "k.pem", "-passout", "pass:pw"}, KindKey, FormatPEM, true})
	}
	for _, v := range []string{"PBE-MD5-DES", "PBE-SHA1-DES", "PBE-SHA1-3DES", "PBE-SHA1-2DES", "PBE-SHA1-RC2-40", "PBE-SHA1-RC2-128"} {
		forms = append(forms, form{v, []string{"pkcs8", "-provider", "legacy", "-provider", "default", "-topk8", "-v1", v, "-in", "k.pem", "-passout", "pass:pw"}, KindKey, FormatPEM, true})
	}
	pfx := []string{"pkcs12", "-export", "-in", "c.pem", "-inkey", "k.pem", "-passout", "pass:pw"}
	with := func(more ...string) []string { return append(append([]string(nil), pfx...), more...) }
	forms = append(forms,
		form{"modern.pfx", pfx, KindPFX, FormatPKCS12, true},
		form{"legacy.pfx", with("-legacy"), KindPFX, FormatPKCS12, true},
		form{"rc2.pfx", with("-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-40"), KindPFX, FormatPKCS12, true},
		form{"mixed.pfx", with("-legacy", "-keypbe", "PBE-SHA1-2DES", "-certpbe", "AES-128-CBC", "-macalg", "sha512"), KindPFX, FormatPKCS12, true},
		form{"sha384.pfx", with("-macalg", "sha384", "-iter", "1"), KindPFX, FormatPKCS12, true},
		form{"nomac.pfx", with("-nomac"), KindPFX, FormatPKCS12, true},
		form{"plaincerts.pfx", with("-certpbe", "NONE"), KindPFX, FormatPKCS12, true},
		form{"plain.pfx", with("-keypbe", "NONE", "-certpbe", "NONE", "-nomac"), KindPFX, FormatPKCS12, false},
		form{"named.pfx", with("-name", "zażółć", "-CSP", "x", "-LMK"), KindPFX, FormatPKCS12, true},
	)
	for kind := range keyTypes {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			pair(t, dir, kind)
			want := mustParse(t, append(readFile(t, dir, "c.pem"), readFile(t, dir, "k.pem")...), "")
			if want.Kind != KindBundle || !Pairs(want.Certificates[0], want.Keys[0]) {
				t.Fatalf("certificate and key make %s and do not pair", want.Kind)
			}
			for _, f := range append(forms, traditional(kind)...) {
				data := readForm(t, dir, f.name, f.args)
				got := mustParse(t, data, map[bool]string{true: "pw"}[f.encrypted])
				if got.Kind != f.kind || got.Format != f.format {
					t.Errorf("%s: %s in %s, want %s in %s (%s)", f.name, got.Kind, got.Format, f.kind, f.format, got.Reason)
				}
				for _, c := range got.Certificates {
					if c.Fingerprint != want.Certificates[0].Fingerprint || !bytes.Equal(c.X509.Raw, c.DER) {
						t.Errorf("%s: another certificate came out", f.name)
					}
				}
				for _, k := range got.Keys {
					samePrivateKey(t, f.name, k, want.Keys[0])
				}
				if len(got.Certificates)+len(got.Keys) == 0 || got.Kind == KindPFX && len(got.Certificates)*len(got.Keys) != 1 {
					t.Errorf("%s: %d certificates, %d keys", f.name, len(got.Certificates), len(got.Keys))
				}
				if f.encrypted {
					wantCode(t, "password_needed", parseErr(data, ""))
					wantCode(t, "wrong_password", parseErr(data, "not it"))
				}
			}
		})
	}
}

// traditional are the encodings that only some types have.
func traditional(kind string) (forms []form) {
	if kind == "ed25519" {
		return nil
	}
	tool := "ec"
	if kind == "rsa" {
		tool = "rsa"
	}
	add := func(name string, format Format, encrypted bool, args ...string) {
		forms = append(forms, form{name, args, KindKey, format, encrypted})
	}
	add("traditional.pem", FormatPEM, false, "pkey", "-traditional", "-in", "k.pem")
	add("traditional.der", FormatDER, false, tool, "-in", "k.pem", "-outform", "DER")
	for _, c := range []string{"-des3", "-aes128", "-aes192", "-aes256"} {
		add("dek"+c, FormatPEM, true, "pkey", "-traditional", "-in", "k.pem", c, "-passout", "pass:pw")
	}
	return forms
}

func readForm(t *testing.T, dir, name string, args []string) []byte {
	t.Helper()
	if args != nil {
		openssl(t, dir, append(append([]string(nil), args...), "-out", name)...)
	}
	return readFile(t, dir, name)
}

func samePrivateKey(t *testing.T, name string, got, want *Key) {
	t.Helper()
	a, err := got.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Reveal(), b.Reveal()) || got.SPKI != want.SPKI || got.Type != want.Type || got.Bits != want.Bits {
		t.Errorf("%s: another key came out", name)
	}
}

// A plain key in any encoding comes out as the same PEM, and every key as PEM that openssl reads.
func TestKeyPEM(t *testing.T) {
	for kind := range keyTypes {
		dir := t.TempDir()
		pair(t, dir, kind)
		forms := [][]string{{"pkey", "-in", "k.pem"}}
		if kind != "ed25519" {
			forms = append(forms, []string{"pkey", "-traditional", "-in", "k.pem"})
		}
		for _, args := range forms {
			plain := openssl(t, dir, args...)
			f := mustParse(t, plain, "")
			if got := f.Keys[0].PEM(); !bytes.Equal(got.Reveal(), plain) {
				t.Errorf("%s %v: the PEM changed", kind, args)
			}
			again, err := ParseKeyPEM(f.Keys[0].PEM())
			if err != nil || again.SPKI != f.Keys[0].SPKI {
				t.Errorf("%s %v: cannot be read again: %v", kind, args, err)
			}
		}
		openssl(t, dir, "pkcs8", "-topk8", "-in", "k.pem", "-out", "e.pem", "-passout", "pass:pw")
		k := mustParse(t, readFile(t, dir, "e.pem"), "pw").Keys[0]
		if !bytes.Equal(k.PEM().Reveal(), openssl(t, dir, "pkey", "-in", "k.pem")) {
			t.Errorf("%s: the decrypted key is not the plain one", kind)
		}
		k.Wipe()
		if _, err := k.PKCS8(); err == nil && !bytes.Equal(k.der.Reveal(), make([]byte, k.der.Len())) {
			t.Errorf("%s: the key is still there after Wipe", kind)
		}
	}
}

// Mail programs, editors and old tools do this to PEM.
func TestPEMInTheWild(t *testing.T) {
	ca := spec{cn: "ca", ca: true, key: keys()["p256"][0]}.make(t)
	leaf := spec{cn: "a.example", key: keys()["rsa"][0], parent: ca.X509, parentKey: keys()["p256"][0]}.make(t)
	c, k := string(leaf.PEM()), string(keyPEM(t, keys()["rsa"][0]))
	lines := strings.Split(strings.TrimSpace(c), "\n")
	wide := lines[0] + "\n" + strings.Join(lines[1:len(lines)-1], "") + "\n" + lines[len(lines)-1]
	utf16le := func(s string, bom ...byte) string {
		for _, u := range utf16.Encode([]rune(s)) {
			bom = append(bom, byte(u), byte(u>>8))
		}
		return string(bom)
	}
	tests := map[string]struct {
		data        string
		kind        Kind
		certs, keys int
	}{
		"plain":            {c, KindCert, 1, 0},
		"crlf":             {strings.ReplaceAll(c, "\n", "\r\n"), KindCert, 1, 0},
		"cr":               {strings.ReplaceAll(c, "\n", "\r"), KindCert, 1, 0},
		"bom":              {"\ufeff" + c, KindCert, 1, 0},
		"indented":         {"  " + strings.ReplaceAll(c, "\n", "\n\t "), KindCert, 1, 0},
		"one base64 line":  {wide, KindCert, 1, 0},
		"one line":         {strings.ReplaceAll(c, "\n", " "), KindCert, 1, 0},
		"blank lines":      {strings.ReplaceAll(c, "\n", "\n\n"), KindCert, 1, 0},
		"old header":       {strings.ReplaceAll(c, "CERTIFICATE", "X509 CERTIFICATE"), KindCert, 1, 0},
		"utf-16":           {utf16le(c+"zażółć", 0xff, 0xfe), KindCert, 1, 0},
		"no line feed":     {strings.TrimSpace(c), KindCert, 1, 0},
		"bag attributes":   {"Bag Attributes\n    friendlyName: x\nsubject=CN = a\n" + c + "Key Attributes: <No Attributes>\n" + k, KindBundle, 1, 1},
		"twice":            {c + c, KindCert, 1, 0},
		"key twice":        {k + k, KindKey, 0, 1},
		"chain":            {c + string(ca.PEM()), KindBundle, 2, 0},
		"ec parameters":    {"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + k, KindKey, 0, 1},
		"with a request":   {"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n" + c, KindCert, 1, 0},
		"cut off before":   {"-----BEGIN CERTIFICATE-----\nMIIB\n" + c, KindCert, 1, 0},
		"wrong end":        {"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END CERTIFICATE-----\n" + c, KindCert, 1, 0},
		"broken base64":    {"-----BEGIN CERTIFICATE-----\nM!IB\n-----END CERTIFICATE-----\n" + c, KindCert, 1, 0},
		"begins with zero": {"0 s:/CN=a\n" + c, KindCert, 1, 0},
		"der and line end": {string(leaf.DER) + "\r\n", KindCert, 1, 0},
		"der twice":        {string(leaf.DER) + string(ca.DER), KindBundle, 2, 0},
	}
	for name, tt := range tests {
		f := mustParse(t, []byte(tt.data), "")
		if f.Kind != tt.kind || len(f.Certificates) != tt.certs || len(f.Keys) != tt.keys {
			t.Errorf("%s: %s with %d certificates and %d keys (%s), want %s, %d, %d", name, f.Kind, len(f.Certificates), len(f.Keys), f.Reason, tt.kind, tt.certs, tt.keys)
		}
	}
}

// What cannot be used is unknown with a reason, not an error.
func TestUnknown(t *testing.T) {
	dir := t.TempDir()
	pair(t, dir, "p256")
	openssl(t, dir, "req", "-new", "-key", "k.pem", "-subj", "/CN=a", "-out", "csr.pem")
	openssl(t, dir, "req", "-in", "csr.pem", "-outform", "DER", "-out", "csr.der")
	openssl(t, dir, "pkey", "-in", "k.pem", "-pubout", "-out", "pub.pem")
	openssl(t, dir, "pkey", "-in", "k.pem", "-pubout", "-outform", "DER", "-out", "pub.der")
	writeFile(t, nil, dir, "index.txt")
	writeFile(t, []byte("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=1\n"), dir, "ca.cnf")
	openssl(t, dir, "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "k.pem", "-cert", "c.pem", "-out", "crl.pem")
	openssl(t, dir, "crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der")
	openssl(t, dir, "ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", "k1.pem")
	openssl(t, dir, "genpkey", "-algorithm", "X25519", "-out", "x25519.pem")
	openssl(t, dir, "req", "-x509", "-new", "-key", "k1.pem", "-subj", "/CN=a", "-out", "k1c.pem")
	openssl(t, dir, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_primes:3", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "three.pem")
	read := func(name string) string { return string(readFile(t, dir, name)) }
	tests := map[string]struct{ data, reason string }{
		"text":          {"hello", "neither PEM nor DER"},
		"csr":           {read("csr.pem"), "signing request"},
		"csr der":       {read("csr.der"), "signing request"},
		"public":        {read("pub.pem"), "public key"},
		"public der":    {read("pub.der"), "public key"},
		"crl":           {read("crl.pem"), "revocation list"},
		"crl der":       {read("crl.der"), "revocation list"},
		"curve":         {read("k1.pem"), "neither RSA, ECDSA"},
		"curve of cert": {read("k1c.pem"), "not supported"},
		"x25519":        {read("x25519.pem"), "neither RSA, ECDSA"},
		"three primes":  {read("three.pem"), "two primes"},
		"dh":            {"-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n", "Diffie-Hellman"},
		"dh der":        {"0\x06\x02\x01\x05\x02\x01\x02", "parameters"},
		"ssh":           {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n", "SSH"},
		"other der":     {"0\x03\x02\x01\x05", "no certificate and no private key"},
		"cut off der":   {read("csr.der")[:100], "cut off"},
		"cut off pem":   {read("c.pem")[:200], "cut off"},
		"not der":       {"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "does not hold DER"},
		"pfx as pem":    {string(pem.EncodeToMemory(&pem.Block{Type: "PKCS12", Bytes: pfxOf(nil)})), "PKCS#12 inside PEM"},
		"pkcs7 of data": {"0\x0f\x06\x09" + oidData + "\xa0\x02\x04\x00", "PKCS#7"},
		"pkcs7 cut":     {"0\x0f\x06\x09" + oidSignedData + "\xa0\x02\x04\x00", "PKCS#7"},
	}
	for name, tt := range tests {
		f := mustParse(t, []byte(tt.data), "")
		if f.Kind != KindUnknown || !strings.Contains(f.Reason, tt.reason) {
			t.Errorf("%s: %s %q, want unknown because %q", name, f.Kind, f.Reason, tt.reason)
		}
	}
}

// A signed PKCS#7 in BER, as mail programs and openssl -stream write it, gives its certificates.
func TestPKCS7InBER(t *testing.T) {
	dir := t.TempDir()
	pair(t, dir, "p256")
	writeFile(t, []byte("hello"), dir, "m.txt")
	openssl(t, dir, "cms", "-sign", "-stream", "-nodetach", "-binary", "-in", "m.txt", "-signer", "c.pem", "-inkey", "k.pem", "-outform", "DER", "-out", "m.p7m")
	data := readFile(t, dir, "m.p7m")
	if data[1] != 0x80 {
		t.Fatal("openssl did not write BER")
	}
	if f := mustParse(t, data, ""); f.Kind != KindCert || f.Format != FormatPKCS7 {
		t.Fatalf("got %s in %s: %s", f.Kind, f.Format, f.Reason)
	}
}

// Names that would hide or forge text come out visible in every field.
func TestHostileNames(t *testing.T) {
	const evil = "a\x00b\r\nSet-Cookie: x\x1b[31m\u202egro.live\u2066\u200b"
	got := spec{cn: evil, key: keys()["p256"][0], edit: func(x *x509.Certificate) {
		x.Subject.Organization, x.DNSNames, x.EmailAddresses = []string{evil}, []string{"a\x1b[2J.example\r\n"}, []string{"a\x00@b.example"}
	}}.make(t)
	for _, s := range append([]string{got.Subject, got.SubjectDN, got.Issuer, got.Serial}, got.SANs...) {
		if !text.AllPlain(s) {
			t.Errorf("not visible: %q", s)
		}
	}
	if !strings.Contains(got.Subject, `\u{202E}`) || !strings.Contains(got.Subject, `\u{0000}`) {
		t.Errorf("the subject hides what was in it: %s", got.Subject)
	}
	long := spec{cn: strings.Repeat("x", 500), key: keys()["p256"][0]}.make(t)
	if n := len([]rune(long.Subject)); n != maxName+1 {
		t.Errorf("a long name is shown with %d runes", n)
	}
}

// Counters of one file: blocks, certificates, sizes, depth.
func TestRefusals(t *testing.T) {
	block := func(label string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
	}
	leaf := spec{cn: "a.example", key: keys()["p256"][0]}.make(t)
	deep := bytes.Repeat([]byte{0x30, 0x80}, 2000)
	many := bytes.Repeat(leaf.DER, 51)
	huge := block("CERTIFICATE", derOf(0x30, derOf(0x30, derOf(0x04, make([]byte, maxCertDER))), derOf(0x30), derOf(0x03)))
	bigRSA := derOf(0x30, derOf(2, []byte{0}), derOf(2, append([]byte{1}, make([]byte, 1024)...)), derOf(2, []byte{3}), derOf(2, []byte{3}), derOf(2, []byte{3}))
	oddRSA := derOf(0x30, derOf(2, []byte{0}), derOf(2, []byte{35}), derOf(2, []byte{3}), derOf(2, []byte{3}), derOf(2, []byte{5}), derOf(2, []byte{7}),
		derOf(2, []byte{1}), derOf(2, []byte{1}), derOf(2, []byte{1}))
	tests := []struct{ code, data string }{
		{"empty_file", ""},
		{"empty_file", "\r\n \x00"},
		{"file_too_large", strings.Repeat("x", maxFile+1)},
		{"too_many_blocks", strings.Repeat(block("X", []byte{1}), 51)},
		{"too_many_blocks", string(many)},
		{"too_many_certificates", string(derOf(0x30, oid(oidSignedData), derOf(0xa0, derOf(0x30, derInt(1), derOf(0x31), derOf(0x30), derOf(0xa0, many)))))},
		{"certificate_too_large", huge},
		{"der_too_deep", string(deep)},
		{"der_too_deep", block("CERTIFICATE", deep)},
		{"key_too_large", block("RSA PRIVATE KEY", bigRSA)},
		{"key_too_large", block("PRIVATE KEY", derOf(0x30, derOf(2, []byte{0}), derOf(0x30, derOf(6, []byte(oidRSA)), derOf(5)), derOf(4, bigRSA)))},
		{"key_too_large", block("PRIVATE KEY", derOf(0x30, derOf(2, []byte{0}), derOf(4, make([]byte, maxKeyDER))))},
		{"key_inconsistent", block("RSA PRIVATE KEY", oddRSA)},
		{"key_malformed", block("ENCRYPTED PRIVATE KEY", derOf(0x30, derOf(0x30, derOf(6, []byte(oidPBES2))), derOf(4)))},
		{"unsupported_encryption", block("ENCRYPTED PRIVATE KEY", derOf(0x30, derOf(0x30, derOf(6, []byte(oidAES128))), derOf(4)))},
		{"unsupported_encryption", "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: CAMELLIA,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"},
	}
	for _, tt := range tests {
		if n := wantCode(t, tt.code, parseErr([]byte(tt.data), "pw")); n != 0 && !strings.Contains(tt.data, "DEK") {
			t.Errorf("%s: refused after %d key derivations", tt.code, n)
		}
	}
	wantCode(t, "password_too_long", parseErr([]byte("x"), strings.Repeat("x", 1025)))
	for _, s := range []string{"", "x", string(leaf.PEM()), "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"} {
		wantCode(t, "unreadable_key", func() error { _, err := ParseKeyPEM(secret.NewBytes([]byte(s))); return err })
	}
	wantCode(t, "unreadable_certificate", func() error { _, err := ParseCertificate([]byte("0\x00")); return err })
}

// Encrypted keys that ask for too much are refused before any derivation.
func TestKeyBombs(t *testing.T) {
	const million = 1000000
	pbkdf2With := func(salt []byte, rounds int) []byte {
		return derOf(0x30, derOf(6, []byte(oidPBKDF2)), derOf(0x30, derOf(4, salt), derInt(rounds)))
	}
	scryptWith := func(n, r, p int) []byte {
		return derOf(0x30, derOf(6, []byte(oidScrypt)), derOf(0x30, derOf(4, []byte("salt")), derInt(n), derInt(r), derInt(p)))
	}
	encrypted := func(kdf []byte) []byte {
		aes := derOf(0x30, derOf(6, []byte(oidAES256)), derOf(4, make([]byte, 16)))
		return derOf(0x30, derOf(0x30, derOf(6, []byte(oidPBES2)), derOf(0x30, kdf, aes)), derOf(4, make([]byte, 32)))
	}
	tests := []struct {
		code string
		data []byte
	}{
		{"key_too_many_iterations", encrypted(pbkdf2With([]byte("salt"), 10*million))},
		{"key_too_many_iterations", encrypted(scryptWith(1<<14, 8, 1000))},
		{"key_too_much_memory", encrypted(scryptWith(1<<20, 8, 1))},
		{"key_too_much_memory", encrypted(scryptWith(1<<62, 1<<62, 1))},
		{"key_malformed", encrypted(scryptWith(3, 8, 1))},
		{"key_malformed", encrypted(pbkdf2With([]byte("salt"), 0))},
		{"key_salt_too_long", encrypted(pbkdf2With(make([]byte, 1025), 1))},
		{"key_too_many_iterations", encrypted(derOf(0x30, derOf(6, []byte(oidPBKDF2)), derOf(0x30, derOf(4), derOf(2, bytes.Repeat([]byte{0x7f}, 40)))))},
	}
	for i, tt := range tests {
		for _, data := range [][]byte{tt.data, pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: tt.data})} {
			if n := wantCode(t, tt.code, parseErr(data, "pw")); n != 0 {
				t.Errorf("%d %s: refused after %d key derivations", i, tt.code, n)
			}
		}
	}
	many := bytes.Repeat(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: encrypted(pbkdf2With([]byte("s"), 3*million))}), 2)
	wantCode(t, "key_too_many_iterations", func() error {
		w := work{password: secret.NewString("pw"), iterations: maxIterations}
		for _, e := range [][]byte{many, many} { // the allowance is for the whole file
			b, _ := pem.Decode(e)
			if _, err := w.decryptPKCS8(b.Bytes, keyCodes, func(*scheme, []byte) ([]byte, error) { return nil, nil }); err != nil {
				return err
			}
		}
		return fmt.Errorf("both keys were let through")
	})
}

// A refusal leaves none of the keys behind that were read before it.
func TestRefusalWipesKeys(t *testing.T) {
	r := &reader{seen: map[string]bool{}}
	data := append(keyPEM(t, keys()["p256"][0]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: bytes.Repeat([]byte{0x30, 0x80}, 100)})...)
	wantCode(t, "der_too_deep", func() error { _, err := r.open(data); return err })
	if k := r.file.Keys[0]; k.der.Len() == 0 || !bytes.Equal(k.der.Reveal(), make([]byte, k.der.Len())) {
		t.Error("the key is still there")
	}
}

// However a key or a file with a key is printed or logged, no octet of it is there.
func TestKeysAreNotPrinted(t *testing.T) {
	f := mustParse(t, keyPEM(t, keys()["ed25519"][0]), "")
	k := f.Keys[0]
	der := k.der.Reveal()
	forms := []string{string(der), fmt.Sprint(der), strings.Trim(fmt.Sprint(der), "[]"), fmt.Sprintf("%x", der), fmt.Sprintf("%#v", der), base64.StdEncoding.EncodeToString(der)}
	var out bytes.Buffer
	for _, v := range []any{k, *k, f, *f, []Key{*k}, map[string]Key{"k": *k}, struct{ K Key }{*k}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	for _, form := range forms {
		if strings.Contains(strings.ToLower(out.String()), strings.ToLower(form)) {
			t.Errorf("the key was printed as %.20s…", form)
		}
	}
	if !strings.Contains(out.String(), k.SPKI) {
		t.Error("nothing of the key was printed: the test looks at nothing")
	}
}
