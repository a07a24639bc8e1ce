package cert

import (
	"bytes"
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

const (
	maxLinks  = 10
	maxChecks = 200 // signatures checked for one chain, or to tell leaves
	maxSpare  = 4   // and of those for one link after its issuer was found
)

// checked counts the signatures, so that tests see what hostile certificates cost.
var checked atomic.Int64

// signedBy says whether parent's key made the signature on child. SHA-1 counts: it says who issued what, not that it is
// to be trusted.
func signedBy(child, parent *x509.Certificate) error {
	checked.Add(1)
	return parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature)
}

// selfSigned checks the signature; where it cannot be checked (an RSA key too small, MD5) equal names decide.
func selfSigned(x *x509.Certificate) bool {
	if !bytes.Equal(x.RawSubject, x.RawIssuer) {
		return false
	}
	if pub, ok := x.PublicKey.(*rsa.PublicKey); ok && pub.N.BitLen() < 1024 {
		return true
	}
	err := signedBy(x, x)
	var insecure x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &insecure)
}

// mayIssue says whether a certificate is allowed to sign others; version 1 certificates cannot say no.
func mayIssue(x *x509.Certificate) bool {
	if x.BasicConstraintsValid && !x.IsCA {
		return false
	}
	if x.Version >= 3 && !x.BasicConstraintsValid {
		return false
	}
	return x.KeyUsage == 0 || x.KeyUsage&x509.KeyUsageCertSign != 0
}

// Chain orders the issuers of leaf found in pool, from its own issuer up, by verified signature. A self-signed root is
// left out. Among several issuers that fit it prefers one whose chain ends well, then one valid now, then the longest
// lived. Certificates that only bear the name of the issuer are tried after those whose key the certificate names, so that
// they cannot use up the bounded number of checks. missing is the visible name of the issuer that is lacking, "" when the chain ends at a root in pool or roots
// (nil for none) verifies its end. At most 10 links.
func Chain(leaf *Certificate, pool []*Certificate, roots *x509.CertPool, now time.Time) (chain []*Certificate, missing string) {
	s := search{pool: pool, roots: roots, now: now, used: map[string]bool{leaf.Fingerprint: true}, checks: maxChecks}
	if leaf.SelfSigned {
		return nil, ""
	}
	chain, ended := s.from(leaf, 0)
	if ended {
		return chain, ""
	}
	end := leaf
	if len(chain) > 0 {
		end = chain[len(chain)-1]
	}
	return chain, end.Issuer
}

type search struct {
	pool   []*Certificate
	roots  *x509.CertPool
	now    time.Time
	used   map[string]bool // by fingerprint: on the path, or tried in vain
	checks int
}

// from answers the links above c, and whether they end at a root.
func (s *search) from(c *Certificate, depth int) (links []*Certificate, ended bool) {
	issuers := s.issuers(c)
	rootsFirst := len(issuers) == 0 || !s.validNow(issuers[0])
	if rootsFirst && s.endsAtRoots(c) {
		return nil, true
	}
	for i, issuer := range issuers {
		if issuer.SelfSigned {
			return nil, true
		}
		if depth == maxLinks || s.used[issuer.Fingerprint] {
			continue
		}
		s.used[issuer.Fingerprint] = true
		above, ok := s.share(len(issuers)-i, func() ([]*Certificate, bool) { return s.from(issuer, depth+1) })
		if path := append([]*Certificate{issuer}, above...); ok {
			return path, true
		} else if links == nil {
			links = path // the best of those that do not end
		}
	}
	if !rootsFirst && s.endsAtRoots(c) {
		return nil, true
	}
	return links, false
}

// share gives search one part in n of the checks that are left, so that a false branch leaves some for the true one. What
// it does not use comes back.
func (s *search) share(n int, search func() ([]*Certificate, bool)) ([]*Certificate, bool) {
	kept := s.checks - s.checks/n
	s.checks -= kept
	defer func() { s.checks += kept }()
	return search()
}

// A candidate is a certificate that has the name of an issuer; fit says how well it fits otherwise, 0 the best.
type candidate struct {
	*Certificate
	fit int
}

// candidates are the certificates of the pool that c names as its issuer, the likeliest first. Names and key identifiers
// are easily forged; a key whose hash c names is not.
func (s *search) candidates(c *Certificate) []candidate {
	var all []candidate
	for _, p := range s.pool {
		if p.Fingerprint != c.Fingerprint && bytes.Equal(p.X509.RawSubject, c.X509.RawIssuer) && mayIssue(p.X509) {
			all = append(all, candidate{p, fit(c, p)})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		if d := cmp.Compare(a.fit, b.fit); d != 0 {
			return d
		}
		return s.better(a.Certificate, b.Certificate)
	})
	return all
}

// issuers are the certificates of the pool that signed c, the best first. A key is checked once, however many
// certificates have it; after the first that fits only a few more are tried, to leave checks for the links above.
func (s *search) issuers(c *Certificate) []*Certificate {
	var found []*Certificate
	signed := map[string]bool{} // by SPKI: whether that key signed c
	more := s.checks
	for _, p := range s.candidates(c) {
		ok, known := signed[p.SPKI]
		if !known {
			if more == 0 {
				continue // another one may have a key that is known
			}
			more--
			s.checks--
			ok = signedBy(c.X509, p.X509) == nil
			signed[p.SPKI] = ok
			if ok && len(found) == 0 {
				more = min(maxSpare, s.checks/2)
			}
		}
		if ok {
			found = append(found, p.Certificate)
		}
	}
	slices.SortStableFunc(found, s.better)
	return found
}

// better puts those valid now first, then the longest lived.
func (s *search) better(a, b *Certificate) int {
	if va, vb := s.validNow(a), s.validNow(b); va != vb {
		if va {
			return -1
		}
		return 1
	}
	if d := b.NotAfter.Compare(a.NotAfter); d != 0 {
		return d
	}
	return cmp.Compare(a.Fingerprint, b.Fingerprint)
}

func (s *search) validNow(c *Certificate) bool {
	return !s.now.Before(c.NotBefore) && !s.now.After(c.NotAfter)
}

// endsAtRoots says whether a root signed c itself. It asks at a time when c is valid: an expired leaf has a chain too.
func (s *search) endsAtRoots(c *Certificate) bool {
	at := s.now
	if at.Before(c.NotBefore) {
		at = c.NotBefore
	} else if at.After(c.NotAfter) {
		at = c.NotAfter
	}
	return Trusted(c, nil, s.roots, at)
}
