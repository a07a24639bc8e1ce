package api

import (
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// IngestToken is a pipeline's token: never the token itself.
type IngestToken struct {
	ID          string          `json:"id" doc:"Its id."`
	Name        string          `json:"name" doc:"Its name."`
	Group       Maybe[GroupRef] `json:"group" doc:"The one group it may write to, null for any."`
	Display     string          `json:"display" doc:"What may be shown of it."`
	CreatedAt   time.Time       `json:"created_at" doc:"When it was made."`
	CreatedBy   string          `json:"created_by" doc:"Who made it."`
	LastUsedAt  *time.Time      `json:"last_used_at" doc:"When it was last used, to the minute."`
	LastAddress *string         `json:"last_address" doc:"From where."`
}

// IngestTokenMade is a new ingest token, this once.
type IngestTokenMade struct {
	IngestToken
	Token string `json:"token" doc:"The token: shown once."`
}

func ingestTokenOf(t tenant.IngestToken) IngestToken {
	return IngestToken{
		ID: t.ID, Name: t.Name, Group: groupRef(t.Group, t.GroupName), Display: t.Display, CreatedAt: t.CreatedAt.UTC(),
		CreatedBy: t.CreatedBy, LastUsedAt: at(t.LastAt), LastAddress: address(t.LastAddr),
	}
}
