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
	s      *Service
	tx     ports.Tx
	actor  tenant.Actor
	group  group.Group
	gens   []group.Generation // greatest number first
	opened map[artifact.ID]*cert.Certificate

	brought map[string]bool // SPKI of the private keys that came with the request
}

func (h *hand) find(number int) *group.Generation {
	i := slices.IndexFunc(h.gens, func(g group.Generation) bool { return g.Number == number })
	if i < 0 {
		return nil
	}
	return &h.gens[i]
}

// issues says whether ca is an issuer among the group's leaves rather than one of them: a self-signed CA certificate
// whose key is here serves as a leaf only where it signed none of the others. What is self-signed itself was signed by
// nobody else, whatever its name: a renewal with a new key looks like that.
func (h *hand) issues(ctx context.Context, ca artifact.Artifact, fresh []artifact.Artifact) (bool, error) {
	if !ca.CA {
		return false, nil
	}
	for _, o := range fresh {
		if o.IssuerHash == ca.SubjectHash && o.SubjectHash != o.IssuerHash {
			return true, nil
		}
	}
	for _, g := range h.gens {
		o, err := h.certificate(ctx, g.Leaf)
		if err != nil {
			return false, err
		}
		if !o.SelfSigned && nameHash(o.X509.RawIssuer) == ca.SubjectHash {
			return true, nil
		}
	}
	return false, nil
}

// number makes the generation of a leaf that has none in the group.
func (h *hand) number(ctx context.Context, leaf artifact.Artifact, fresh []artifact.Artifact, source artifact.Source) error {
	if slices.ContainsFunc(h.gens, func(g group.Generation) bool { return g.Leaf == leaf.ID }) {
		return nil
	}
	if issuer, err := h.issues(ctx, leaf, fresh); err != nil || issuer {
		return err
	}
	n, err := h.tx.Groups().NextNumber(ctx, h.group.ID)
	if err != nil {
		return err
	}
	g := newGeneration(h.tx, h.group.ID, n, leaf, source)
	set, err := h.assemble(ctx, &g, "")
	if err != nil {
		return err
	}
	return h.place(ctx, g, set, h.tx.Generations().Insert)
}

// complete gives a generation its key. One that is or was served without it keeps its chain, since devices have it; and
// one that gave way to another gets its key back, not its place.
func (h *hand) complete(ctx context.Context, number int) error {
	g := h.find(number)
	if g == nil || g.Key != "" {
		return nil
	}
	next := *g
	set, err := h.assemble(ctx, &next, "")
	if err != nil || next.Key == "" {
		return err
	}
	if g.ActivatedAt.IsZero() {
		return h.place(ctx, next, set, h.tx.Generations().Update)
	}
	if err := h.lets(&next); err != nil {
		return err
	}
	next.Chain, next.Missing, next.MissingHash = g.Chain, g.Missing, g.MissingHash
	*g = next
	if err := h.keyed(ctx); err != nil {
		return err
	}
	return h.tx.Generations().Update(ctx, next)
}

// keyed notes for good that the group has had a key.
func (h *hand) keyed(ctx context.Context) error {
	if h.group.Keyed {
		return nil
	}
	h.group.Keyed = true
	return h.tx.Groups().SetKeyed(ctx, h.group.ID)
}

// lengthen follows a current generation, whose missing issuer has come, with one of the same leaf and key and the longer
// chain: a generation itself never changes once it was served.
func (h *hand) lengthen(ctx context.Context, number int) error {
	old := h.find(number)
	if old == nil || number != h.group.Current {
		return nil
	}
	next, set, err := h.again(ctx, old, "")
	if err != nil || (next.Key == "") != (old.Key == "") {
		return err
	}
	if len(next.Chain) <= len(old.Chain) {
		if next.Missing == "" && old.Missing != "" { // what was missing is the root, which no chain holds
			old.Missing, old.MissingHash = "", ""
			return h.tx.Generations().Update(ctx, *old)
		}
		return nil
	}
	if next.Number, err = h.tx.Groups().NextNumber(ctx, h.group.ID); err != nil {
		return err
	}
	return h.place(ctx, next, set, h.tx.Generations().Insert)
}

// again assembles a generation of the same leaf as old, without a number yet.
func (h *hand) again(ctx context.Context, old *group.Generation, without artifact.ID) (group.Generation, *group.Set, error) {
	leaf, err := h.tx.Artifacts().Get(ctx, old.Leaf)
	if err != nil {
		return group.Generation{}, nil, err
	}
	next := newGeneration(h.tx, h.group.ID, 0, leaf, old.Source)
	set, err := h.assemble(ctx, &next, without)
	return next, set, err
}

// relink follows a generation that loses a link of its chain with one of the chain that is left, current when the old
// one was: what is served must not go away with an issuer.
func (h *hand) relink(ctx context.Context, old *group.Generation, without artifact.ID) error {
	next, _, err := h.again(ctx, old, without)
	if err != nil {
		return err
	}
	if next.Number, err = h.tx.Groups().NextNumber(ctx, h.group.ID); err != nil {
		return err
	}
	if err := h.tx.Generations().Insert(ctx, next); err != nil {
		return err
	}
	h.gens = slices.Insert(h.gens, 0, next)
	return h.point(ctx, h.find(next.Number), "a link of the chain was deleted")
}

// place stores the generation and moves the pointer to it when nothing speaks against that.
func (h *hand) place(ctx context.Context, g group.Generation, set *group.Set, store func(context.Context, group.Generation) error) error {
	g.Blocked = nil
	goes := false
	if set.Key {
		if err := h.keyed(ctx); err != nil {
			return err
		}
	}
	if set.Key || !h.group.Keyed {
		cur, err := h.currentSet(ctx)
		if err != nil {
			return err
		}
		g.Blocked = group.Blocks(cur, set, h.s.Roots, h.tx.Now())
		goes = len(g.Blocked) == 0
	}
	if i := slices.IndexFunc(h.gens, func(o group.Generation) bool { return o.Number == g.Number }); i >= 0 {
		h.gens[i] = g
	} else {
		h.gens = slices.Insert(h.gens, 0, g)
	}
	if err := store(ctx, g); err != nil {
		return err
	}
	if !goes {
		return nil
	}
	return h.point(ctx, h.find(g.Number), "new generation")
}

// point makes g the current generation and writes that down in the trail.
func (h *hand) point(ctx context.Context, g *group.Generation, why string) error {
	if err := h.lets(g); err != nil {
		return err
	}
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
	if err := announce(ctx, h.tx, h.group.ID); err != nil {
		return err
	}
	return audit.Record(ctx, h.tx.Audit(), h.s.Sealer, h.actor, h.tx.Now(), tenant.GroupActivate, h.group.ID, h.group.Name,
		map[string]string{"generation": strconv.Itoa(g.Number), "before": strconv.Itoa(from), "why": why})
}

// lets answers nil when the key of g, which is served or may be rolled back to from now on, may go to the group's targets:
// NotFresh for a browser without a recent proof of identity when the key lay in the vault and this group has not served it.
// Whoever has a target's token would get at it. A key that came with the request was theirs before.
func (h *hand) lets(g *group.Generation) error {
	if g.Key == "" || h.brought[g.LeafSPKI] {
		return nil
	}
	for _, o := range h.gens {
		if o.Key != "" && o.LeafSPKI == g.LeafSPKI && !o.ActivatedAt.IsZero() {
			return nil
		}
	}
	return h.actor.NeedsProof()
}

// assemble opens the leaf, finds and proves its key, builds the chain without the issuer given, and notes all in g.
func (h *hand) assemble(ctx context.Context, g *group.Generation, without artifact.ID) (*group.Set, error) {
	leaf, err := h.certificate(ctx, g.Leaf)
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
	return set, h.chain(ctx, set, g, without)
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
	return h.set(ctx, g)
}
