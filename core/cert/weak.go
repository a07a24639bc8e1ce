package cert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math"
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

// A batch is some small primes with their product: one division of a big number serves all of them.
type batch struct {
	product *big.Int
	primes  []uint64
}

var batches = sync.OnceValue(func() []batch {
	var all []batch
	product, from := uint64(1), 0
	for i, p := range smallPrimes() {
		if product > math.MaxUint64/p {
			all = append(all, batch{new(big.Int).SetUint64(product), smallPrimes()[from:i]})
			product, from = 1, i
		}
		product *= p
	}
	return append(all, batch{new(big.Int).SetUint64(product), smallPrimes()[from:]})
})

// eachResidue calls see with n modulo each small prime, in their order, until it answers false.
func eachResidue(n *big.Int, see func(prime, residue uint64) bool) {
	var m big.Int
	for _, b := range batches() {
		r := m.Mod(n, b.product).Uint64()
		for _, p := range b.primes {
			if !see(p, r%p) {
				return
			}
		}
	}
}

func smallFactor(n *big.Int) (found bool) {
	eachResidue(n, func(_, residue uint64) bool {
		found = residue == 0
		return !found
	})
	return found
}

// roca says whether n carries the fingerprint of CVE-2017-15361: modulo each prime up to 167 it is a power of 65537.
func roca(n *big.Int) bool {
	fits := true
	eachResidue(n, func(prime, residue uint64) bool {
		if powers, asked := rocaPowers()[prime]; asked {
			fits = powers[residue]
		}
		return fits && prime <= 167
	})
	return fits
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

// fermatRounds is enough for primes that share their upper half, as some generators make them.
const fermatRounds = 100

// closePrimes looks for a and b with n = a² - b², starting at the square root.
func closePrimes(n *big.Int) bool {
	one := big.NewInt(1)
	a := new(big.Int).Sqrt(n)
	rest := new(big.Int).Mul(a, a)
	if rest.Sub(rest, n).Sign() == 0 {
		return true
	}
	var step big.Int
	for range fermatRounds { // rest is a² - n; from a to a+1 it grows by 2a+1
		rest.Add(rest, step.Add(step.Lsh(a, 1), one))
		a.Add(a, one)
		if isSquare(rest) {
			return true
		}
	}
	return false
}

// isSquare looks at residues first, which tells all but one of a hundred numbers from squares without taking a root.
func isSquare(n *big.Int) bool {
	var m, root big.Int
	r := m.Mod(n, big.NewInt(256*9*5*7*11*13)).Uint64()
	for _, modulus := range []uint64{256, 9, 5, 7, 11, 13} {
		if !squares()[modulus][r%modulus] {
			return false
		}
	}
	root.Sqrt(n)
	return root.Mul(&root, &root).Cmp(n) == 0
}

// squares are the residues that squares can have.
var squares = sync.OnceValue(func() map[uint64]map[uint64]bool {
	table := map[uint64]map[uint64]bool{}
	for _, modulus := range []uint64{256, 9, 5, 7, 11, 13} {
		table[modulus] = map[uint64]bool{}
		for x := range modulus {
			table[modulus][x*x%modulus] = true
		}
	}
	return table
})
