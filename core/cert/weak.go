package cert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"strings"
	"sync"
)

// publicKey answers type and size of a key we support, "" for others.
func publicKey(pub crypto.PublicKey) (kind string, bits int) {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return "ECDSA", k.Curve.Params().BitSize
		}
	case ed25519.PublicKey:
		return "Ed25519", 256
	}
	return "", 0
}

func weak(warnings []string) bool {
	for _, w := range warnings {
		if strings.HasPrefix(w, "weak_key_") {
			return true
		}
	}
	return false
}

// keyWarnings answers what is known to be weak about a public key of at most maxRSABits.
func keyWarnings(pub crypto.PublicKey) []string {
	k, ok := pub.(*rsa.PublicKey)
	if !ok {
		return nil
	}
	var warnings []string
	if k.N.BitLen() < 2048 {
		warnings = append(warnings, "weak_key_rsa_small")
	}
	if k.E < 65537 || k.E%2 == 0 {
		warnings = append(warnings, "weak_key_rsa_exponent")
	}
	switch {
	case smallFactor(k.N):
		warnings = append(warnings, "weak_key_rsa_factors")
	case closePrimes(k.N):
		warnings = append(warnings, "weak_key_rsa_close_primes")
	case roca(k.N):
		warnings = append(warnings, "weak_key_roca")
	}
	return warnings
}

// smallPrimes are the primes below 1000.
var smallPrimes = sync.OnceValue(func() []uint64 {
	var primes []uint64
next:
	for n := uint64(2); n < 1000; n++ {
		for _, p := range primes {
			if n%p == 0 {
				continue next
			}
		}
		primes = append(primes, n)
	}
	return primes
})

func smallFactor(n *big.Int) bool {
	var p, m big.Int
	for _, prime := range smallPrimes() {
		if m.Mod(n, p.SetUint64(prime)).Sign() == 0 {
			return true
		}
	}
	return false
}

// fermatRounds is enough for primes that share their upper half, as some generators make them.
const fermatRounds = 100

// closePrimes looks for a and b with n = a² - b², starting at the square root.
func closePrimes(n *big.Int) bool {
	one := big.NewInt(1)
	a := new(big.Int).Sqrt(n)
	var square, b big.Int
	if square.Mul(a, a).Cmp(n) == 0 {
		return true
	}
	for range fermatRounds {
		a.Add(a, one)
		square.Mul(a, a)
		square.Sub(&square, n) // at least 1
		if !squareEnding[square.Bits()[0]&0xff] {
			continue
		}
		b.Sqrt(&square)
		if b.Mul(&b, &b).Cmp(&square) == 0 {
			return true
		}
	}
	return false
}

// squareEnding are the last octets that a square can have: they save five roots of six.
var squareEnding = func() (ends [256]bool) {
	for i := range 256 {
		ends[i*i%256] = true
	}
	return ends
}()

// roca says whether n carries the fingerprint of CVE-2017-15361: modulo each small prime it is a power of 65537.
func roca(n *big.Int) bool {
	var p, m big.Int
	for prime, powers := range rocaPowers() {
		if !powers[m.Mod(n, p.SetUint64(prime)).Uint64()] {
			return false
		}
	}
	return true
}

var rocaPowers = sync.OnceValue(func() map[uint64]map[uint64]bool {
	table := map[uint64]map[uint64]bool{}
	for _, prime := range smallPrimes() {
		if prime == 2 || prime > 167 {
			continue
		}
		powers := map[uint64]bool{}
		for x := uint64(1); !powers[x]; x = x * 65537 % prime {
			powers[x] = true
		}
		table[prime] = powers
	}
	return table
})
