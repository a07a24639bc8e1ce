package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

var errUndone = errors.New("undo this")

// life does to a tenant whatever can be done to its rows, by chance, and knows what the overview must show of it.
type life struct {
	*kit
	id    tenant.ID
	rng   *rand.Rand
	shown map[artifact.ID]bool // what Expiring must show

	hours map[time.Time]int // when certificates ended at the check before
	ends  int               // artifact.Counts.Ends of then
}

// step does one thing in a transaction; one of five is undone, whatever it did. A conflict is no failure: the transaction goes on.
func (l *life) step() {
	l.Helper()
	undo := l.rng.IntN(5) == 0
	before := map[artifact.ID]bool{}
	for a, on := range l.shown {
		before[a] = on
	}
	err := l.try(l.id, func(tx ports.Tx) error {
		for range 1 + l.rng.IntN(3) {
			if err := l.some(tx); err != nil && fault.KindOf(err) != fault.Conflict {
				return err
			}
			l.look(tx)
		}
		if undo {
			return errUndone
		}
		return nil
	})
	if undo && errors.Is(err, errUndone) {
		l.shown, err = before, nil
	}
	l.ok(err)
}

func (l *life) some(tx ports.Tx) error {
	do := []func(ports.Tx) error{l.insertArtifact, l.insertArtifact, l.insertArtifact, l.deleteArtifact, l.moveArtifact, l.insertGroup,
		l.deleteGroup, l.insertGeneration, l.insertGeneration, l.point, l.point, l.activate, l.deleteGeneration, l.target, l.ingestToken}
	return do[l.rng.IntN(len(do))](tx)
}

func (l *life) insertArtifact(tx ports.Tx) error {
	a := l.cert("row")
	a.Kind = []cert.Kind{cert.KindCert, cert.KindCert, cert.KindCert, cert.KindPFX, cert.KindUnknown}[l.rng.IntN(5)]
	a.NotAfter = time.UnixMicro(l.rng.Int64N(40*3_600_000_000) - 10*3_600_000_000).UTC() // around 1970
	if l.rng.IntN(6) == 0 {
		a.NotAfter = time.Time{}
	}
	l.shown[a.ID] = a.Kind == cert.KindCert && !a.NotAfter.IsZero()
	return tx.Artifacts().Insert(l.ctx, a, nil)
}

func (l *life) rows(tx ports.Tx) []artifact.Artifact {
	var all []artifact.Artifact
	for q := (artifact.Query{Limit: 200}); ; {
		page, err := tx.Artifacts().List(l.ctx, q)
		l.ok(err)
		all = append(all, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
	}
}

func (l *life) groups(tx ports.Tx) []group.Group {
	page, err := tx.Groups().List(l.ctx, group.Query{Limit: 200})
	l.ok(err)
	if page.Next != "" {
		l.Fatal("more groups than a page holds")
	}
	return page.Items
}

func (l *life) targets(tx ports.Tx) []target.Target {
	page, err := tx.Targets().List(l.ctx, target.Query{Limit: 200})
	l.ok(err)
	return page.Items
}

func (l *life) tokens(tx ports.Tx) []tenant.IngestToken {
	list, _, err := tx.IngestTokens().List(l.ctx, tenant.IngestTokenQuery{Limit: 200})
	l.ok(err)
	return list
}

// one answers one of them by chance; ok is false when there is none.
func one[T any](l *life, of []T) (v T, ok bool) {
	if len(of) == 0 {
		return v, false
	}
	return of[l.rng.IntN(len(of))], true
}

func (l *life) deleteArtifact(tx ports.Tx) error {
	a, ok := one(l, l.rows(tx))
	if !ok {
		return nil
	}
	err := tx.Artifacts().Delete(l.ctx, a.ID)
	if err == nil {
		delete(l.shown, a.ID)
	}
	return err
}

func (l *life) moveArtifact(tx ports.Tx) error {
	a, ok := one(l, l.rows(tx))
	g, there := one(l, l.groups(tx))
	if !ok || !there {
		return nil
	}
	return tx.Artifacts().Move(l.ctx, a.ID, g.ID)
}

func (l *life) insertGroup(tx ports.Tx) error {
	return tx.Groups().Insert(l.ctx, group.Group{ID: l.newID("gr"), Name: fmt.Sprint("g", l.rng.IntN(9)), CreatedAt: start})
}

func (l *life) deleteGroup(tx ports.Tx) error {
	g, ok := one(l, l.groups(tx))
	if !ok || l.rng.IntN(3) > 0 {
		return nil
	}
	return tx.Groups().Delete(l.ctx, g.ID)
}

func (l *life) insertGeneration(tx ports.Tx) error {
	g, ok := one(l, l.groups(tx))
	certs := slices.DeleteFunc(l.rows(tx), func(a artifact.Artifact) bool { return a.Kind != cert.KindCert })
	leaf, there := one(l, certs)
	if !ok || !there {
		return nil
	}
	n, err := tx.Groups().NextNumber(l.ctx, g.ID)
	if err != nil {
		return err
	}
	gen := group.Generation{ID: l.newID("gn"), Group: g.ID, Number: n, Leaf: leaf.ID, CreatedAt: start}
	if l.rng.IntN(2) == 0 {
		gen.ActivatedAt = at(1)
	}
	return tx.Generations().Insert(l.ctx, gen)
}

func (l *life) generation(tx ports.Tx) (group.Generation, bool) {
	g, _ := one(l, l.groups(tx))
	gens, err := tx.Generations().List(l.ctx, g.ID)
	l.ok(err)
	return one(l, gens)
}

func (l *life) point(tx ports.Tx) error {
	n, ok := l.generation(tx)
	if !ok {
		return nil
	}
	if l.rng.IntN(6) == 0 {
		n.Number = 0
	}
	return tx.Groups().Point(l.ctx, n.Group, n.Number)
}

func (l *life) activate(tx ports.Tx) error {
	n, ok := l.generation(tx)
	if !ok {
		return nil
	}
	n.ActivatedAt = at(l.rng.IntN(2))
	return tx.Generations().Update(l.ctx, n)
}

func (l *life) deleteGeneration(tx ports.Tx) error {
	n, ok := l.generation(tx)
	if !ok {
		return nil
	}
	return tx.Generations().Delete(l.ctx, n.Group, n.Number)
}

func (l *life) target(tx ports.Tx) error {
	g, ok := one(l, l.groups(tx))
	t, there := one(l, l.targets(tx))
	switch {
	case there && l.rng.IntN(2) == 0:
		return tx.Targets().Delete(l.ctx, t.ID)
	case ok:
		return tx.Targets().Insert(l.ctx, target.Target{ID: l.newID("tg"), Name: "web", Type: target.TypePull, Group: g.ID, CreatedAt: start})
	}
	return nil
}

func (l *life) ingestToken(tx ports.Tx) error {
	if t, ok := one(l, l.tokens(tx)); ok && l.rng.IntN(2) == 0 {
		return tx.IngestTokens().Delete(l.ctx, t.ID)
	}
	return tx.IngestTokens().Insert(l.ctx, tenant.IngestToken{ID: l.newID("it"), Hash: l.hash(), CreatedAt: start})
}
