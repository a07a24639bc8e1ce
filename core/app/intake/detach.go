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

// Lost is what a generation lost because a row was moved or deleted.
type Lost struct {
	Group     string // group id
	GroupName string
	Number    int
	What      string // one of the Lost… words
	Current   bool   // the generation was current
}

// What a generation can lose.
const (
	LostKey        = "key"        // it serves the certificate alone now
	LostLink       = "link"       // a generation with the chain that is left followed it
	LostGeneration = "generation" // it is gone
)

// detachRounds bounds how many pages of generations one row may be taken out of.
const detachRounds = 50

// Detach takes a row out of every generation that uses it, before it is deleted: one that loses its key serves the
// certificate alone, a current one that loses a link of its chain is followed by one with the chain that is left, all
// others go. Without confirm it changes nothing when a kept generation uses the row, and answers fault Conflict, code
// in_use, that names them.
func (s *Service) Detach(ctx context.Context, tx ports.Tx, actor tenant.Actor, a artifact.Artifact, confirm bool) ([]Lost, error) {
	return s.detach(ctx, tx, actor, a, confirm, func(group.Generation) bool { return true })
}

// Leave takes a row out of the generations that it can no longer serve once it is moved to another group ("" for none):
// those of its own group whose leaf it is, and whose key it is unless it will be ungrouped, where they still find it. A
// chain takes issuers from everywhere. Confirm as in Detach.
func (s *Service) Leave(ctx context.Context, tx ports.Tx, actor tenant.Actor, a artifact.Artifact, to string, confirm bool) ([]Lost, error) {
	return s.detach(ctx, tx, actor, a, confirm, func(g group.Generation) bool {
		return g.Leaf == a.ID && !Keeps(group.Use{Group: g.Group, As: group.AsLeaf}, to) ||
			g.Key == a.ID && !Keeps(group.Use{Group: g.Group, As: group.AsKey}, to)
	})
}

// Keeps says whether a generation goes on using a row so once the row is moved to another group ("" for none).
func Keeps(u group.Use, to string) bool {
	return u.Group == to || u.As == group.AsChain || u.As == group.AsKey && to == ""
}

func (s *Service) detach(ctx context.Context, tx ports.Tx, actor tenant.Actor, a artifact.Artifact, confirm bool, uses func(group.Generation) bool) ([]Lost, error) {
	var lost []Lost
	for range detachRounds {
		gens, err := tx.Generations().Using(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		gens = slices.DeleteFunc(gens, func(g group.Generation) bool { return !uses(g) })
		if len(gens) == 0 {
			return lost, nil
		}
		if !confirm {
			return nil, inUse(ctx, tx, a, gens)
		}
		slices.SortFunc(gens, func(x, y group.Generation) int {
			return cmp.Or(cmp.Compare(x.Group, y.Group), cmp.Compare(x.Number, y.Number))
		})
		for _, g := range gens {
			l, err := s.loosen(ctx, tx, actor, g.Group, g.Number, a.ID)
			if err != nil {
				return nil, err
			}
			lost = append(lost, l)
		}
	}
	return nil, fault.New(fault.Conflict, "in_use", "Too many generations use this. Delete some of the groups first.")
}

func (s *Service) loosen(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string, number int, a artifact.ID) (Lost, error) {
	h, err := s.take(ctx, tx, actor, groupID)
	if err != nil {
		return Lost{}, err
	}
	l := Lost{Group: groupID, GroupName: h.group.Name, Number: number, What: LostGeneration}
	g := h.find(number)
	if g == nil {
		return l, nil
	}
	l.Current = g.Current
	switch {
	case g.Key == a && g.Leaf != a:
		l.What, g.Key = LostKey, ""
		if err := tx.Forms().DropKeyed(ctx, g.ID); err != nil {
			return l, err
		}
		return l, tx.Generations().Update(ctx, *g)
	case g.Current && g.Leaf != a:
		l.What = LostLink
		if err := h.relink(ctx, g, a); err != nil {
			return l, err
		}
	case g.Current:
		if err := tx.Groups().Point(ctx, groupID, 0); err != nil {
			return l, err
		}
	}
	return l, tx.Generations().Delete(ctx, groupID, number)
}

func restOn(n int) string {
	if n == 1 {
		return "A kept generation rests on this."
	}
	return fmt.Sprintf("%d kept generations rest on this.", n)
}

// gets says how many targets get what is current.
func gets(targets int) string {
	switch targets {
	case 0:
		return "no target is bound"
	case 1:
		return "1 target gets it"
	default:
		return fmt.Sprintf("%d targets get it", targets)
	}
}

// inUse says what would break, for the first five generations.
func inUse(ctx context.Context, tx ports.Tx, a artifact.Artifact, gens []group.Generation) error {
	f := fault.New(fault.Conflict, "in_use", restOn(len(gens))+" Look at what would break, then confirm.")
	for i, g := range gens[:min(len(gens), 5)] {
		grp, err := tx.Groups().Get(ctx, g.Group)
		if err != nil {
			return err
		}
		words := fmt.Sprintf("%s, generation %d", grp.Name, g.Number)
		if g.Current {
			words += " (current, " + gets(grp.Targets) + ")"
		}
		switch {
		case g.Leaf == a.ID:
			words += ": it would be deleted."
		case g.Key == a.ID:
			words += ": it would lose its key and serve the certificate alone."
		case g.Current:
			words += ": one with a shorter chain would follow it."
		default:
			words += ": it would be deleted, with nothing to roll back to."
		}
		f = f.Field(fmt.Sprintf("use_%d", i+1), words)
	}
	return f
}
