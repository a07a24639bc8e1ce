package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Activate makes a kept generation current because somebody says so: a staged one, or an earlier one to roll back to.
// It answers fault Conflict for one that waits for its key or holds a weak key. The caller has asked actor.Allow.
func (s *Service) Activate(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string, number int) error {
	h, err := s.take(ctx, tx, actor, groupID)
	if err != nil {
		return err
	}
	g := h.find(number)
	switch {
	case g == nil:
		return fault.Missing("generation")
	case g.Current:
		return nil
	case g.Key == "" && h.everKeyed():
		return fault.New(fault.Conflict, "waiting_for_key", "This generation waits for its key. Upload the key to the group, then activate it.")
	}
	set, err := OpenSet(ctx, tx, s.Sealer, g)
	if err != nil {
		return err
	}
	if set.Leaf.Weak() {
		return fault.New(fault.Conflict, "weak_key", "This certificate has a weak key and cannot become current. Have it issued anew with a stronger key.")
	}
	if g.Key != "" {
		pairs, err := h.proves(ctx, set.Leaf, g.Key)
		if err != nil {
			return err
		}
		if !pairs {
			return fault.New(fault.Internal, "internal", "The stored pair does not match.")
		}
	}
	if err := h.point(ctx, g, "by hand"); err != nil {
		return err
	}
	return h.prune(ctx)
}

func (s *Service) take(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string) (*hand, error) {
	grp, err := tx.Groups().Lock(ctx, groupID)
	if err != nil {
		return nil, err
	}
	gens, err := tx.Generations().List(ctx, groupID)
	if err != nil {
		return nil, err
	}
	return &hand{s: s, tx: tx, actor: actor, group: grp, gens: gens}, nil
}

// Placed does for rows that were moved into a group, or out of any, what Store does for new ones.
func (s *Service) Placed(ctx context.Context, tx ports.Tx, actor tenant.Actor, rows []artifact.Artifact) error {
	list := make([]placed, len(rows))
	for i, a := range rows {
		list[i] = placed{art: a}
	}
	return s.settle(ctx, tx, actor, list, artifact.SourceUpload, map[string]int{})
}

// Detach takes a row out of every generation that uses it, before it is moved or deleted: one that loses its leaf or a
// link of its chain goes, one that loses its key becomes certificate-only. Without confirm it changes nothing when a
// kept generation uses the row, and answers fault Conflict, code in_use, that names them.
func (s *Service) Detach(ctx context.Context, tx ports.Tx, actor tenant.Actor, a artifact.Artifact, confirm bool) error {
	gens, err := tx.Generations().Using(ctx, a.ID)
	if err != nil || len(gens) == 0 {
		return err
	}
	if !confirm {
		return inUse(ctx, tx, gens)
	}
	slices.SortFunc(gens, func(x, y group.Generation) int {
		return cmp.Or(cmp.Compare(x.Group, y.Group), cmp.Compare(x.Number, y.Number))
	})
	for i := range gens {
		if err := s.loosen(ctx, tx, &gens[i], a.ID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) loosen(ctx context.Context, tx ports.Tx, g *group.Generation, a artifact.ID) error {
	if _, err := tx.Groups().Lock(ctx, g.Group); err != nil {
		return err
	}
	if g.Key == a {
		g.Key = ""
		if err := tx.Forms().DropKeyed(ctx, g.ID); err != nil {
			return err
		}
		return tx.Generations().Update(ctx, *g)
	}
	if g.Current {
		if err := tx.Groups().Point(ctx, g.Group, 0); err != nil {
			return err
		}
	}
	return tx.Generations().Delete(ctx, g.Group, g.Number)
}

// inUse says what would break: how many generations, and which are current.
func inUse(ctx context.Context, tx ports.Tx, gens []group.Generation) error {
	f := fault.New(fault.Conflict, "in_use", fmt.Sprintf("%d kept generation(s) use this. Confirm to go on: a generation that loses its key serves the certificate alone, one that loses its certificate or a link of its chain is deleted.", len(gens)))
	for i, g := range gens {
		if i == 5 {
			break
		}
		grp, err := tx.Groups().Get(ctx, g.Group)
		if err != nil {
			return err
		}
		words := fmt.Sprintf("Generation %d of %s", g.Number, grp.Name)
		if g.Current {
			words += fmt.Sprintf(" is current; %d target(s) use the group.", grp.Targets)
		}
		f = f.Field(fmt.Sprintf("generation_%d", i+1), words)
	}
	return f
}

// prune deletes the generations past the last group.Keep, but never the current one nor one that is on a target.
func (h *hand) prune(ctx context.Context) error {
	if len(h.gens) <= group.Keep {
		return nil
	}
	inUse, err := h.tx.Generations().OnTargets(ctx, h.group.ID)
	if err != nil {
		return err
	}
	slices.SortFunc(h.gens, func(a, b group.Generation) int { return b.Number - a.Number })
	for _, g := range h.gens[group.Keep:] {
		if g.Number == h.group.Current || slices.Contains(inUse, g.Number) {
			continue
		}
		if err := h.tx.Generations().Delete(ctx, h.group.ID, g.Number); err != nil {
			return err
		}
	}
	return nil
}
