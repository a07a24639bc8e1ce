package account

import (
	"context"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// maxTokens is how many API tokens one person may have in one workspace.
const maxTokens = 100

// Tokens answers a page of the actor's own API tokens, newest first, and the cursor of the next page.
func (s *Service) Tokens(ctx context.Context, actor tenant.Actor, limit int, cursor string) (out []tenant.APIToken, next string, err error) {
	if err := s.allowOwn(actor, tenant.APITokenRead); err != nil {
		return nil, "", err
	}
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		out, next, err = tx.APITokens().List(ctx, actor.User, limit, cursor)
		return err
	})
	return out, next, err
}

// NewToken asks for an API token. Without scopes it gets read and write.
type NewToken struct {
	Name      string
	Scopes    []string
	ExpiresAt *time.Time // nil: with the token that makes it, or never
}

// CreateToken makes an API token for the actor, with no more scopes than the actor has itself. The token is answered
// once and never again.
func (s *Service) CreateToken(ctx context.Context, actor tenant.Actor, in NewToken) (tenant.APIToken, secret.String, error) {
	if err := s.allowOwn(actor, tenant.APITokenCreate); err != nil {
		return tenant.APIToken{}, secret.String{}, err
	}
	scopes, err := scopesOf(in.Scopes)
	if err != nil {
		return tenant.APIToken{}, secret.String{}, err
	}
	for _, sc := range scopes {
		if !actor.HasScope(sc) {
			return tenant.APIToken{}, secret.String{}, fault.New(fault.Forbidden, "scope_exceeds_own",
				"A token cannot make one with more scopes than it has itself.").
				Field("scopes", "Leave out the scopes that your own token lacks.")
		}
	}
	raw, hash := token.New(token.API)
	var t tenant.APIToken
	err = s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if in.ExpiresAt != nil && !in.ExpiresAt.After(tx.Now()) {
			return fault.New(fault.Invalid, "bad_expiry", "The token would have expired already.").
				Field("expires_at", "Give a time in the future.")
		}
		t = newToken(tx.Now(), actor.User, in.Name, scopes, raw, hash)
		t.ExpiresAt = actor.Expires // nobody makes a token that outlives the one in hand
		if in.ExpiresAt != nil {
			t.ExpiresAt = in.ExpiresAt.UTC().Truncate(time.Microsecond)
		}
		if !actor.Expires.IsZero() && t.ExpiresAt.After(actor.Expires) {
			return fault.New(fault.Invalid, "bad_expiry", "A token cannot make one that outlives it.").
				Field("expires_at", "Give a time before your own token expires, or leave it out.")
		}
		return s.insertToken(ctx, tx, actor, t)
	})
	if err != nil {
		return tenant.APIToken{}, secret.String{}, err
	}
	return t, raw, nil
}

// DeleteToken revokes one of the actor's own tokens; it is dead for the next request.
func (s *Service) DeleteToken(ctx context.Context, actor tenant.Actor, tokenID string) error {
	if err := s.allowOwn(actor, tenant.APITokenDelete); err != nil {
		return err
	}
	if !id.Valid(tokenID) {
		return fault.Missing("token")
	}
	return s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if _, _, err := tx.Audit().Last(ctx); err != nil { // whoever writes in a tenant takes the end of its trail first
			return err
		}
		if err := tx.APITokens().Delete(ctx, actor.User, tokenID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, tenant.APITokenDelete, tokenID, "", nil)
	})
}

// OperatorToken asks for a token of somebody else: the operator's command.
type OperatorToken struct {
	Email  string
	Tenant string // name of the workspace
	Name   string
	Scopes []string // none: read and write, never export
}

// IssueToken makes an API token for a member of a workspace.
func (s *Service) IssueToken(ctx context.Context, in OperatorToken) (secret.String, error) {
	scopes, err := scopesOf(in.Scopes)
	if err != nil {
		return secret.String{}, err
	}
	raw, hash := token.New(token.API)
	err = s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		u, err := userByEmail(ctx, tx, in.Email)
		if err != nil {
			return err
		}
		work, err := tx.Tenants().ByName(ctx, strings.TrimSpace(in.Tenant))
		if fault.KindOf(err) == fault.NotFound {
			return fault.New(fault.NotFound, "no_such_tenant", "There is no workspace with this name.")
		}
		if err != nil {
			return err
		}
		inside := tx.In(work.ID)
		if _, err := inside.Members().Get(ctx, u.ID); fault.KindOf(err) == fault.NotFound {
			return fault.New(fault.NotFound, "not_a_member", "This person is not a member of this workspace.")
		} else if err != nil {
			return err
		}
		return s.insertToken(ctx, inside, tenant.Operator(work.ID), newToken(tx.Now(), u.ID, in.Name, scopes, raw, hash))
	})
	if err != nil {
		return secret.String{}, err
	}
	return raw, nil
}

// allowOwn is Allow for what only a person has.
func (s *Service) allowOwn(actor tenant.Actor, action tenant.Action) error {
	if err := actor.Allow(action); err != nil {
		return err
	}
	if actor.User == "" {
		return fault.New(fault.Forbidden, "forbidden", "Only people have API tokens and a profile.")
	}
	return nil
}

func scopesOf(names []string) ([]tenant.Scope, error) {
	if len(names) == 0 {
		return []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite}, nil
	}
	return tenant.ParseScopes(names)
}

func newToken(now time.Time, u tenant.UserID, name string, scopes []tenant.Scope, raw secret.String, hash token.Hash) tenant.APIToken {
	return tenant.APIToken{
		ID: id.New("tok", now), User: u, Name: strings.TrimSpace(name), Hash: hash, Display: token.Display(raw),
		Scopes: scopes, CreatedAt: now,
	}
}

// insertToken keeps a token when the person has not too many. It takes the end of the trail first, so that of many at once each
// counts those before.
func (s *Service) insertToken(ctx context.Context, tx ports.Tx, actor tenant.Actor, t tenant.APIToken) error {
	if err := tenant.CheckName("name", t.Name, people.MaxName); err != nil {
		return err
	}
	if _, _, err := tx.Audit().Last(ctx); err != nil {
		return err
	}
	have, err := tx.APITokens().Count(ctx, t.User)
	if err != nil {
		return err
	}
	if have >= maxTokens {
		return fault.New(fault.Conflict, "too_many_tokens", "This person has 100 API tokens here. Delete some that are not used.")
	}
	if err := tx.APITokens().Insert(ctx, t); err != nil {
		return err
	}
	names := make([]string, len(t.Scopes))
	for i, sc := range t.Scopes {
		names[i] = string(sc)
	}
	return s.record(ctx, tx, actor, tenant.APITokenCreate, t.ID, t.Name,
		map[string]string{"user": string(t.User), "scopes": strings.Join(names, " ")})
}
