// Package account is about people and their rights: profile and preferences, members and invites, API tokens, owners made by
// command, the workspace itself and its audit trail.
//
//	s := account.New(account.Deps{…})
//	actor, err := s.Authenticate(ctx, bearer, addr) // for every request of the REST API
//	go s.Run(ctx)                                   // writes down when tokens were used
//
// Every use case but the operator's commands begins with actor.Allow; every write is recorded in the audit trail by the
// transaction that makes it.
package account

import (
	"context"
	"log/slog"
	"time"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const maxLimit = 200

// Deps of New.
type Deps struct {
	Store     ports.Store
	Sealer    ports.Sealer
	Passwords ports.Passwords
	Now       func() time.Time
	Log       *slog.Logger
}

// Service holds the use cases. It is safe for concurrent use.
type Service struct {
	Deps
	uses *people.Latest[useKey, ports.TokenUse]
}

// New makes the service. Nothing runs until Run is called.
func New(d Deps) *Service {
	return &Service{Deps: d, uses: people.NewLatest[useKey](func(ctx context.Context, uses []ports.TokenUse) error {
		return d.Store.Jobs().RecordUses(ctx, uses)
	})}
}

// record appends to the tenant's audit trail inside tx.
func (s *Service) record(ctx context.Context, tx ports.Tx, actor tenant.Actor, action tenant.Action,
	object, name string, details map[string]string,
) error {
	return audit.Record(ctx, tx.Audit(), s.Sealer, actor, tx.Now(), action, object, name, details)
}

// checkLimit bounds a page. 0 means the default is the caller's.
func checkLimit(limit int) error {
	if limit < 1 || limit > maxLimit {
		return fault.New(fault.Invalid, "bad_limit", "The limit is not usable.").Field("limit", "Give a number from 1 to 200.")
	}
	return nil
}
