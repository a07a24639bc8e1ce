// Package idempotency makes a write that is sent twice happen once.
//
// A client names its write with a key. Begin reserves the key and answers a context to do the work under; the first
// transaction that the work commits spends the reservation in the same commit, so no crash can part the work from the
// mark that it was done. The answer is kept sealed for 24 hours, because it may hold a secret that is shown once:
//
//	work, replay, err := s.Begin(ctx, actor, "POST /api/v1/targets", key, sum)
//	if replay != nil { … send replay again … }
//	… do the work under work.Context() …
//	work.Finish(answer)   // or work.Release() when it was refused
package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// Keep is how long an answer is kept.
	Keep = 24 * time.Hour
	// lease is how long one attempt may hold a key without having committed anything.
	lease  = 60 * time.Second
	maxKey = 200

	// An attempt that has committed stores its answer a moment later. So long we look again before we call it lost.
	lookAgain = 20
	lookPause = 50 * time.Millisecond
	busyRetry = 2 * time.Second
)

// Deps of New.
type Deps struct {
	Store  ports.Store
	Sealer ports.Sealer
	Now    func() time.Time
	Log    *slog.Logger
}

// Service keeps answers by key. It is safe for concurrent use.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// Answer is what was answered: enough to send it again, byte for byte.
type Answer struct {
	Status      int
	ContentType string
	Body        secret.Bytes
}

// Work is a granted reservation.
type Work struct {
	s       *Service
	outer   context.Context //nolint:containedctx // the answer is stored outside the context that carries the reservation
	inner   context.Context //nolint:containedctx // handed out by Context
	tenant  tenant.ID
	key     string
	attempt string
}

// Context is what the work must be done under.
func (w *Work) Context() context.Context { return w.inner }

// Begin reserves key for the actor and its credential, the route (its template) and the request whose hash is given. It answers either Work
// or the Answer that was given to the same request before. Faults: idempotency_key_reused (Invalid) when the key came
// with another request, in_progress (Conflict) while another attempt runs, already_done (Conflict) when the work was
// committed and its answer lost, bad_idempotency_key (Invalid).
func (s *Service) Begin(ctx context.Context, actor tenant.Actor, route, key string, request [32]byte) (*Work, *Answer, error) {
	if err := checkKey(key); err != nil {
		return nil, nil, err
	}
	row := rowKey(actor, route, key)
	// Keyed, because a plain hash of a short request would let a thief of the database try out what was in it.
	sum, err := s.Sealer.MAC(ctx, "idempotency", request[:])
	if err != nil {
		return nil, nil, err
	}
	attempt := id.New("att", s.Now())
	for look := 0; ; look++ {
		r, err := s.reserve(ctx, actor.Tenant, row, attempt, sum)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case r.Granted:
			once := ports.Once{Tenant: actor.Tenant, Key: row, Attempt: attempt}
			return &Work{
				s: s, outer: context.WithoutCancel(ctx), inner: ports.WithOnce(ctx, once),
				tenant: actor.Tenant, key: row, attempt: attempt,
			}, nil, nil
		case !bytes.Equal(r.BodyHash, sum):
			return nil, nil, reused()
		case r.Status != 0:
			a, err := s.open(ctx, actor.Tenant, row, r)
			return nil, a, err
		case !r.Spent:
			return nil, nil, inProgress()
		case look == lookAgain:
			return nil, nil, alreadyDone()
		}
		select {
		case <-ctx.Done():
			return nil, nil, inProgress()
		case <-time.After(lookPause):
		}
	}
}

func (s *Service) reserve(ctx context.Context, t tenant.ID, row, attempt string, sum []byte) (r ports.Reservation, err error) {
	err = s.Store.Tenant(t).Update(ctx, func(tx ports.Tx) error {
		r, err = tx.Idempotency().Reserve(ctx, row, attempt, sum, lease, Keep)
		return err
	})
	return r, err
}

// Finish keeps the answer. Work that was done stays done when this fails: the next attempt is told so.
func (w *Work) Finish(a Answer) {
	if err := w.finish(a); err != nil {
		w.s.Log.WarnContext(w.outer, "answer not kept for its idempotency key", "tenant", string(w.tenant), "cause", err)
	}
}

func (w *Work) finish(a Answer) error {
	plain, err := json.Marshal(envelope{a.ContentType, a.Body.Reveal()})
	if err != nil {
		return fmt.Errorf("envelope of the answer: %w", err)
	}
	defer clear(plain)
	sealed, err := w.s.Sealer.Seal(w.outer, place(w.tenant, w.key), secret.NewBytes(plain))
	if err != nil {
		return fmt.Errorf("seal the answer: %w", err)
	}
	return w.s.Store.Tenant(w.tenant).Update(w.outer, func(tx ports.Tx) error {
		return tx.Idempotency().Finish(w.outer, w.key, w.attempt, a.Status, sealed)
	})
}

// Release gives the key back after a refusal, so that a corrected request may use it. A key whose work was committed
// stays taken.
func (w *Work) Release() {
	err := w.s.Store.Tenant(w.tenant).Update(w.outer, func(tx ports.Tx) error {
		return tx.Idempotency().Release(w.outer, w.key, w.attempt)
	})
	if err != nil { // its lease ends within a minute
		w.s.Log.WarnContext(w.outer, "idempotency key not released", "tenant", string(w.tenant), "cause", err)
	}
}

type envelope struct {
	ContentType string
	Body        []byte
}

func (s *Service) open(ctx context.Context, t tenant.ID, row string, r ports.Reservation) (*Answer, error) {
	plain, err := s.Sealer.Open(ctx, place(t, row), r.Answer)
	if err != nil {
		return nil, fmt.Errorf("open the kept answer: %w", err)
	}
	defer plain.Wipe()
	var e envelope
	if err := json.Unmarshal(plain.Reveal(), &e); err != nil {
		return nil, fmt.Errorf("read the kept answer: %w", err)
	}
	return &Answer{Status: r.Status, ContentType: e.ContentType, Body: secret.NewBytes(e.Body)}, nil
}

func place(t tenant.ID, row string) ports.Place {
	return ports.Place{Tenant: t, Table: "idempotency", Column: "answer", Row: row}
}

// rowKey mixes who asked, with what and where into the client's key, each part with its length. The credential counts
// beside the person: an answer may hold more than another, lesser credential of the same person may see.
func rowKey(actor tenant.Actor, route, key string) string {
	h := sha256.New()
	for _, part := range []string{string(actor.Principal), string(actor.User), actor.Credential, route, key} {
		_ = binary.Write(h, binary.BigEndian, uint32(len(part))) //nolint:gosec // far below 4 GiB
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func checkKey(key string) error {
	ok := len(key) >= 1 && len(key) <= maxKey
	for i := 0; ok && i < len(key); i++ {
		ok = key[i] >= 0x20 && key[i] <= 0x7e
	}
	if ok {
		return nil
	}
	return fault.New(fault.Invalid, "bad_idempotency_key", "The Idempotency-Key must be 1 to 200 printable ASCII characters.")
}

func reused() error {
	return fault.New(fault.Invalid, "idempotency_key_reused",
		"This Idempotency-Key was used for another request. Use a new key for a new request.")
}

func inProgress() error {
	f := fault.New(fault.Conflict, "in_progress", "A request with this Idempotency-Key is still running. Try again in a moment.")
	f.RetryAfter = busyRetry
	return f
}

func alreadyDone() error {
	return fault.New(fault.Conflict, "already_done",
		"This request was already carried out, but its answer was lost. Look at the list for what it made; if a token was "+
			"shown in that answer, rotate or replace it.")
}
