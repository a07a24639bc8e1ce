package intake

import (
	"context"
	"slices"
	"strconv"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// hand works on the generations of one locked group.
type hand struct {
	s     *Service
	tx    ports.Tx
	actor tenant.Actor
	group group.Group
	gens  []group.Generation // greatest number first
	last  int                // greatest number made or completed
}

func (h *hand) find(number int) *group.Generation {
	i := slices.IndexFunc(h.gens, func(g group.Generation) bool { return g.Number == number })
	if i < 0 {
		return nil
	}
	return &h.gens[i]
}

// everKeyed says whether the group has, or had, a generation with a key: certificate-only ones then wait.
func (h *hand) everKeyed() bool {
	return slices.ContainsFunc(h.gens, func(g group.Generation) bool { return g.Key != "" })
}

// issues says whether ca is an issuer among the group's leaves rather than one of them: a self-signed CA certificate
// whose key is here serves as a leaf only where it signed none of the others.
func (h *hand) issues(ctx context.Context, ca artifact.Artifact, fresh []placed) (bool, error) {
	if !ca.CA {
		return false, nil
	}
	signed := func(o artifact.Artifact) bool { return o.IssuerHash == ca.SubjectHash && o.SPKI != ca.SPKI }
	for _, p := range fresh {
		if signed(p.art) {
			return true, nil
		}
	}
	for _, g := range h.gens {
		o, err := h.tx.Artifacts().Get(ctx, g.Leaf)
		if err != nil || signed(o) {
			return err == nil, err
		}
	}
	return false, nil
}

// number makes the generation of a leaf that is new in the group.
func (h *hand) number(ctx context.Context, leaf artifact.Artifact, source artifact.Source) error {
	if slices.ContainsFunc(h.gens, func(g group.Generation) bool { return g.Leaf == leaf.ID }) {
		return nil
	}
	n, err := h.tx.Groups().NextNumber(ctx, h.group.ID)
	if err != nil {
		return err
	}
	g := newGeneration(h.tx, h.group.ID, n, leaf, source)
	set, err := h.assemble(ctx, &g)
	if err != nil {
		return err
	}
	return h.place(ctx, g, set, h.tx.Generations().Insert)
}

// complete gives a waiting generation its key. A generation that is served without one keeps its chain: devices have it.
func (h *hand) complete(ctx context.Context, number int) error {
	g := h.find(number)
	if g == nil || g.Key != "" {
		return nil
	}
	served := g.ActivatedAt
	next := *g
	set, err := h.assemble(ctx, &next)
	if err != nil || next.Key == "" {
		return err
	}
	if !served.IsZero() {
		next.Chain, next.Missing, next.MissingHash = g.Chain, g.Missing, g.MissingHash
	}
	return h.place(ctx, next, set, h.tx.Generations().Update)
}

// lengthen follows a current generation, whose missing issuer has come, with one of the same leaf and key and the longer
// chain: a generation itself never changes.
func (h *hand) lengthen(ctx context.Context, number int) error {
	old := h.find(number)
	if old == nil || number != h.group.Current {
		return nil
	}
	leaf, err := h.tx.Artifacts().Get(ctx, old.Leaf)
	if err != nil {
		return err
	}
	probe := newGeneration(h.tx, h.group.ID, 0, leaf, old.Source)
	set, err := h.assemble(ctx, &probe)
	if err != nil || len(probe.Chain) <= len(old.Chain) || (probe.Key == "") != (old.Key == "") {
		return err
	}
	if probe.Number, err = h.tx.Groups().NextNumber(ctx, h.group.ID); err != nil {
		return err
	}
	return h.place(ctx, probe, set, h.tx.Generations().Insert)
}

// place stores the generation and moves the pointer to it when nothing speaks against that.
func (h *hand) place(ctx context.Context, g group.Generation, set *group.Set, store func(context.Context, group.Generation) error) error {
	g.Blocked = nil
	goes := false
	if set.Key || !h.everKeyed() {
		cur, err := h.currentSet(ctx)
		if err != nil {
			return err
		}
		if h.group.Current == g.Number {
			cur = nil // it is current already, and has just got its key
		}
		g.Blocked = group.Blocks(cur, set, h.s.Roots, h.tx.Now())
		goes = len(g.Blocked) == 0
	}
	h.last = max(h.last, g.Number)
	if i := slices.IndexFunc(h.gens, func(o group.Generation) bool { return o.Number == g.Number }); i >= 0 {
		h.gens[i] = g
	} else {
		h.gens = slices.Insert(h.gens, 0, g)
	}
	if err := store(ctx, g); err != nil {
		return err
	}
	if !goes || h.group.Current == g.Number {
		return nil
	}
	return h.point(ctx, h.find(g.Number), "new generation")
}

// point makes g the current generation and writes that down in the trail.
func (h *hand) point(ctx context.Context, g *group.Generation, why string) error {
	from := h.group.Current
	if old := h.find(from); old != nil {
		old.Current = false
	}
	g.ActivatedAt, g.Current = h.tx.Now(), true
	if err := h.tx.Generations().Update(ctx, *g); err != nil {
		return err
	}
	if err := h.tx.Groups().Point(ctx, h.group.ID, g.Number); err != nil {
		return err
	}
	h.group.Current = g.Number
	return audit.Record(ctx, h.tx.Audit(), h.s.Sealer, h.actor, h.tx.Now(), tenant.GroupActivate, h.group.ID, h.group.Name,
		map[string]string{"generation": strconv.Itoa(g.Number), "before": strconv.Itoa(from), "why": why})
}

// assemble opens the leaf, finds and proves its key, builds the chain, and notes all three in g.
func (h *hand) assemble(ctx context.Context, g *group.Generation) (*group.Set, error) {
	leaf, err := Certificate(ctx, h.tx, h.s.Sealer, g.Leaf)
	if err != nil {
		return nil, err
	}
	set := &group.Set{Leaf: leaf}
	keyID, err := h.s.keyFor(ctx, h.tx, g.LeafSPKI, h.group.ID)
	if err != nil {
		return nil, err
	}
	if keyID != "" {
		if set.Key, err = h.proves(ctx, leaf, keyID); err != nil {
			return nil, err
		}
	}
	if set.Key {
		g.Key = keyID
	}
	return set, h.s.chain(ctx, h.tx, set, g)
}

// proves opens the key and compares it with the leaf: the pointer moves only in the transaction that has seen the pair.
func (h *hand) proves(ctx context.Context, leaf *cert.Certificate, keyID artifact.ID) (bool, error) {
	pem, err := Payload(ctx, h.tx, h.s.Sealer, keyID)
	if err != nil {
		return false, err
	}
	defer pem.Wipe()
	key, err := cert.ParseKeyPEM(pem)
	if err != nil {
		return false, fault.Wrap(err, fault.Internal, "internal", "A stored key cannot be read.")
	}
	defer key.Wipe()
	return cert.Pairs(leaf, key), nil
}

func (h *hand) currentSet(ctx context.Context) (*group.Set, error) {
	g := h.find(h.group.Current)
	if g == nil {
		return nil, nil
	}
	return OpenSet(ctx, h.tx, h.s.Sealer, g)
}
