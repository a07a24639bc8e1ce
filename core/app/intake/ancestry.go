package intake

import (
	"bytes"
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/ports"
)

// Ancestry is who signed a certificate, as far as the vault and the roots of this server know.
type Ancestry struct {
	Links    []artifact.Artifact // from its issuer up, without the root
	Root     *artifact.Artifact  // the root, when the vault holds it
	RootName string              // of the root that the chain ends at; empty when it ends at none, or is self-signed
	Missing  string              // name of the issuer that is lacking
	Trusted  bool                // by the roots of this server, while all of it is valid: a complete chain may end at another root
}

// Ancestry builds the chain of a certificate from every issuer the tenant has, as a generation of it would be built, and
// looks for the root besides. It changes nothing.
func (s *Service) Ancestry(ctx context.Context, tx ports.Tx, leaf *cert.Certificate) (a Ancestry, err error) {
	h := &hand{s: s, tx: tx, opened: map[artifact.ID]*cert.Certificate{}}
	pool, ids, err := h.issuers(ctx, leaf, "")
	if err != nil {
		return a, err
	}
	chain, missing := cert.Chain(leaf, pool, s.Roots, tx.Now())
	a.Missing, a.Trusted = missing, cert.TrustedWhenValid(leaf, chain, s.Roots)
	last := leaf
	for _, c := range chain {
		row, err := tx.Artifacts().Get(ctx, ids[c.Fingerprint])
		if err != nil {
			return a, err
		}
		a.Links = append(a.Links, row)
		last = c
	}
	if missing != "" || last.SelfSigned {
		return a, nil
	}
	a.RootName = last.Issuer
	root := rootOf(last, pool)
	if root == nil {
		return a, nil // one of this server's
	}
	row, err := tx.Artifacts().Get(ctx, ids[root.Fingerprint])
	a.Root, a.RootName = &row, root.Subject
	return a, err
}

// rootOf answers the self-signed certificate of pool that signed c; nil when there is none.
func rootOf(c *cert.Certificate, pool []*cert.Certificate) *cert.Certificate {
	for _, p := range pool {
		if p.SelfSigned && bytes.Equal(p.X509.RawSubject, c.X509.RawIssuer) &&
			p.X509.CheckSignature(c.X509.SignatureAlgorithm, c.X509.RawTBSCertificate, c.X509.Signature) == nil {
			return p
		}
	}
	return nil
}
