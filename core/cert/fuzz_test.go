package cert

import (
	"bytes"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/text"
)

// fuzzIterations keeps one input short; the code that counts is the same.
const fuzzIterations = 20000

// checkParse asserts what holds for every input: accepted, unknown with a reason, or a refusal with a code.
func checkParse(t *testing.T, data []byte, password string) {
	t.Helper()
	before := bytes.Clone(data)
	f, err := parse(data, work{password: secret.NewString(password), iterations: fuzzIterations})
	if !bytes.Equal(before, data) {
		t.Fatal("the input was changed")
	}
	if checkRefusal(t, err) {
		return
	}
	checkStrings(t, string(f.Kind), f.Reason, f.LeftOut)
	if f.Kind == KindUnknown && f.LeftOut != "" || f.Kind != KindUnknown && f.LeftOutKey && f.LeftOut == "" {
		t.Fatalf("%s without %q, a key: %v", f.Kind, f.LeftOut, f.LeftOutKey)
	}
	if (f.Kind == KindUnknown) != (len(f.Certificates)+len(f.Keys) == 0) || (f.Kind == KindUnknown) != (f.Reason != "") {
		t.Fatalf("%s with %d certificates and %d keys because %q", f.Kind, len(f.Certificates), len(f.Keys), f.Reason)
	}
	for _, c := range f.Certificates {
		checkCertificate(t, c)
	}
	for _, k := range f.Keys {
		checkKey(t, k)
	}
	for _, c := range Leaves(f.Certificates, f.Keys) {
		chain, missing := Chain(c, f.Certificates, nil, day)
		checkStrings(t, missing)
		FullchainPEM(c, chain)
		checkStrings(t, MissingNames(f.Certificates[0], c)...)
	}
	f.Wipe()
}

// checkRefusal says whether err is a refusal, and fails when it is any other error.
func checkRefusal(t *testing.T, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	var refusal *fault.Fault
	if !errors.As(err, &refusal) || refusal.Code == "" || refusal.Message == "" || refusal.Kind != fault.Invalid && refusal.Kind != fault.TooLarge {
		t.Fatalf("not a refusal: %v", err)
	}
	return true
}

func checkStrings(t *testing.T, all ...string) {
	t.Helper()
	for _, s := range all {
		if !text.AllPlain(s) {
			t.Fatalf("not visible: %q", s)
		}
	}
}

func checkCertificate(t *testing.T, c *Certificate) {
	t.Helper()
	checkStrings(t, append([]string{c.Subject, c.SubjectDN, c.Issuer, c.Serial, c.Fingerprint, c.SPKI, c.KeyType}, c.SANs...)...)
	b, _ := pem.Decode(c.PEM())
	again, err := ParseCertificate(b.Bytes)
	if err != nil || again.Fingerprint != c.Fingerprint || again.SPKI != c.SPKI {
		t.Fatalf("its PEM is another certificate: %v", err)
	}
	if missing := MissingNames(c, c); len(missing) != 0 {
		t.Fatalf("a certificate does not cover itself: %q", missing)
	}
	c.ServerAuth()
}

func checkKey(t *testing.T, k *Key) {
	t.Helper()
	again, err := ParseKeyPEM(k.PEM())
	if err != nil || again.SPKI != k.SPKI || again.Type != k.Type || !bytes.Equal(again.PEM().Reveal(), k.PEM().Reveal()) {
		t.Fatalf("its PEM is another key: %v", err)
	}
	der, err := k.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	if same, err := readKey(der.Reveal()); err != nil || same.SPKI != k.SPKI {
		t.Fatalf("its PKCS#8 is another key: %v", err)
	}
}

// seeds answers the files of testdata/seed whose names end so; their password is "pw".
func seeds(f *testing.F, suffixes ...string) (all [][]byte) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "seed", "*"))
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		for _, suffix := range suffixes {
			if !strings.HasSuffix(name, suffix) {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			all = append(all, data)
		}
	}
	if len(all) == 0 {
		f.Fatalf("no seeds of %v", suffixes)
	}
	return all
}

func FuzzParsePEM(f *testing.F) {
	for _, s := range seeds(f, ".pem", ".txt") {
		f.Add(s)
	}
	f.Add([]byte(strings.Repeat("-----BEGIN X-----\n", 49)))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END RSA PRIVATE KEY-----"))
	f.Add([]byte("\xff\xfe-\x00-\x00-\x00-\x00-\x00B\x00E\x00G\x00I\x00N\x00 \x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkParse(t, data, "pw")
	})
}

func FuzzParseDER(f *testing.F) {
	for _, s := range seeds(f, ".der", ".p7b", ".pfx") {
		f.Add(s)
		f.Add(toBER(s))
	}
	f.Add(bytes.Repeat([]byte{0x30, 0x80}, 100))
	f.Add(derOf(0x30, derOf(2, []byte{0}), derOf(2, []byte{35}), derOf(2, []byte{3}), derOf(2, []byte{3}), derOf(2, []byte{5})))
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, _, err := definite(data); err == nil {
			if again, rest, err := definite(out); err != nil || len(rest) != 0 || !bytes.Equal(again, out) {
				t.Fatalf("DER is not stable: %v", err)
			}
		}
		checkParse(t, data, "pw")
	})
}

func FuzzParsePKCS7(f *testing.F) {
	for _, s := range seeds(f, ".p7b") {
		f.Add(s)
	}
	f.Add(derOf(0x30, oid(oidSignedData), derOf(0xa0, derOf(0x30, derInt(1), derOf(0x31), derOf(0x30), derOf(0xa0, derOf(0x30), derOf(0xa1))))))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &reader{seen: map[string]bool{}}
		checkRefusal(t, r.pkcs7(data))
		for _, c := range r.file.Certificates {
			checkCertificate(t, c)
		}
		checkParse(t, data, "")
	})
}

func FuzzParsePKCS12(f *testing.F) {
	for _, s := range seeds(f, ".pfx") {
		f.Add(s, "pw")
		f.Add(toBER(s), "")
	}
	sha := derOf(0x30, oid(oidSHA1))
	f.Add(pfxOf(macOf(sha, []byte("s"), 10000000), plainSafe()), "pw")
	f.Add(pfxOf(macOf(pbmac1(16, 1), nil), plainSafe(shrouded(pbes2(1)))), "pw")
	f.Add(pfxOf(nil, encryptedSafe(pbe(1), make([]byte, 16)), plainSafe(shrouded(pbe(1)), certBagOf([]byte{0x30, 0}))), "")
	f.Add(pfxOf(nil, plainSafe(bagOf(oidBagNested, derOf(0x30, bagOf(oidBagKey, derOf(0x30)))))), "")
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		if len(password) > maxPassword {
			return
		}
		r := &reader{work: work{password: secret.NewString(password), iterations: fuzzIterations}, seen: map[string]bool{}}
		checkRefusal(t, r.pfx(data))
		for _, c := range r.file.Certificates {
			checkCertificate(t, c)
		}
		for _, k := range r.file.Keys {
			checkKey(t, k)
		}
		checkParse(t, data, password)
	})
}

func FuzzParseKey(f *testing.F) {
	for _, s := range seeds(f, "key.der", "key.pem") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := readKey(data)
		var unreadable errUnreadable
		if err == nil {
			checkKey(t, k)
		} else if !errors.As(err, &unreadable) {
			checkRefusal(t, err)
		}
		if k, err := ParseKeyPEM(secret.NewBytes(data)); !checkRefusal(t, err) {
			checkKey(t, k)
		}
		w := work{password: secret.NewString("pw"), iterations: fuzzIterations}
		r := &reader{work: w, seen: map[string]bool{}}
		checkRefusal(t, r.encryptedKey(data))
	})
}

func FuzzParseCertificate(f *testing.F) {
	for _, s := range seeds(f, "cert.der") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ParseCertificate(data); !checkRefusal(t, err) {
			checkCertificate(t, c)
		}
	})
}
