package cert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// day is the time all certificates of the tests live around.
var day = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// openssl runs the command in dir and fails the test when it fails.
func openssl(t testing.TB, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	return out
}

func readFile(t testing.TB, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t testing.TB, data []byte, elem ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(elem...), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// keys are made once: eight of each type.
var keys = sync.OnceValue(func() map[string][]crypto.Signer {
	made := map[string][]crypto.Signer{}
	must := func(k crypto.Signer, err error) crypto.Signer {
		if err != nil {
			panic(err)
		}
		return k
	}
	for range 8 {
		_, ed, err := ed25519.GenerateKey(rand.Reader)
		made["ed25519"] = append(made["ed25519"], must(ed, err))
		for name, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
			k, err := ecdsa.GenerateKey(curve, rand.Reader)
			made[name] = append(made[name], must(k, err))
		}
	}
	for range 4 {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		made["rsa"] = append(made["rsa"], must(k, err))
	}
	return made
})

var serials = big.NewInt(1000)

// A spec describes a certificate to make; parent nil means self-signed.
type spec struct {
	cn        string
	ca        bool
	key       crypto.Signer
	parent    *x509.Certificate
	parentKey crypto.Signer
	edit      func(*x509.Certificate)
}

func (s spec) make(t testing.TB) *Certificate {
	t.Helper()
	serials.Add(serials, big.NewInt(1))
	tmpl := &x509.Certificate{
		SerialNumber: new(big.Int).Set(serials), Subject: pkix.Name{CommonName: s.cn},
		NotBefore: day.AddDate(0, -1, 0), NotAfter: day.AddDate(0, 2, 0), BasicConstraintsValid: true,
	}
	if s.ca {
		tmpl.IsCA, tmpl.KeyUsage, tmpl.NotAfter = true, x509.KeyUsageCertSign, day.AddDate(5, 0, 0)
	} else {
		tmpl.DNSNames, tmpl.ExtKeyUsage = []string{s.cn}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if s.edit != nil {
		s.edit(tmpl)
	}
	parent, signer := s.parent, s.parentKey
	if parent == nil {
		parent, signer = tmpl, s.key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, s.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// asKey takes a key the way an upload would bring it.
func asKey(t testing.TB, k crypto.Signer) *Key {
	t.Helper()
	key, err := ParseKeyPEM(secret.NewBytes(keyPEM(t, k)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keyPEM(t testing.TB, k crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func mustParse(t testing.TB, data []byte, password string) *File {
	t.Helper()
	f, err := Parse(data, secret.NewString(password))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return f
}

// wantCode asserts that err is a refusal with this code, and answers how many key derivations there were in call.
func wantCode(t testing.TB, code string, call func() error) int64 {
	t.Helper()
	before := derivations.Load()
	err := call()
	if got := fault.CodeOf(err); err == nil || got != code {
		t.Fatalf("got %v, want the refusal %s", err, code)
	}
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
		t.Fatalf("refusal %s is of kind %d", code, k)
	}
	return derivations.Load() - before
}

func parseErr(data []byte, password string) func() error {
	return func() error {
		_, err := Parse(data, secret.NewString(password))
		return err
	}
}
