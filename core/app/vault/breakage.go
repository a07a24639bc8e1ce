package vault

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Breakage is what deleting or moving rows would break.
type Breakage struct {
	Rows []artifact.Artifact // that would go, or be moved
	Lost []intake.Lost       // what generations would lose, by name of the group; at most 200
	More int                 // how many losses are not in Lost
	// Groups are those whose devices would get something else, or nothing: those with the most targets first, at most ten.
	Groups    []GroupLoss
	MoreBound int // how many more such groups have targets
	MoreFree  int // … and how many have none
	// Shown stands for all of this, also for what is not listed: DeleteShown and MoveShown carry out no more than it. Empty when nothing breaks.
	Shown string
}

// Clean says whether nothing rests on the rows.
func (b *Breakage) Clean() bool { return len(b.Lost) == 0 }

// GroupLoss is a group whose current generation would go, or would lose its key or a link of its chain.
type GroupLoss struct {
	Group, Name string
	What        string          // one of intake's Lost… words: the worst of it
	Targets     []target.Target // bound to it, at most 20, by name
	Bound       int             // how many targets there are
}

const (
	lossTargets = 20
	lossGroups  = 10
	// mostUses is how many uses are weighed. Rows with more are not deleted together.
	mostUses = 10_000
)

// WhatBreaks answers what DeleteMany of these rows would break. It only reads, and asks for the right to change rows, not for
// that to delete them: an API client may look with it. (The dashboard asks for a recent proof before its form all the same, so
// that nobody fills it in for nothing.) Faults: bad_ids, in_use when too much rests on them, NotFound.
func (s *Service) WhatBreaks(ctx context.Context, actor tenant.Actor, ids []artifact.ID) (b Breakage, err error) {
	if err := actor.Allow(tenant.ArtifactUpdate); err != nil {
		return Breakage{}, err
	}
	if err := checkMany(ids); err != nil {
		return Breakage{}, err
	}
	return s.breakage(ctx, actor, ids, func(tx ports.Tx) ([]loss, error) { return lossesOf(ctx, tx, ids, nil) })
}

// WhatMoveBreaks answers what MoveMany of these rows to that group (an id or a name; "" for none) would break. Faults as of
// WhatBreaks.
func (s *Service) WhatMoveBreaks(ctx context.Context, actor tenant.Actor, ids []artifact.ID, to string) (b Breakage, err error) {
	if err := actor.Allow(tenant.ArtifactUpdate); err != nil {
		return Breakage{}, err
	}
	if err := checkMany(ids); err != nil {
		return Breakage{}, err
	}
	return s.breakage(ctx, actor, ids, func(tx ports.Tx) ([]loss, error) { return moveLosses(ctx, tx, ids, to) })
}

func (s *Service) breakage(ctx context.Context, actor tenant.Actor, ids []artifact.ID, losses func(ports.Tx) ([]loss, error)) (b Breakage, err error) {
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		b = Breakage{}
		for _, id := range ids {
			a, err := tx.Artifacts().Get(ctx, id)
			if err != nil {
				return err
			}
			b.Rows = append(b.Rows, a)
		}
		lost, err := losses(tx)
		if err != nil {
			return err
		}
		b.Shown = digest(lost)
		return b.tell(ctx, tx, lost)
	})
	return b, err
}

// loss is what one generation would lose.
type loss struct {
	group.Use
	what string
}

// lossesOf answers what the generations lose that rest on the rows, as intake.Detach takes the rows out of them: in the order
// of the groups' names. A current generation that loses its key and a link is there twice. stays, nil for none, picks the uses
// that go on.
func lossesOf(ctx context.Context, tx ports.Tx, ids []artifact.ID, stays func(group.Use) bool) ([]loss, error) {
	uses, err := tx.Generations().Uses(ctx, ids, mostUses+1)
	if err != nil {
		return nil, err
	}
	if len(uses) > mostUses {
		return nil, fault.New(fault.Conflict, "in_use", "Too many generations use this. Choose fewer rows, or delete some of the groups first.")
	}
	if stays != nil {
		uses = slices.DeleteFunc(uses, stays)
	}
	var out []loss
	for len(uses) > 0 {
		n := slices.IndexFunc(uses, func(u group.Use) bool { return u.Group != uses[0].Group || u.Number != uses[0].Number })
		if n < 0 {
			n = len(uses)
		}
		for _, what := range losesOf(uses[:n]) {
			out = append(out, loss{uses[0], what})
		}
		uses = uses[n:]
	}
	return out, nil
}

// moveLosses answers what the generations lose that rest on the rows once these are moved, as intake.Leave takes them out.
func moveLosses(ctx context.Context, tx ports.Tx, ids []artifact.ID, to string) ([]loss, error) {
	home := ""
	if to != "" {
		g, err := intake.FindGroup(ctx, tx, to)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		home = cmp.Or(g.ID, to) // a name that no group has yet is none of those that lose something
	}
	var leave []artifact.ID
	for _, id := range ids {
		a, err := tx.Artifacts().Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if a.Group != home {
			leave = append(leave, id)
		}
	}
	if len(leave) == 0 {
		return nil, nil
	}
	return lossesOf(ctx, tx, leave, func(u group.Use) bool { return intake.Keeps(u, home) })
}

// losesOf answers what one generation loses whose parts these are.
func losesOf(uses []group.Use) (out []string) {
	as := map[string]bool{}
	for _, u := range uses {
		as[u.As] = true
	}
	if as[group.AsLeaf] || as[group.AsChain] && uses[0].State != group.Current {
		return []string{intake.LostGeneration}
	}
	if as[group.AsKey] {
		out = append(out, intake.LostKey)
	}
	if as[group.AsChain] {
		out = append(out, intake.LostLink)
	}
	return out
}

// digest stands for all losses, and for how many targets are concerned.
func digest(losses []loss) string {
	if len(losses) == 0 {
		return ""
	}
	h := sha256.New()
	for _, l := range losses {
		fmt.Fprintln(h, l.Group, l.Number, l.State, l.what, l.Targets)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// tell writes the losses down, and reads the targets of the groups that lose most.
func (b *Breakage) tell(ctx context.Context, tx ports.Tx, losses []loss) (err error) {
	var groups []GroupLoss
	for _, l := range losses {
		current := l.State == group.Current
		if len(b.Lost) < lostMost {
			b.Lost = append(b.Lost, intake.Lost{Group: l.Group, GroupName: l.GroupName, Number: l.Number, What: l.what, Current: current})
		} else {
			b.More++
		}
		if current && (len(groups) == 0 || groups[len(groups)-1].Group != l.Group) { // the worst comes first
			groups = append(groups, GroupLoss{Group: l.Group, Name: l.GroupName, What: l.what, Bound: l.Targets})
		}
	}
	slices.SortStableFunc(groups, func(x, y GroupLoss) int { return cmp.Compare(y.Bound, x.Bound) })
	for i, g := range groups {
		switch {
		case i < lossGroups:
			if g.Bound > 0 {
				if g.Targets, err = targetsOf(ctx, tx, g.Group, lossTargets); err != nil {
					return err
				}
				slices.SortStableFunc(g.Targets, func(x, y target.Target) int { return cmp.Compare(x.Name, y.Name) })
			}
			b.Groups = append(b.Groups, g)
		case g.Bound > 0:
			b.MoreBound++
		default:
			b.MoreFree++
		}
	}
	return nil
}

// asShown answers nil when no more and no less would break than what stands for shown.
func asShown(losses []loss, shown string) error {
	if digest(losses) != shown {
		return fault.New(fault.Conflict, "breaks_otherwise", "What this would break is not what the form showed, so nothing was done. Look again.")
	}
	return nil
}
