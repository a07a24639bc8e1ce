package cert

import (
	"crypto/x509"
	"time"
)

// Trusted says whether leaf verifies up to roots by chain at the time now, whatever it may be used for. Without roots
// nothing is trusted.
func Trusted(leaf *Certificate, chain []*Certificate, roots *x509.CertPool, now time.Time) bool {
	if roots == nil {
		return false
	}
	between := x509.NewCertPool()
	for _, c := range chain {
		between.AddCert(c.X509)
	}
	_, err := leaf.X509.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err == nil
}

// TrustedWhenValid says whether leaf was, is or will be trusted in the time when it and all of chain are valid: Trusted
// asked at the beginning of that time or at its end, since a root may have been made later or have expired earlier. It is
// false when there is no such time, without roots, and for a chain that is incomplete, even when the missing certificate
// would lead to a root: a client that is sent this chain does not trust it either.
func TrustedWhenValid(leaf *Certificate, chain []*Certificate, roots *x509.CertPool) bool {
	from, to := leaf.NotBefore, leaf.NotAfter
	for _, c := range chain {
		if c.NotBefore.After(from) {
			from = c.NotBefore
		}
		if c.NotAfter.Before(to) {
			to = c.NotAfter
		}
	}
	if from.After(to) {
		return false
	}
	return Trusted(leaf, chain, roots, from) || Trusted(leaf, chain, roots, to)
}
