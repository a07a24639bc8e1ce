package tenant

import (
	"net/netip"
	"time"
)

// APIToken is a person's token for the REST API in one tenant: never the token itself.
type APIToken struct {
	ID        string
	User      UserID
	Name      string
	Hash      [32]byte
	Display   string // api_…abcd
	Scopes    []Scope
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	LastAt    time.Time // read only, to the minute
	LastAddr  netip.Addr
}

// IngestToken lets a pipeline send certificates in: never the token itself.
type IngestToken struct {
	ID        string
	Name      string
	Hash      [32]byte
	Display   string // it_…abcd
	Group     string // group id it is bound to, empty for none
	GroupName string // read only
	CreatedAt time.Time
	CreatedBy string
	LastAt    time.Time // read only, to the minute
	LastAddr  netip.Addr
}

// IngestTokenSort is a column that ingest tokens are listed by; a leading "-" turns it round.
type IngestTokenSort string

// The sorts, with their columns.
const (
	IngestTokensNewest  IngestTokenSort = "" // newest first
	IngestTokensByName  IngestTokenSort = "name"
	IngestTokensByGroup IngestTokenSort = "group"     // name of the group, those without one first
	IngestTokensByUse   IngestTokenSort = "last_used" // never comes first
	IngestTokensByMaker IngestTokenSort = "created_by"
)

// IngestTokenSorts are all of them.
var IngestTokenSorts = []IngestTokenSort{IngestTokensNewest, IngestTokensByName, "-" + IngestTokensByName, IngestTokensByGroup,
	"-" + IngestTokensByGroup, IngestTokensByUse, "-" + IngestTokensByUse, IngestTokensByMaker, "-" + IngestTokensByMaker}

// IngestTokenQuery asks for a page of ingest tokens.
type IngestTokenQuery struct {
	Sort   IngestTokenSort
	Limit  int
	Cursor string
}

// APIGrant is what a presented API token stands for right now.
type APIGrant struct {
	Tenant   ID
	Token    string
	User     UserID
	Email    string
	Role     Role
	Scopes   []Scope
	Platform bool
	Expires  time.Time
	Disabled bool // the user was disabled
}

// IngestGrant is what a presented ingest token stands for right now.
type IngestGrant struct {
	Tenant ID
	Token  string
	Name   string
	Group  string
}
