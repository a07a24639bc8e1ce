package group

import (
	"crypto/x509"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
)

// Reason is why a complete generation did not become current by itself.
type Reason struct {
	Code  string   `json:"code"`
	Names []string `json:"names,omitempty"` // for names_missing: which, safe to show
}

// The codes of Reason.
const (
	ReasonNamesMissing  = "names_missing"
	ReasonNotLater      = "does_not_expire_later"
	ReasonExpired       = "expired"
	ReasonNotYetValid   = "not_yet_valid"
	ReasonNoServerAuth  = "no_server_auth"
	ReasonTrustLost     = "trust_lost"
	ReasonWeakKey       = "weak_key"
	ReasonCurrentHasKey = "current_has_key" // a certificate-only set cannot follow one with a key

	maxNamesInReason = 20
)

// Unfit says whether one of the reasons is for good: nobody activates a generation with a weak key, its certificate has to be issued
// anew. All others somebody may overrule.
func Unfit(reasons []Reason) bool {
	return slices.ContainsFunc(reasons, func(r Reason) bool { return r.Code == ReasonWeakKey })
}

// Set is an opened generation: what the rules look at.
type Set struct {
	Leaf  *cert.Certificate
	Chain []*cert.Certificate
	Key   bool
}

// Blocks answers why next may not become current by itself when cur is (nil when there is none). An empty answer means
// it may. A set whose leaf is the very one of cur only has to bring something more: its key, or a longer chain.
func Blocks(cur, next *Set, roots *x509.CertPool, now time.Time) []Reason {
	var out []Reason
	add := func(code string) { out = append(out, Reason{Code: code}) }
	if next.Leaf.Weak() {
		add(ReasonWeakKey)
	}
	if !next.Leaf.NotAfter.After(now) {
		add(ReasonExpired)
	}
	if next.Leaf.NotBefore.After(now) {
		add(ReasonNotYetValid)
	}
	if cur == nil {
		return out
	}
	if cur.Leaf.ServerAuth() && !next.Leaf.ServerAuth() {
		add(ReasonNoServerAuth)
	}
	if cur.Key && !next.Key {
		add(ReasonCurrentHasKey)
	}
	same := cur.Leaf.Fingerprint == next.Leaf.Fingerprint
	if missing := cert.MissingNames(next.Leaf, cur.Leaf); len(missing) > 0 {
		out = append(out, Reason{Code: ReasonNamesMissing, Names: missing[:min(len(missing), maxNamesInReason)]})
	}
	if !same && !next.Leaf.NotAfter.After(cur.Leaf.NotAfter) {
		add(ReasonNotLater)
	}
	if !same && cert.TrustedWhenValid(cur.Leaf, cur.Chain, roots) && !cert.Trusted(next.Leaf, next.Chain, roots, now) {
		add(ReasonTrustLost)
	}
	return out
}
