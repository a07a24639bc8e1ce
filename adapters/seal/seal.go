// Package seal keeps secrets unreadable at rest.
//
// Every tenant has a Tink keyset of its own (XAES-256-GCM), and so has the platform (tenant ""). A keyset is stored
// wrapped by the key-encryption key, the KEK, which is never in the database: it lies in a file or in the environment.
// A sealed value is bound to its tenant, table, column and row, and opens nowhere else.
//
//	s, err := seal.New(seal.Deps{Keysets: store.Keysets(), Source: "file:/var/lib/ignisfox/kek", Now: time.Now, Log: log})
//	err = s.Start(ctx)   // finds or makes the KEK, or says what is wrong with it
//	defer s.Stop()
//	blob, err := s.Seal(ctx, ports.Place{Tenant: t, Table: "artifacts", Column: "payload", Row: id}, plain)
//
// The envelope is a version byte (0x01) and a Tink ciphertext, which begins with the id of the data key.
//
// A KEK source holds one key a line, the first being the one that wraps, the others still able to unwrap:
//
//	ignisfox-kek-1 <id, 8 hex digits> <base64 of 32 bytes>
//
// A line that ends with the word staged holds a key that wraps nothing yet (see RotateKEK). A file is made by Start, but only for a database that was never used with any KEK. It is never made again.
package seal

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	envelopeV1 = 0x01
	// minEnvelope is version, Tink prefix (5), salt and nonce (24) and tag (16).
	minEnvelope = 1 + 5 + 24 + 16

	cacheMax  = 1000
	cacheIdle = 5 * time.Minute
	cacheAge  = time.Hour
	sweepTick = time.Minute
	// loadWait bounds one unwrapping, which outlives the request that began it as others may wait for it too.
	loadWait = 10 * time.Second
	// rereadEvery is how long nobody looks at the source again after a look that did not find the wanted KEK.
	rereadEvery = 5 * time.Second
	missedMax   = 100 // KEKs of which that is remembered
)

// Deps is what a Sealer needs.
type Deps struct {
	Keysets ports.Keysets
	Source  string // "file:PATH" or "env:NAME"
	Now     func() time.Time
	Log     *slog.Logger
	// Existing makes Start refuse a database that was never used (fault no_kek_yet) instead of making its KEK.
	Existing bool
}

// Sealer is the ports.Sealer of every command. It is safe for concurrent use once Start has answered.
type Sealer struct {
	keysets ports.Keysets
	source  source
	now     func() time.Time
	log     *slog.Logger
	// existing: see Deps.
	existing bool

	ring  atomic.Pointer[ring]
	cache *cache

	reading sync.Mutex // one reading of the source at a time
	// missed is when the source was last read in vain for a KEK. The database may be damaged, so that it is bounded.
	// Guarded by reading.
	missed map[string]time.Time

	stop    context.CancelFunc
	stopped chan struct{}
}

var _ ports.Sealer = (*Sealer)(nil)

// New checks the form of the source; it touches neither the file nor the database.
func New(d Deps) (*Sealer, error) {
	src, err := parseSource(d.Source)
	if err != nil {
		return nil, err
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Sealer{
		keysets: d.Keysets, source: src, now: d.Now, log: d.Log, existing: d.Existing, missed: map[string]time.Time{},
		cache: newCache(cacheMax, cacheIdle, cacheAge, d.Now),
	}, nil
}

// Seal implements ports.Sealer.
func (s *Sealer) Seal(ctx context.Context, at ports.Place, plain secret.Bytes) ([]byte, error) {
	ad, err := placeAD(at)
	if err != nil {
		return nil, err
	}
	k, err := s.keys(ctx, at.Tenant)
	if err != nil {
		return nil, err
	}
	ct, err := k.aead.Encrypt(plain.Reveal(), ad)
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}
	out := make([]byte, 1+len(ct))
	out[0] = envelopeV1
	copy(out[1:], ct)
	return out, nil
}

// Open implements ports.Sealer.
func (s *Sealer) Open(ctx context.Context, at ports.Place, sealed []byte) (secret.Bytes, error) {
	ad, err := placeAD(at)
	if err != nil {
		return secret.Bytes{}, err
	}
	if len(sealed) < minEnvelope || sealed[0] != envelopeV1 {
		return secret.Bytes{}, cannotUnseal(fmt.Errorf("open %s.%s %s: no envelope", at.Table, at.Column, at.Row))
	}
	k, err := s.keys(ctx, at.Tenant)
	if err != nil {
		return secret.Bytes{}, err
	}
	plain, err := k.aead.Decrypt(sealed[1:], ad)
	if err != nil {
		return secret.Bytes{}, cannotUnseal(fmt.Errorf("open %s.%s %s: %w", at.Table, at.Column, at.Row, err))
	}
	return secret.NewBytes(plain), nil
}

// NewKeyset implements ports.Sealer. It reads the source first, as the KEK may have been rotated by another process:
// a keyset is wrapped by the KEK that the platform's is under. When that one is retired before the caller commits, the
// store refuses the keyset with kek_retired, and the caller asks for another. The keys serve once it has committed.
func (s *Sealer) NewKeyset(ctx context.Context, id tenant.ID) (ports.WrappedKeyset, error) {
	r, err := s.readSource(ctx)
	if err != nil {
		return ports.WrappedKeyset{}, fault.Wrap(err, fault.Unavailable, "keys_unavailable",
			"The key that protects secrets cannot be read now. Ask the operator to look at the log.")
	}
	return newKeyset(r.wraps, id)
}

// Forget implements ports.Sealer.
func (s *Sealer) Forget(id tenant.ID) { s.cache.forget(id) }

// MAC implements ports.Sealer. The key of a purpose is derived from a root that is wrapped beside the platform's
// keyset and stays the same through every rotation.
func (s *Sealer) MAC(ctx context.Context, purpose string, data []byte) ([]byte, error) {
	k, err := s.keys(ctx, "")
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, k.macRoot, nil, "ifx1 mac "+purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive mac key: %w", err)
	}
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil), nil
}

// keys answers a tenant's unwrapped keys, from memory when they are there.
func (s *Sealer) keys(ctx context.Context, id tenant.ID) (*keys, error) {
	return s.cache.get(ctx, id, s.load)
}

// load reads and unwraps a tenant's keyset. A rotation may move the keyset and take its old KEK out of the source between
// the two; then it is read once more.
func (s *Sealer) load(ctx context.Context, id tenant.ID) (*keys, error) {
	w, k, err := s.wrapped(ctx, id)
	if err != nil && k == nil && w.KEK != "" {
		if again, kerr := s.keysets.Keyset(ctx, id); kerr == nil && again.KEK != w.KEK {
			w, k, err = s.wrapped(ctx, id)
		}
	}
	if err != nil {
		return nil, err
	}
	ks, err := unwrap(k, id, w.Blob)
	if err != nil {
		return nil, cannotUnseal(fmt.Errorf("keyset of tenant %q under KEK %s: %w", id, k.id, err))
	}
	return ks, nil
}

// wrapped reads a tenant's keyset and finds its KEK. When only that fails it answers the keyset with the error.
func (s *Sealer) wrapped(ctx context.Context, id tenant.ID) (ports.WrappedKeyset, *kek, error) {
	w, err := s.keysets.Keyset(ctx, id)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return ports.WrappedKeyset{}, nil, fault.Wrap(err, fault.NotFound, "not_found", "There is no such tenant.")
	}
	if err != nil {
		return ports.WrappedKeyset{}, nil, fmt.Errorf("keyset of tenant %q: %w", id, err)
	}
	k, err := s.kekFor(ctx, w.KEK)
	if err != nil {
		return w, nil, cannotUnseal(fmt.Errorf("keyset of tenant %q: %w", id, err))
	}
	return w, k, nil
}

// kekFor answers the KEK of this id. When it is unknown, perhaps as another process has rotated it, the source is read
// again.
func (s *Sealer) kekFor(ctx context.Context, id string) (*kek, error) {
	r := s.ring.Load()
	if r == nil {
		return nil, errors.New("seal: not started")
	}
	if k := r.get(id); k != nil {
		return k, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	if k := s.ring.Load().get(id); k != nil {
		return k, nil // somebody else has just read it
	}
	now := s.now()
	if at, ok := s.missed[id]; ok && now.Sub(at) < rereadEvery {
		return nil, s.source.wrong([]string{id})
	}
	r, err := s.prove(ctx)
	if err != nil {
		s.miss(id, now)
		return nil, err
	}
	s.ring.Store(r)
	s.log.Info("read the KEK source again", "wanted", kekLabel(id), "primary", r.primary().id)
	if k := r.get(id); k != nil {
		return k, nil
	}
	s.miss(id, now)
	return nil, s.source.wrong([]string{id})
}

func (s *Sealer) miss(id string, now time.Time) {
	if len(s.missed) >= missedMax {
		clear(s.missed)
	}
	s.missed[id] = now
}

func cannotUnseal(cause error) error {
	return fault.Wrap(cause, fault.Internal, "cannot_unseal", "A stored secret could not be opened.")
}
