// Package testcert makes certificates, keys and small hierarchies for tests.
//
//	root := testcert.Root("Test Root")
//	inter := root.Intermediate("Test CA 1")
//	leaf := inter.Leaf("www.example.com", testcert.Names("www.example.com", "example.com"))
//	leaf.CertPEM, leaf.KeyPEM, leaf.ChainPEM()
package testcert

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
	"time"
)

// Pair is a certificate with its key and the one that signed it.
type Pair struct {
	Cert    *x509.Certificate
	Key     crypto.Signer
	CertPEM []byte
	KeyPEM  []byte // PKCS#8
	Issuer  *Pair  // nil when self-signed
}

// Option alters a certificate before it is signed.
type Option func(*settings)

type settings struct {
	x   x509.Certificate
	key crypto.Signer
}

// Names sets the DNS names.
func Names(names ...string) Option { return func(s *settings) { s.x.DNSNames = names } }

// Valid sets the validity.
func Valid(from, to time.Time) Option {
	return func(s *settings) { s.x.NotBefore, s.x.NotAfter = from, to }
}

// Days makes it valid from an hour ago for so many days.
func Days(n int) Option {
	return Valid(time.Now().Add(-time.Hour), time.Now().AddDate(0, 0, n))
}

// Key uses a key that exists.
func Key(k crypto.Signer) Option { return func(s *settings) { s.key = k } }

// RSA makes an RSA key of that size.
func RSA(bits int) Option {
	return func(s *settings) { s.key = must(rsa.GenerateKey(rand.Reader, bits)) }
}

// Ed25519 makes an Ed25519 key.
func Ed25519() Option {
	return func(s *settings) {
		_, k, err := ed25519.GenerateKey(rand.Reader)
		check(err)
		s.key = k
	}
}

// EKU sets the extended key usages.
func EKU(u ...x509.ExtKeyUsage) Option { return func(s *settings) { s.x.ExtKeyUsage = u } }

// With alters the template as it likes.
func With(f func(*x509.Certificate)) Option { return func(s *settings) { f(&s.x) } }

// Root makes a self-signed CA.
func Root(cn string, opts ...Option) *Pair { return issue(nil, cn, true, opts) }

// SelfSigned makes a self-signed certificate for a server.
func SelfSigned(cn string, opts ...Option) *Pair { return issue(nil, cn, false, opts) }

// Intermediate makes a CA below p.
func (p *Pair) Intermediate(cn string, opts ...Option) *Pair { return issue(p, cn, true, opts) }

// Leaf makes a server certificate below p, for cn unless Names says otherwise.
func (p *Pair) Leaf(cn string, opts ...Option) *Pair { return issue(p, cn, false, opts) }

// ChainPEM answers the intermediates above p, without p and without the root.
func (p *Pair) ChainPEM() []byte {
	var out []byte
	for i := p.Issuer; i != nil && i.Issuer != nil; i = i.Issuer {
		out = append(out, i.CertPEM...)
	}
	return out
}

func issue(parent *Pair, cn string, ca bool, opts []Option) *Pair {
	s := &settings{x: x509.Certificate{
		SerialNumber: must(rand.Int(rand.Reader, big.NewInt(1<<62))), Subject: pkix.Name{CommonName: cn},
		BasicConstraintsValid: true, IsCA: ca,
	}}
	Days(90)(s)
	if ca {
		s.x.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		Days(3650)(s)
	} else {
		s.x.KeyUsage = x509.KeyUsageDigitalSignature
		s.x.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		s.x.DNSNames = []string{cn}
	}
	for _, o := range opts {
		o(s)
	}
	if s.key == nil {
		s.key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	}
	signer, above := s.key, &s.x
	if parent != nil {
		signer, above = parent.Key, parent.Cert
	}
	der := must(x509.CreateCertificate(rand.Reader, &s.x, above, s.key.Public(), signer))
	keyDER := must(x509.MarshalPKCS8PrivateKey(s.key))
	return &Pair{
		Cert: must(x509.ParseCertificate(der)), Key: s.key, Issuer: parent,
		CertPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		KeyPEM:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
