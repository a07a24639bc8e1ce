package intake

import (
	"context"
	"encoding/pem"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	chainLinks = 10 // how far up issuers are looked for
	poolMax    = 60 // how many candidates are opened
)

// chain builds the chain of set from every issuer the tenant has, and notes it in g.
func (s *Service) chain(ctx context.Context, tx ports.Tx, set *group.Set, g *group.Generation) error {
	pool, ids, err := s.issuers(ctx, tx, set.Leaf)
	if err != nil {
		return err
	}
	set.Chain, g.Missing = cert.Chain(set.Leaf, pool, s.Roots, tx.Now())
	g.Chain, g.MissingHash = nil, ""
	last := set.Leaf
	for _, c := range set.Chain {
		g.Chain = append(g.Chain, ids[c.Fingerprint])
		last = c
	}
	if g.Missing != "" {
		g.MissingHash = nameHash(last.X509.RawIssuer)
	}
	return nil
}

// issuers opens the CA certificates that can stand above leaf, level by level.
func (s *Service) issuers(ctx context.Context, tx ports.Tx, leaf *cert.Certificate) ([]*cert.Certificate, map[string]artifact.ID, error) {
	var pool []*cert.Certificate
	ids := map[string]artifact.ID{}
	seen := map[string]bool{}
	level := []string{nameHash(leaf.X509.RawIssuer)}
	for range chainLinks {
		var above []string
		for _, hash := range level {
			if seen[hash] {
				continue
			}
			seen[hash] = true
			rows, err := tx.Artifacts().Issuers(ctx, hash)
			if err != nil {
				return nil, nil, err
			}
			for _, r := range rows {
				if len(pool) == poolMax || r.Fingerprint == leaf.Fingerprint {
					continue
				}
				c, err := Certificate(ctx, tx, s.Sealer, r.ID)
				if err != nil {
					return nil, nil, err
				}
				pool, ids[c.Fingerprint] = append(pool, c), r.ID
				above = append(above, r.IssuerHash)
			}
		}
		if len(above) == 0 {
			break
		}
		level = above
	}
	return pool, ids, nil
}

// Certificate opens and parses a certificate row.
func Certificate(ctx context.Context, tx ports.Tx, sealer ports.Sealer, id artifact.ID) (*cert.Certificate, error) {
	open, err := Payload(ctx, tx, sealer, id)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(open.Reveal())
	if block == nil {
		return nil, fault.New(fault.Internal, "internal", "A stored certificate cannot be read.")
	}
	return cert.ParseCertificate(block.Bytes)
}

// OpenSet opens the leaf and chain of a generation.
func OpenSet(ctx context.Context, tx ports.Tx, sealer ports.Sealer, g *group.Generation) (*group.Set, error) {
	leaf, err := Certificate(ctx, tx, sealer, g.Leaf)
	if err != nil {
		return nil, err
	}
	set := &group.Set{Leaf: leaf, Key: g.Key != ""}
	for _, id := range g.Chain {
		c, err := Certificate(ctx, tx, sealer, id)
		if err != nil {
			return nil, err
		}
		set.Chain = append(set.Chain, c)
	}
	return set, nil
}
