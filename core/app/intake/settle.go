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
	leaves []artifact.Artifact // need a generation
	keyed  []int               // generations that may get their key
	chains []int               // current generations whose missing issuer has come
}

// lengthenRounds bounds how many pages of generations one issuer may lengthen.
const lengthenRounds = 10

// arrival is how rows came to be where they are now.
type arrival struct {
	source artifact.Source
	keys   map[string]bool // SPKI of the private keys that whoever asks has brought, and so has already
}

// settle numbers, pairs and activates whatever the placed rows make possible.
func (s *Service) settle(ctx context.Context, tx ports.Tx, actor tenant.Actor, rows []placed, by arrival) error {
	plan := map[string]*todo{}
	for _, p := range rows {
		if err := s.consequences(ctx, tx, p, plan); err != nil {
			return err
		}
	}
	if err := s.carryOut(ctx, tx, actor, plan, by); err != nil {
		return err
	}
	return s.lengthenOthers(ctx, tx, actor, rows)
}

// lengthenOthers follows current generations whose missing issuer is among the rows with ones of a longer chain. A page
// is read again as long as it shows a generation that was not tried yet.
func (s *Service) lengthenOthers(ctx context.Context, tx ports.Tx, actor tenant.Actor, rows []placed) error {
	tried := map[string]bool{}
	for _, p := range rows {
		for round := 0; p.art.CA && p.art.Kind == cert.KindCert && round < lengthenRounds; round++ {
			gens, err := tx.Generations().MissingIssuer(ctx, p.art.SubjectHash)
			if err != nil {
				return err
			}
			plan := map[string]*todo{}
			for _, g := range gens {
				if !tried[g.ID] {
					tried[g.ID] = true
					t := at(plan, g.Group)
					t.chains = append(t.chains, g.Number)
				}
			}
			if len(plan) == 0 {
				break
			}
			if err := s.carryOut(ctx, tx, actor, plan, arrival{source: artifact.SourceUpload}); err != nil {
				return err
			}
		}
	}
	return nil
}

// carryOut does what is to be done, group by group in one order everywhere, so that two requests cannot wait for each
// other.
func (s *Service) carryOut(ctx context.Context, tx ports.Tx, actor tenant.Actor, plan map[string]*todo, by arrival) error {
	for _, groupID := range slices.Sorted(maps.Keys(plan)) {
		if err := s.settleGroup(ctx, tx, actor, groupID, plan[groupID], by); err != nil {
			return fmt.Errorf("settle group %s: %w", groupID, err)
		}
	}
	return nil
}

func at(plan map[string]*todo, groupID string) *todo {
	if plan[groupID] == nil {
		plan[groupID] = &todo{}
	}
	return plan[groupID]
}

// consequences notes which groups a new row touches.
func (s *Service) consequences(ctx context.Context, tx ports.Tx, p placed, plan map[string]*todo) error {
	switch {
	case p.art.Kind == cert.KindCert && p.art.Group != "":
		leaf := p.row.leaf || !p.art.CA
		if !leaf { // a self-signed CA certificate whose key is here serves as a leaf
			key, err := s.keyFor(ctx, tx, p.art.SPKI, p.art.Group)
			if err != nil {
				return err
			}
			leaf = key != ""
		}
		if leaf {
			t := at(plan, p.art.Group)
			t.leaves = append(t.leaves, p.art)
		}
	case p.art.Kind == cert.KindKey:
		gens, err := tx.Generations().WaitingFor(ctx, p.art.SPKI, p.art.Group)
		if err != nil {
			return err
		}
		for _, g := range gens {
			t := at(plan, g.Group)
			t.keyed = append(t.keyed, g.Number)
		}
		return s.leavesOf(ctx, tx, p.art, plan)
	}
	return nil
}

// leavesOf finds certificates of the key's public key that have no generation yet: CA certificates that nobody could
// tell from an issuer before their key came.
func (s *Service) leavesOf(ctx context.Context, tx ports.Tx, key artifact.Artifact, plan map[string]*todo) error {
	certs, err := tx.Artifacts().BySPKI(ctx, cert.KindCert, key.SPKI)
	if err != nil {
		return err
	}
	for _, c := range certs {
		if c.Group == "" || !c.CA || key.Group != "" && key.Group != c.Group {
			continue
		}
		t := at(plan, c.Group)
		t.leaves = append(t.leaves, c)
	}
	return nil
}

func (s *Service) settleGroup(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string, t *todo, by arrival) error {
	h, err := s.take(ctx, tx, actor, groupID)
	if err != nil {
		return err
	}
	h.brought = by.keys
	for _, n := range sorted(t.keyed) {
		if err := h.complete(ctx, n); err != nil {
			return err
		}
	}
	slices.SortStableFunc(t.leaves, func(a, b artifact.Artifact) int { return a.NotAfter.Compare(b.NotAfter) })
	for _, leaf := range t.leaves {
		if err := h.number(ctx, leaf, t.leaves, by.source); err != nil {
			return err
		}
	}
	for _, n := range sorted(t.chains) {
		if err := h.lengthen(ctx, n); err != nil {
			return err
		}
	}
	return h.prune(ctx)
}

func sorted(numbers []int) []int {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// take locks a group and reads its generations.
func (s *Service) take(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string) (*hand, error) {
	grp, err := tx.Groups().Lock(ctx, groupID)
	if err != nil {
		return nil, err
	}
	gens, err := tx.Generations().List(ctx, groupID)
	if err != nil {
		return nil, err
	}
	return &hand{s: s, tx: tx, actor: actor, group: grp, gens: gens, opened: map[artifact.ID]*cert.Certificate{}}, nil
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
