package push

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// Rotate gives the target a new token, answered this once. Without grace every older token is dead with the commit, on
// every replica; with it they live on for that long, unless they end earlier. Grace is 0 to 72 hours. Faults: NotFound,
// bad_grace, Conflict too_many_tokens.
func (s *Service) Rotate(ctx context.Context, actor tenant.Actor, targetID string, grace time.Duration) (secret.String, error) {
	if err := actor.Allow(tenant.TargetRotate); err != nil {
		return secret.String{}, err
	}
	if grace < 0 || grace > target.MaxGrace {
		return secret.String{}, fault.New(fault.Invalid, "bad_grace", "The old token can live on for 0 to 72 hours.").
			Field("grace", "Give whole hours from 0 to 72.")
	}
	tok, hash := token.New(token.Push)
	err := s.update(ctx, actor, func(tx ports.Tx) error {
		t, err := find(ctx, tx, targetID)
		if err != nil {
			return err
		}
		if err := retire(ctx, tx, t.ID, grace); err != nil {
			return err
		}
		fresh := newToken(tx, t.ID, tok, hash)
		if err := tx.PushTokens().Insert(ctx, fresh); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.TargetRotate, t, map[string]string{"grace": grace.String(), "token": fresh.Display})
	})
	if err != nil {
		return secret.String{}, err
	}
	return tok, nil
}

// retire ends the target's tokens: now, or after grace.
func retire(ctx context.Context, tx ports.Tx, targetID string, grace time.Duration) error {
	old, err := tx.PushTokens().List(ctx, targetID)
	if err != nil {
		return err
	}
	end, alive := tx.Now().Add(grace), 0
	for _, o := range old {
		lives := o.ExpiresAt.IsZero() || o.ExpiresAt.After(tx.Now())
		switch {
		case grace == 0 || !lives:
			err = tx.PushTokens().Delete(ctx, o.ID)
		case o.ExpiresAt.IsZero() || o.ExpiresAt.After(end):
			alive++
			err = tx.PushTokens().Expire(ctx, o.ID, end)
		default:
			alive++
		}
		if err != nil {
			return err
		}
	}
	if alive >= target.MaxTokens {
		return fault.New(fault.Conflict, "too_many_tokens",
			"The target has 5 living tokens already. Wait until one has ended, or rotate without grace.")
	}
	return nil
}
