// Package push is about the devices that pull: their targets and tokens, and what they get for them.
//
// Service is what people do with targets: make, change, rotate, delete. Puller is the other side, the path of every
// fetch:
//
//	p := push.NewPuller(push.PullerDeps{Store: store, Sealer: sealer, Forms: forms, Now: time.Now, Log: log})
//	p.Start(); defer p.Stop(ctx)
//	grant, err := p.Authorize(ctx, hash, addr)        // under the epoch of the store: never out of date
//	id, err := p.Find(ctx, grant, kind, pin)          // of the form; it is the ETag
//	body, err := p.Open(ctx, grant, id)               // one unsealing; wipe body.Plain
//	p.Record(grant, kind, addr)                       // written down later, in batches
package push

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// Deps are what the service needs. BaseURL is where devices reach the server, for the scripts.
type Deps struct {
	Store   ports.Store
	Sealer  ports.Sealer
	Now     func() time.Time
	Log     *slog.Logger
	BaseURL string
}

// Service is what people do with targets. It is safe for concurrent use.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// NewTarget is what a target is made of. Group is an id or a name.
type NewTarget struct {
	Name     string
	Type     target.Type
	Group    string
	Settings target.Settings
	Tags     []string
	Serving  Serving // none of it, for a pull target
}

// Get answers one target with its living tokens; fault NotFound.
func (s *Service) Get(ctx context.Context, actor tenant.Actor, targetID string) (t target.Target, err error) {
	if err := actor.Allow(tenant.TargetRead); err != nil {
		return t, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		t, err = find(ctx, tx, targetID)
		return err
	})
	s.dropDead(&t)
	return t, err
}

// dropDead leaves the living tokens in t: expired ones stay in the store for a week, and open nothing.
func (s *Service) dropDead(t *target.Target) {
	now := s.Now()
	t.Tokens = slices.DeleteFunc(t.Tokens, func(k target.Token) bool { return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) })
}

// Create makes a target with its first token, which is answered this once. Faults: bad_type, bad_name, bad_settings,
// bad_tags, group_without_key (all Invalid), NotFound for the group.
func (s *Service) Create(ctx context.Context, actor tenant.Actor, in NewTarget) (target.Target, secret.String, error) {
	none := secret.String{}
	if err := actor.Allow(tenant.TargetCreate); err != nil {
		return target.Target{}, none, err
	}
	t, err := in.checked(s.Now())
	if err != nil {
		return target.Target{}, none, err
	}
	tok, hash := token.New(token.Push)
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		g, err := intake.KeyedGroup(ctx, tx, in.Group)
		if err != nil {
			return err
		}
		t.ID, t.Group, t.CreatedAt = id.New("tgt", tx.Now()), g.ID, tx.Now()
		if err := tx.Targets().Insert(ctx, t); err != nil {
			return err
		}
		if err := tx.PushTokens().Insert(ctx, newToken(tx, t.ID, tok, hash)); err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, tenant.TargetCreate, t, map[string]string{"group": g.ID, "type": string(t.Type)}); err != nil {
			return err
		}
		t, err = tx.Targets().Get(ctx, t.ID)
		return err
	})
	if err != nil {
		return target.Target{}, none, err
	}
	return t, tok, nil
}

// Delete takes a target away; its tokens are dead with the commit. Faults NotFound; Conflict deployment_running.
func (s *Service) Delete(ctx context.Context, actor tenant.Actor, targetID string) error {
	if err := actor.Allow(tenant.TargetDelete); err != nil {
		return err
	}
	return s.update(ctx, actor, func(tx ports.Tx) error {
		t, err := find(ctx, tx, targetID)
		if err != nil {
			return err
		}
		if err := t.Idle(); err != nil {
			return err
		}
		if err := tx.Targets().Delete(ctx, t.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.TargetDelete, t, nil)
	})
}

// update runs fn alone among the writers of the tenant: whoever holds the end of the audit chain goes first, so that
// what fn reads is what it changes.
func (s *Service) update(ctx context.Context, actor tenant.Actor, fn func(ports.Tx) error) error {
	return s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if _, _, err := tx.Audit().Last(ctx); err != nil {
			return err
		}
		return fn(tx)
	})
}

func (s *Service) record(ctx context.Context, tx ports.Tx, actor tenant.Actor, action tenant.Action, t target.Target, details map[string]string) error {
	return audit.Record(ctx, tx.Audit(), s.Sealer, actor, tx.Now(), action, t.ID, t.Name, details)
}

func find(ctx context.Context, tx ports.Tx, targetID string) (target.Target, error) {
	if !id.Valid(targetID) {
		return target.Target{}, fault.Missing("target")
	}
	return tx.Targets().Get(ctx, targetID)
}

func newToken(tx ports.Tx, targetID string, tok secret.String, hash token.Hash) target.Token {
	return target.Token{
		ID: id.New("ptk", tx.Now()), Target: targetID, Hash: hash, Display: token.Display(tok), CreatedAt: tx.Now(),
	}
}
