// Package ingest takes certificates from pipelines: certbot hooks, acme.sh, CI jobs. It keeps the tokens they come with.
//
//	actor, err := svc.Authenticate(ctx, token, addr)
//	out, err := svc.Send(ctx, actor, ingest.Delivery{Group: "www.example.com", Files: files})
//
// A delivery is all or nothing, and sending it again changes nothing.
package ingest

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// NameRunes is how long a token's name may be.
const NameRunes = 200

// maxUsed bounds how many tokens' last minute of use is remembered; beyond it all are written down once more.
const maxUsed = 10_000

// ErrToken is the answer to every token that opens nothing.
var ErrToken = fault.New(fault.Unauthenticated, "invalid_token",
	"This token is not valid. It may have been revoked. Make a new one and try again.")

// Deps are what the service needs.
type Deps struct {
	Store  ports.Store
	Sealer ports.Sealer
	Intake *intake.Service
	Now    func() time.Time
	Log    *slog.Logger
}

// Service is ingest and its tokens. It is safe for concurrent use.
type Service struct {
	Deps
	mu   sync.Mutex
	used map[string]time.Time // by token id: the minute last written down
}

// New makes the service.
func New(d Deps) *Service { return &Service{Deps: d, used: map[string]time.Time{}} }

// NewToken is what a token is made of. Group is an id or a name, made when it is new; empty for no group.
type NewToken struct{ Name, Group string }

// List answers a page of tokens and the cursor of the next one. Fault bad_sort.
func (s *Service) List(ctx context.Context, actor tenant.Actor, q tenant.IngestTokenQuery) (list []tenant.IngestToken, next string, err error) {
	if err := actor.Allow(tenant.IngestTokenRead); err != nil {
		return nil, "", err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		list, next, err = tx.IngestTokens().List(ctx, q)
		return err
	})
	return list, next, err
}

// Get answers one token; fault NotFound.
func (s *Service) Get(ctx context.Context, actor tenant.Actor, tokenID string) (t tenant.IngestToken, err error) {
	if err := actor.Allow(tenant.IngestTokenRead); err != nil {
		return t, err
	}
	if !id.Valid(tokenID) {
		return t, fault.Missing("ingest token")
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		t, err = tx.IngestTokens().Get(ctx, tokenID)
		return err
	})
	return t, err
}

// Create makes a token, which is answered this once. Faults: bad_name, those of intake.EnsureGroup.
func (s *Service) Create(ctx context.Context, actor tenant.Actor, in NewToken) (out tenant.IngestToken, tok secret.String, err error) {
	if err := actor.Allow(tenant.IngestTokenCreate); err != nil {
		return out, secret.String{}, err
	}
	name := strings.TrimSpace(in.Name)
	if err := tenant.CheckName("name", name, NameRunes); err != nil {
		return out, secret.String{}, err
	}
	tok, hash := token.New(token.Ingest)
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		out = tenant.IngestToken{
			ID: id.New("itk", tx.Now()), Name: name, Hash: hash, Display: token.Display(tok), CreatedAt: tx.Now(), CreatedBy: actor.Name,
		}
		if in.Group != "" {
			g, err := intake.EnsureGroup(ctx, tx, in.Group)
			if err != nil {
				return err
			}
			out.Group, out.GroupName = g.ID, g.Name
		}
		if err := tx.IngestTokens().Insert(ctx, out); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.IngestTokenCreate, out, map[string]string{"token": out.Display, "group": out.Group})
	})
	if err != nil {
		return tenant.IngestToken{}, secret.String{}, err
	}
	return out, tok, nil
}

// Delete revokes a token: it is dead with the commit. Fault NotFound.
func (s *Service) Delete(ctx context.Context, actor tenant.Actor, tokenID string) error {
	if err := actor.Allow(tenant.IngestTokenDelete); err != nil {
		return err
	}
	if !id.Valid(tokenID) {
		return fault.Missing("ingest token")
	}
	return s.update(ctx, actor, func(tx ports.Tx) error {
		t, err := tx.IngestTokens().Get(ctx, tokenID)
		if err != nil {
			return err
		}
		if err := tx.IngestTokens().Delete(ctx, t.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.IngestTokenDelete, t, map[string]string{"token": t.Display})
	})
}

// Authenticate answers who comes with that token; ErrToken for any other text.
func (s *Service) Authenticate(ctx context.Context, raw secret.String, from netip.Addr) (tenant.Actor, error) {
	kind, hash, ok := token.Parse(raw.Reveal())
	if !ok || kind != token.Ingest {
		return tenant.Actor{}, ErrToken
	}
	g, err := s.Store.Lookup().IngestGrant(ctx, hash)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return tenant.Actor{}, ErrToken
		}
		return tenant.Actor{}, err
	}
	s.note(ctx, g, from)
	return tenant.Actor{
		Principal: tenant.PrincipalIngest, Tenant: g.Tenant, Name: g.Name, Credential: g.Token, Group: g.Group, Addr: from,
	}, nil
}

// note writes down, at most once a minute, that the token was used.
func (s *Service) note(ctx context.Context, g tenant.IngestGrant, from netip.Addr) {
	minute := s.Now().UTC().Truncate(time.Minute)
	s.mu.Lock()
	known := s.used[g.Token].Equal(minute)
	if !known {
		if len(s.used) >= maxUsed {
			clear(s.used)
		}
		s.used[g.Token] = minute
	}
	s.mu.Unlock()
	if known {
		return
	}
	use := ports.TokenUse{Tenant: g.Tenant, Kind: token.Ingest, ID: g.Token, At: minute, Address: from}
	if err := s.Store.Jobs().RecordUses(ctx, []ports.TokenUse{use}); err != nil {
		s.Log.WarnContext(ctx, "last use of an ingest token not recorded", "token", g.Token, "cause", err)
	}
}

// update takes the end of the audit chain first, so that the writers of one tenant pass one after the other.
func (s *Service) update(ctx context.Context, actor tenant.Actor, fn func(ports.Tx) error) error {
	return s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if _, _, err := tx.Audit().Last(ctx); err != nil {
			return err
		}
		return fn(tx)
	})
}

func (s *Service) record(ctx context.Context, tx ports.Tx, actor tenant.Actor, action tenant.Action, t tenant.IngestToken, details map[string]string) error {
	return audit.Record(ctx, tx.Audit(), s.Sealer, actor, tx.Now(), action, t.ID, t.Name, details)
}
