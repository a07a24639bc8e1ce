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
	chainLinks = 10  // how far up issuers are looked for
	poolMax    = 150 // how many candidates are opened
)

// chain builds the chain of set from every issuer the tenant has but the one given, and notes it in g.
func (h *hand) chain(ctx context.Context, set *group.Set, g *group.Generation, without artifact.ID) error {
	pool, ids, err := h.issuers(ctx, set.Leaf, without)
	if err != nil {
		return err
	}
	set.Chain, g.Missing = cert.Chain(set.Leaf, pool, h.s.Roots, h.tx.Now())
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

// above is an issuer that is looked for: by the hash of its name and by its key id, when the child names one.
type above struct{ name, key string }

func issuerOf(c *cert.Certificate) above {
	return above{nameHash(c.X509.RawIssuer), c.AuthorityKeyID}
}

// issuers opens the CA certificates that can stand above leaf, level by level.
func (h *hand) issuers(ctx context.Context, leaf *cert.Certificate, without artifact.ID) ([]*cert.Certificate, map[string]artifact.ID, error) {
	var pool []*cert.Certificate
	ids := map[string]artifact.ID{}
	seen := map[above]bool{}
	level := []above{issuerOf(leaf)}
	for range chainLinks {
		var next []above
		for _, want := range level {
			if seen[want] {
				continue
			}
			seen[want] = true
			rows, err := h.tx.Artifacts().Issuers(ctx, want.name, want.key)
			if err != nil {
				return nil, nil, err
			}
			for _, r := range rows {
				if _, have := ids[r.Fingerprint]; have || len(pool) == poolMax || r.Fingerprint == leaf.Fingerprint || r.ID == without {
					continue
				}
				c, err := h.certificate(ctx, r.ID)
				if err != nil {
					return nil, nil, err
				}
				pool, ids[c.Fingerprint] = append(pool, c), r.ID
				next = append(next, issuerOf(c))
			}
		}
		if len(next) == 0 {
			break
		}
		level = next
	}
	return pool, ids, nil
}

// certificate opens a certificate row once in a transaction.
func (h *hand) certificate(ctx context.Context, id artifact.ID) (*cert.Certificate, error) {
	if c := h.opened[id]; c != nil {
		return c, nil
	}
	c, err := Certificate(ctx, h.tx, h.s.Sealer, id)
	if err == nil {
		h.opened[id] = c
	}
	return c, err
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

// set opens the leaf and chain of a generation.
func (h *hand) set(ctx context.Context, g *group.Generation) (*group.Set, error) {
	leaf, err := h.certificate(ctx, g.Leaf)
	if err != nil {
		return nil, err
	}
	set := &group.Set{Leaf: leaf, Key: g.Key != ""}
	for _, id := range g.Chain {
		c, err := h.certificate(ctx, id)
		if err != nil {
			return nil, err
		}
		set.Chain = append(set.Chain, c)
	}
	return set, nil
}
