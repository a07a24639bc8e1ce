package tenant

import "slices"

// Action is one thing somebody may be allowed to do. Every route names exactly one.
type Action string

// The actions.
const (
	ArtifactRead   Action = "artifact.read"
	ArtifactCreate Action = "artifact.create"
	ArtifactUpdate Action = "artifact.update"
	ArtifactDelete Action = "artifact.delete"
	ArtifactExport Action = "artifact.export" // key material leaves the vault

	GroupRead     Action = "group.read"
	GroupCreate   Action = "group.create"
	GroupUpdate   Action = "group.update"
	GroupDelete   Action = "group.delete"
	GroupActivate Action = "group.activate"
	GroupExport   Action = "group.export" // a PFX is built and handed out

	TargetRead   Action = "target.read"
	TargetCreate Action = "target.create"
	TargetUpdate Action = "target.update"
	TargetDelete Action = "target.delete"
	TargetRotate Action = "target.rotate"

	IngestTokenRead   Action = "ingest_token.read"
	IngestTokenCreate Action = "ingest_token.create"
	IngestTokenDelete Action = "ingest_token.delete"
	IngestSend        Action = "ingest.send"

	APITokenRead   Action = "api_token.read" // one's own
	APITokenCreate Action = "api_token.create"
	APITokenDelete Action = "api_token.delete"

	MemberRead   Action = "member.read"
	MemberUpdate Action = "member.update"
	MemberDelete Action = "member.delete"
	TenantRead   Action = "tenant.read"
	TenantUpdate Action = "tenant.update"
	TenantDelete Action = "tenant.delete"
	ProfileRead  Action = "profile.read"
	AuditRead    Action = "audit.read"
)

// Open marks a route that asks no table: it is for everybody, and says nothing about any tenant.
const Open Action = "open"

type rule struct {
	roles    []Role
	scope    Scope
	ingest   bool // also for ingest tokens
	platform bool // for platform admins alone
}

var (
	everybody = []Role{Viewer, Editor, Owner}
	editors   = []Role{Editor, Owner}
	owners    = []Role{Owner}
)

// policy is the one table. What is not in it is refused.
var policy = map[Action]rule{
	ArtifactRead:   {roles: everybody, scope: ScopeRead},
	ArtifactCreate: {roles: editors, scope: ScopeWrite},
	ArtifactUpdate: {roles: editors, scope: ScopeWrite},
	ArtifactDelete: {roles: editors, scope: ScopeWrite},
	ArtifactExport: {roles: editors, scope: ScopeExport},

	GroupRead:     {roles: everybody, scope: ScopeRead},
	GroupCreate:   {roles: editors, scope: ScopeWrite},
	GroupUpdate:   {roles: editors, scope: ScopeWrite},
	GroupDelete:   {roles: editors, scope: ScopeWrite},
	GroupActivate: {roles: editors, scope: ScopeWrite},
	GroupExport:   {roles: editors, scope: ScopeExport},

	TargetRead:   {roles: everybody, scope: ScopeRead},
	TargetCreate: {roles: editors, scope: ScopeWrite},
	TargetUpdate: {roles: editors, scope: ScopeWrite},
	TargetDelete: {roles: editors, scope: ScopeWrite},
	TargetRotate: {roles: editors, scope: ScopeWrite},

	IngestTokenRead:   {roles: everybody, scope: ScopeRead},
	IngestTokenCreate: {roles: editors, scope: ScopeWrite},
	IngestTokenDelete: {roles: editors, scope: ScopeWrite},
	IngestSend:        {ingest: true},

	APITokenRead:   {roles: everybody, scope: ScopeRead},
	APITokenCreate: {roles: editors, scope: ScopeWrite},
	APITokenDelete: {roles: editors, scope: ScopeWrite},

	MemberRead:   {roles: everybody, scope: ScopeRead},
	MemberUpdate: {roles: owners, scope: ScopeWrite},
	MemberDelete: {roles: owners, scope: ScopeWrite},
	TenantRead:   {roles: everybody, scope: ScopeRead},
	TenantUpdate: {roles: owners, scope: ScopeWrite},
	TenantDelete: {roles: owners, scope: ScopeWrite},
	ProfileRead:  {roles: everybody, scope: ScopeRead},
	AuditRead:    {roles: editors, scope: ScopeRead},
}

// Actions answers every action of the table, sorted: for the tests that hold each route against it.
func Actions() []Action {
	out := make([]Action, 0, len(policy))
	for a := range policy {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}
