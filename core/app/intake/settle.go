package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// todo is what has to be done in one group because of newly placed rows.
type todo struct {
	leaves []placed         // need a generation
	keyed  map[int]struct{} // generations that may get their key
	chains map[int]struct{} // current generations whose missing issuer has come
}

// settle numbers, pairs and activates whatever the placed rows make possible. made collects, by group, the greatest
// generation that was made or completed.
func (s *Service) settle(ctx context.Context, tx ports.Tx, actor tenant.Actor, rows []placed, source artifact.Source, made map[string]int) error {
	plan := map[string]*todo{}
	at := func(groupID string) *todo {
		if plan[groupID] == nil {
			plan[groupID] = &todo{keyed: map[int]struct{}{}, chains: map[int]struct{}{}}
		}
		return plan[groupID]
	}
	for _, p := range rows {
		if err := s.consequences(ctx, tx, p, at); err != nil {
			return err
		}
	}
	// Groups are locked in one order everywhere, so that two requests cannot wait for each other.
	for _, groupID := range slices.Sorted(maps.Keys(plan)) {
		n, err := s.settleGroup(ctx, tx, actor, groupID, plan[groupID], source)
		if err != nil {
			return fmt.Errorf("settle group %s: %w", groupID, err)
		}
		if n > 0 {
			made[groupID] = n
		}
	}
	return nil
}

// consequences notes which groups a new row touches.
func (s *Service) consequences(ctx context.Context, tx ports.Tx, p placed, at func(string) *todo) error {
	switch p.art.Kind {
	case cert.KindCert:
		leaf := p.row.leaf || !p.art.CA
		if !leaf && p.art.Group != "" { // a self-signed CA certificate whose key is here serves as a leaf
			key, err := s.keyFor(ctx, tx, p.art.SPKI, p.art.Group)
			if err != nil {
				return err
			}
			leaf = key != ""
		}
		if leaf && p.art.Group != "" {
			at(p.art.Group).leaves = append(at(p.art.Group).leaves, p)
		}
		if p.art.CA {
			gens, err := tx.Generations().MissingIssuer(ctx, p.art.SubjectHash)
			if err != nil {
				return err
			}
			for _, g := range gens {
				at(g.Group).chains[g.Number] = struct{}{}
			}
		}
	case cert.KindKey:
		gens, err := tx.Generations().WaitingFor(ctx, p.art.SPKI, p.art.Group)
		if err != nil {
			return err
		}
		for _, g := range gens {
			at(g.Group).keyed[g.Number] = struct{}{}
		}
		return s.leavesOf(ctx, tx, p.art, at)
	}
	return nil
}

// leavesOf finds certificates of the key's public key that have no generation yet: CA certificates that nobody could
// tell from an issuer before their key came.
func (s *Service) leavesOf(ctx context.Context, tx ports.Tx, key artifact.Artifact, at func(string) *todo) error {
	certs, err := tx.Artifacts().BySPKI(ctx, cert.KindCert, key.SPKI)
	if err != nil {
		return err
	}
	for _, c := range certs {
		if c.Group == "" || !c.CA || key.Group != "" && key.Group != c.Group {
			continue
		}
		at(c.Group).leaves = append(at(c.Group).leaves, placed{art: c})
	}
	return nil
}

func (s *Service) settleGroup(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string, t *todo, source artifact.Source) (int, error) {
	grp, err := tx.Groups().Lock(ctx, groupID)
	if err != nil {
		return 0, err
	}
	gens, err := tx.Generations().List(ctx, groupID)
	if err != nil {
		return 0, err
	}
	h := &hand{s: s, tx: tx, actor: actor, group: grp, gens: gens}
	for _, n := range slices.Sorted(maps.Keys(t.keyed)) {
		if err := h.complete(ctx, n); err != nil {
			return 0, err
		}
	}
	slices.SortStableFunc(t.leaves, func(a, b placed) int { return a.art.NotAfter.Compare(b.art.NotAfter) })
	for _, leaf := range t.leaves {
		if issues, err := h.issues(ctx, leaf.art, t.leaves); err != nil || issues {
			if err != nil {
				return 0, err
			}
			continue
		}
		if err := h.number(ctx, leaf.art, source); err != nil {
			return 0, err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(t.chains)) {
		if err := h.lengthen(ctx, n); err != nil {
			return 0, err
		}
	}
	return h.last, h.prune(ctx)
}

// keyFor answers the key row of that public key in the group, else among the ungrouped ones; "" when there is none.
func (s *Service) keyFor(ctx context.Context, tx ports.Tx, spki, groupID string) (artifact.ID, error) {
	keys, err := tx.Artifacts().BySPKI(ctx, cert.KindKey, spki)
	if err != nil {
		return "", err
	}
	var free artifact.ID
	for _, k := range keys {
		switch {
		case k.Group == groupID:
			return k.ID, nil
		case k.Group == "" && free == "":
			free = k.ID
		}
	}
	return free, nil
}

func newGeneration(tx ports.Tx, groupID string, number int, leaf artifact.Artifact, source artifact.Source) group.Generation {
	return group.Generation{
		ID: id.New("gen", tx.Now()), Group: groupID, Number: number, Leaf: leaf.ID, LeafSPKI: leaf.SPKI,
		Source: source, CreatedAt: tx.Now(),
	}
}
