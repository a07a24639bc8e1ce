package intake

import (
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Activate makes a kept generation current because somebody says so: a staged one, or an earlier one to roll back to.
// It answers fault Conflict for one that waits for its key or holds a weak key. An issuer that came meanwhile completes
// the chain. The caller has asked actor.Allow.
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
	case g.Key == "" && h.group.Keyed:
		return fault.New(fault.Conflict, "waiting_for_key", "This generation waits for its key. Upload the key to the group, then activate it.")
	}
	if g.Missing != "" && g.ActivatedAt.IsZero() { // nobody has it yet, so its chain may still grow
		if _, err := h.assemble(ctx, g, ""); err != nil {
			return err
		}
	}
	if err := h.sound(ctx, g); err != nil {
		return err
	}
	if err := h.point(ctx, g, "by hand"); err != nil {
		return err
	}
	if g.Missing != "" {
		if err := h.lengthen(ctx, number); err != nil {
			return err
		}
	}
	return h.prune(ctx)
}

// sound refuses a generation with a weak key, and proves the pair once more.
func (h *hand) sound(ctx context.Context, g *group.Generation) error {
	leaf, err := h.certificate(ctx, g.Leaf)
	if err != nil {
		return err
	}
	if leaf.Weak() {
		return fault.New(fault.Conflict, "weak_key", "This certificate has a weak key and cannot become current. Have it issued anew with a stronger key.")
	}
	if g.Key == "" {
		return nil
	}
	pairs, err := h.proves(ctx, leaf, g.Key)
	if err == nil && !pairs {
		err = fault.New(fault.Internal, "internal", "The stored pair does not match.")
	}
	return err
}

// Placed does for rows that were moved into a group, or out of any, what Store does for new ones.
func (s *Service) Placed(ctx context.Context, tx ports.Tx, actor tenant.Actor, rows []artifact.Artifact) error {
	list := make([]placed, len(rows))
	for i, a := range rows {
		list[i] = placed{art: a}
	}
	return s.settle(ctx, tx, actor, list, arrival{source: artifact.SourceUpload})
}

// DeleteGroup deletes a group. Its rows stay, ungrouped; a key among them then serves the groups that wait for it.
func (s *Service) DeleteGroup(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string) error {
	var keys []artifact.Artifact
	q := artifact.Query{Kind: cert.KindKey, Group: groupID, Limit: 200}
	for range groupKeyPages {
		page, err := tx.Artifacts().List(ctx, q)
		if err != nil {
			return err
		}
		keys = append(keys, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if err := tx.Groups().Delete(ctx, groupID); err != nil {
		return err
	}
	for i := range keys {
		keys[i].Group, keys[i].GroupName = "", ""
	}
	return s.Placed(ctx, tx, actor, keys)
}

const groupKeyPages = 50

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
