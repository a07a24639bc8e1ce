package push

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// What Authorize and Find answer. ErrToken is one for unknown, rotated, expired and deleted tokens and for addresses
// outside the target's networks: nobody learns which it was.
var (
	ErrToken = fault.New(fault.Unauthenticated, "invalid_token",
		"This token is not valid here. It may have been rotated, have expired, or its target was deleted. Replace the token and try again.")
	// ErrStale: what the grant spoke of went away after the token was authorized. Authorize again: by then another
	// generation is current.
	ErrStale = fault.New(fault.Unavailable, "form_changing", "The cert group is changing right now. Try again in a moment.")
	// ErrNotCurrent: the generation that was pinned is not the current one.
	ErrNotCurrent = fault.New(fault.Conflict, "not_current",
		"That generation is not the current one. Fetch again without it, or with the number in X-Ignisfox-Generation.")
)

// PullerDeps are what a Puller needs. CacheBytes is how much of sealed forms is kept in memory, 64 MiB unless set.
type PullerDeps struct {
	Store      ports.Store
	Sealer     ports.Sealer
	Forms      *form.Service
	Now        func() time.Time
	Log        *slog.Logger
	CacheBytes int
}

// Puller serves the fetches of devices. It is safe for concurrent use.
type Puller struct {
	PullerDeps
	gate     gate
	grants   grants
	last     stamp // of the read before; used inside the gate's read alone
	forms    *formCache
	recorder *recorder
}

// NewPuller makes a Puller; Start makes it write down what was fetched.
func NewPuller(d PullerDeps) *Puller {
	if d.CacheBytes == 0 {
		d.CacheBytes = defaultCacheBytes
	}
	p := &Puller{PullerDeps: d, forms: newFormCache(d.CacheBytes), recorder: newRecorder(d.Store, d.Log)}
	p.gate.read = p.readEpoch
	return p
}

// Start begins to write down fetches every few seconds.
func (p *Puller) Start() { p.recorder.start() }

// Stop ends that, after writing down what is left, as long as ctx allows.
func (p *Puller) Stop(ctx context.Context) error { return p.recorder.stop(ctx) }

// Flush writes down now what was fetched since the last time.
func (p *Puller) Flush(ctx context.Context) error { return p.recorder.flush(ctx) }

func (p *Puller) readEpoch(ctx context.Context) (stamp, error) {
	v, err := p.Store.Epoch(ctx)
	if err != nil {
		return stamp{}, err
	}
	if v < p.last.epoch {
		p.last.term++
	}
	p.last.epoch = v
	return p.last, nil
}

// Authorize answers what the token stands for now. What was committed before the call counts: it waits for a read of the
// store's epoch that began after it, and what is remembered holds only under exactly that value. Faults: ErrToken;
// Unavailable, code store_unavailable, when the store cannot be asked.
func (p *Puller) Authorize(ctx context.Context, h token.Hash, from netip.Addr) (*target.Grant, error) {
	at, err := p.gate.wait()
	if err != nil {
		return nil, unavailable(err)
	}
	g, ok := p.grants.get(at, h)
	if !ok {
		if g, err = p.lookUp(ctx, h); err != nil {
			return nil, unavailable(err)
		}
		p.grants.put(at, h, g)
	}
	// Time and address are the request's own, so this is never remembered.
	if g == nil || !admits(g, p.Now(), from) {
		return nil, ErrToken
	}
	return g, nil
}

// lookUp asks the store; a nil grant means that it does not know the token.
func (p *Puller) lookUp(ctx context.Context, h token.Hash) (*target.Grant, error) {
	g, err := p.Store.Lookup().PullGrant(ctx, h)
	if err == nil {
		return &g, nil
	}
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil //nolint:nilnil // that is the answer
	}
	return nil, err
}

func admits(g *target.Grant, now time.Time, from netip.Addr) bool {
	if !g.TokenExpires.IsZero() && !now.Before(g.TokenExpires) || !g.TargetExpires.IsZero() && !now.Before(g.TargetExpires) {
		return false
	}
	if len(g.AllowedCIDRs) == 0 {
		return true
	}
	for _, n := range g.AllowedCIDRs {
		if n.Contains(from) {
			return true
		}
	}
	return false
}

func unavailable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "store_unavailable", "The server cannot reach its store right now. Try again in a moment.")
}

// Find answers the id of the form that the target's device gets of its group's current generation, made when nobody
// fetched it before. pin, when not 0, is the only generation that will do. Faults: those of form.Ensure, ErrNotCurrent, ErrStale.
func (p *Puller) Find(ctx context.Context, g *target.Grant, kind group.FormKind, pin int) (formID string, err error) {
	switch {
	case g.Generation == "":
		return "", form.ErrNoCertificate
	case pin != 0 && pin != g.Number:
		return "", ErrNotCurrent
	case kind.HoldsKey() && !g.HasKey:
		return "", form.ErrNoKey
	case kind == group.FormPFX && g.PasswordVersion == 0:
		return "", form.ErrNoPassword
	case kind == group.FormChain && !g.HasChain:
		return "", form.ErrNoChain
	}
	key := group.FormKey{Generation: g.Generation, Kind: kind}
	if kind == group.FormPFX {
		key.Preset, key.PasswordVersion = string(g.Preset), g.PasswordVersion
	}
	if id, ok := g.Forms[key]; ok {
		return id, nil
	}
	f, err := p.Forms.Ensure(ctx, g.Tenant, g.Group, key)
	if errors.Is(err, form.ErrNoCertificate) || errors.Is(err, form.ErrNoKey) { // it had both when the grant was read
		return "", ErrStale
	}
	return f.ID, err
}

// Record notes a GET that was answered 200 or 304. It never blocks on the store.
func (p *Puller) Record(g *target.Grant, kind group.FormKind, from netip.Addr) {
	p.recorder.add(target.Fetch{
		Tenant: g.Tenant, Target: g.Target, Token: g.Token, At: p.Now().UTC().Truncate(time.Microsecond), Address: from,
		Kind: kind, Generation: g.Number,
	})
}
