package account

import (
	"context"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// Authenticate answers whom a presented API token stands for. A text that is no API token by its form is refused before
// any look-up; unknown, expired, of a disabled person: all are the same fault Unauthenticated, code invalid_token.
func (s *Service) Authenticate(ctx context.Context, raw string, addr netip.Addr) (tenant.Actor, error) {
	kind, hash, ok := token.Parse(raw)
	if !ok || kind != token.API {
		return tenant.Actor{}, invalidToken()
	}
	g, err := s.Store.Lookup().APIGrant(ctx, hash)
	if fault.KindOf(err) == fault.NotFound {
		return tenant.Actor{}, invalidToken()
	}
	if err != nil {
		return tenant.Actor{}, err
	}
	now := s.Now()
	if g.Disabled || g.Role == "" || !g.Expires.IsZero() && !g.Expires.After(now) {
		return tenant.Actor{}, invalidToken()
	}
	use := ports.TokenUse{Tenant: g.Tenant, Kind: token.API, ID: g.Token, At: now.UTC().Truncate(time.Minute), Address: addr}
	s.uses.Note(useKey{use.Tenant, use.ID}, use)
	return tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: g.Tenant, User: g.User, Name: g.Email, Role: g.Role, Scopes: g.Scopes,
		Platform: g.Platform, Credential: g.Token, Expires: g.Expires, Addr: addr,
	}, nil
}

func invalidToken() error {
	return fault.New(fault.Unauthenticated, "invalid_token",
		"The API token is missing, unknown or no longer valid. Use Authorization: Bearer <api-token>.")
}
