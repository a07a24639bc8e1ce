package api

import (
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// APIToken is one of one's own API tokens: never the token itself.
type APIToken struct {
	ID          string     `json:"id" doc:"Its id."`
	Name        string     `json:"name" doc:"Its name."`
	Scopes      []string   `json:"scopes" doc:"What it may do within its person's role."`
	Display     string     `json:"display" doc:"What may be shown of it."`
	CreatedAt   time.Time  `json:"created_at" doc:"When it was made."`
	ExpiresAt   *time.Time `json:"expires_at" doc:"When it ends, null for never."`
	LastUsedAt  *time.Time `json:"last_used_at" doc:"When it was last used, to the minute."`
	LastAddress *string    `json:"last_address" doc:"From where."`
}

// APITokenMade is a new API token, this once.
type APITokenMade struct {
	APIToken
	Token string `json:"token" doc:"The token: shown once."`
}

func apiTokenOf(t tenant.APIToken) APIToken {
	return APIToken{
		ID: t.ID, Name: t.Name, Scopes: scopesOf(t.Scopes), Display: t.Display, CreatedAt: t.CreatedAt.UTC(),
		ExpiresAt: at(t.ExpiresAt), LastUsedAt: at(t.LastAt), LastAddress: address(t.LastAddr),
	}
}

func scopesOf(scopes []tenant.Scope) []string {
	out := make([]string, 0, len(scopes))
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return out
}
