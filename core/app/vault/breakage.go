package vault

import (
	"context"
	"errors"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Breakage is what deleting rows would break.
type Breakage struct {
	Rows   []artifact.Artifact // that would go
	Lost   []intake.Lost       // generations that would lose something; at most 200
	More   int                 // how many are not in Lost
	Groups []GroupLoss         // whose devices would get something else, or nothing
}

// Clean says whether nothing rests on the rows.
func (b *Breakage) Clean() bool { return len(b.Lost) == 0 }

// GroupLoss is a group whose current generation would be another, or would lose its key.
type GroupLoss struct {
	Before, After group.Group     // After.Current 0: nothing would be current; see HasKey too
	Targets       []target.Target // bound to it, at most 20; Before.Targets says how many
}

const lossTargets = 20

// errRehearsed rolls a rehearsal back.
var errRehearsed = errors.New("vault: a rehearsal is never kept")

// WhatBreaks answers what DeleteMany of these rows would break, and changes nothing: the deletion is carried out and rolled
// back, so that what is said is what would happen. It asks for the right to change rows, not to delete them: to look
// needs no recent proof of identity. Faults: bad_ids, NotFound.
func (s *Service) WhatBreaks(ctx context.Context, actor tenant.Actor, ids []artifact.ID) (b Breakage, err error) {
	if err := actor.Allow(tenant.ArtifactUpdate); err != nil {
		return Breakage{}, err
	}
	if err := checkMany(ids); err != nil {
		return Breakage{}, err
	}
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		r := rehearsal{tx: tx, before: map[string]group.Group{}}
		for _, id := range ids {
			if err := r.remove(ctx, s, actor, id); err != nil {
				return err
			}
		}
		if err := r.compare(ctx); err != nil {
			return err
		}
		b = r.Breakage
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return b, nil
	}
	return Breakage{}, err
}

type rehearsal struct {
	Breakage
	tx     ports.Tx
	before map[string]group.Group
	order  []string // of before
}

// remove deletes a row, and remembers how the groups were whose generations use it.
func (r *rehearsal) remove(ctx context.Context, s *Service, actor tenant.Actor, id artifact.ID) error {
	a, err := r.tx.Artifacts().Get(ctx, id)
	if err != nil {
		return err
	}
	gens, err := r.tx.Generations().Using(ctx, id)
	if err != nil {
		return err
	}
	for _, g := range gens {
		if _, known := r.before[g.Group]; known {
			continue
		}
		if r.before[g.Group], err = r.tx.Groups().Get(ctx, g.Group); err != nil {
			return err
		}
		r.order = append(r.order, g.Group)
	}
	lost, err := s.remove(ctx, r.tx, actor, a, true)
	if err != nil {
		return err
	}
	r.Rows = append(r.Rows, a)
	room := min(len(lost), lostMost-len(r.Lost))
	r.Lost, r.More = append(r.Lost, lost[:room]...), r.More+len(lost)-room
	return nil
}

// compare finds the groups whose devices would notice.
func (r *rehearsal) compare(ctx context.Context) error {
	for _, id := range r.order {
		l := GroupLoss{Before: r.before[id]}
		var err error
		if l.After, err = r.tx.Groups().Get(ctx, id); err != nil {
			return err
		}
		if l.After.Current == l.Before.Current && l.After.HasKey == l.Before.HasKey {
			continue
		}
		if l.Targets, err = targetsOf(ctx, r.tx, id, lossTargets); err != nil {
			return err
		}
		r.Groups = append(r.Groups, l)
	}
	return nil
}
