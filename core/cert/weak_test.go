package cert

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"slices"
	"testing"
)

// Weak keys made by openssl are accepted with their warning, in key and certificate alike.
func TestWeakKeysAreAcceptedWithAWarning(t *testing.T) {
	tests := map[string][]string{
		"rsa_keygen_bits:1024":  {"weak_key_rsa_small"},
		"rsa_keygen_bits:512":   {"weak_key_rsa_small"},
		"rsa_keygen_pubexp:3":   {"weak_key_rsa_exponent"},
		"rsa_keygen_bits:2048":  nil,
		"rsa_keygen_pubexp:257": {"weak_key_rsa_exponent"},
	}
	for opt, want := range tests {
		dir := t.TempDir()
		openssl(t, dir, "genpkey", "-algorithm", "RSA", "-pkeyopt", opt, "-out", "k.pem")
		openssl(t, dir, "req", "-x509", "-new", "-key", "k.pem", "-out", "c.pem", "-subj", "/CN=a", "-sha256")
		f := mustParse(t, append(readFile(t, dir, "c.pem"), readFile(t, dir, "k.pem")...), "")
		c, k := f.Certificates[0], f.Keys[0]
		if !slices.Equal(k.Warnings, want) || !slices.Equal(c.Warnings, want) || k.Weak() != (want != nil) || c.Weak() != k.Weak() {
			t.Errorf("%s: key %v, certificate %v, want %v", opt, k.Warnings, c.Warnings, want)
		}
		if !c.SelfSigned || !Pairs(c, k) {
			t.Errorf("%s: self-signed %v, pairs %v", opt, c.SelfSigned, Pairs(c, k))
		}
	}
}

func TestOldSignatures(t *testing.T) {
	dir := t.TempDir()
	pair(t, dir, "rsa")
	openssl(t, dir, "req", "-new", "-key", "k.pem", "-subj", "/CN=b", "-out", "b.csr")
	for md, want := range map[string]string{"-sha1": "sha1_signature", "-md5": "md5_signature"} {
		openssl(t, dir, "x509", "-req", "-in", "b.csr", "-CA", "c.pem", "-CAkey", "k.pem", md, "-out", "b.pem")
		c := mustParse(t, readFile(t, dir, "b.pem"), "").Certificates[0]
		if !slices.Contains(c.Warnings, want) || c.Weak() {
			t.Errorf("%s: %v", md, c.Warnings)
		}
	}
	for _, kind := range []string{"rsa", "p256"} { // an old root is a root, without a warning, and heads a chain
		pair(t, dir, kind)
		openssl(t, dir, "req", "-x509", "-new", "-key", "k.pem", "-sha1", "-subj", "/CN=root", "-days", "30", "-out", "root.pem")
		openssl(t, dir, "x509", "-req", "-in", "b.csr", "-CA", "root.pem", "-CAkey", "k.pem", "-sha1", "-out", "b.pem")
		f := mustParse(t, append(readFile(t, dir, "b.pem"), readFile(t, dir, "root.pem")...), "")
		leaf, root := f.Certificates[0], f.Certificates[1]
		if chain, missing := Chain(leaf, f.Certificates, nil, day); !root.SelfSigned || leaf.SelfSigned || len(root.Warnings) != 0 || chain != nil || missing != "" {
			t.Errorf("%s: root %v %v, missing %q", kind, root.SelfSigned, root.Warnings, missing)
		}
	}
}

func prime(t *testing.T, bits int) *big.Int {
	t.Helper()
	p, err := rand.Prime(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rocaPrime makes a prime as the broken chips did: k·M + 65537^a mod M.
func rocaPrime(t *testing.T, bits int) *big.Int {
	t.Helper()
	m := big.NewInt(1)
	for _, p := range smallPrimes() {
		if p <= 167 {
			m.Mul(m, new(big.Int).SetUint64(p))
		}
	}
	for range 100000 {
		a, err := rand.Int(rand.Reader, m)
		if err != nil {
			t.Fatal(err)
		}
		k, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits-m.BitLen())))
		if err != nil {
			t.Fatal(err)
		}
		k.SetBit(k, bits-m.BitLen()-1, 1)
		p := new(big.Int).Exp(big.NewInt(65537), a, m)
		if p.Add(p, k.Mul(k, m)); p.ProbablyPrime(20) {
			return p
		}
	}
	t.Fatal("no prime found")
	return nil
}

func TestKnownWeakModuli(t *testing.T) {
	next := func(p *big.Int) *big.Int {
		q := new(big.Int).Add(p, big.NewInt(2))
		for !q.ProbablyPrime(20) {
			q.Add(q, big.NewInt(2))
		}
		return q
	}
	p, q := prime(t, 1024), prime(t, 1025)
	tests := []struct {
		name string
		n    *big.Int
		e    int
		want []string
	}{
		{"good", new(big.Int).Mul(p, q), 65537, nil},
		{"even exponent", new(big.Int).Mul(p, q), 65538, []string{"weak_key_rsa_exponent"}},
		{"next prime", new(big.Int).Mul(p, next(p)), 65537, []string{"weak_key_rsa_close_primes"}},
		{"square", new(big.Int).Mul(q, q), 65537, []string{"weak_key_rsa_close_primes"}},
		{"even", new(big.Int).Lsh(q, 1024), 65537, []string{"weak_key_rsa_factors"}},
		{"small factor", new(big.Int).Mul(new(big.Int).Mul(p, q), big.NewInt(751)), 65537, []string{"weak_key_rsa_factors"}},
		{"ROCA", new(big.Int).Mul(rocaPrime(t, 1024), rocaPrime(t, 1030)), 65537, []string{"weak_key_roca"}},
	}
	for _, tt := range tests {
		if got := keyWarnings(&rsa.PublicKey{N: tt.n, E: tt.e}); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := keyWarnings(keys()["p256"][0].Public()); got != nil {
		t.Errorf("ECDSA: %v", got)
	}
	if kind, _ := publicKey(elliptic.P256()); kind != "" {
		t.Errorf("something else is %s", kind)
	}
}
