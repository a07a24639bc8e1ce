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
	TargetDeploy Action = "target.deploy" // also: test, plan, pause, resume

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
	// ProfileUpdate is about oneself: name, preferences, sessions and the workspace in use.
	ProfileUpdate Action = "profile.update"
	// CredentialUpdate is about one's own password and second factors.
	CredentialUpdate Action = "credential.update"
	InviteRead       Action = "invite.read"
	InviteCreate     Action = "invite.create"
	InviteDelete     Action = "invite.delete"
	AuditRead        Action = "audit.read"
	OverviewRead     Action = "overview.read"
	// PluginRead is about the health, versions and checksums of the server's plugins, which are the operator's.
	PluginRead Action = "plugin.read"
)

// Open marks a route that asks no table: it is for everybody, and says nothing about any tenant.
const Open Action = "open"

type rule struct {
	roles    []Role
	scope    Scope
	ingest   bool // also for ingest tokens
	platform bool // for platform admins alone
	self     bool // about the person alone, whatever their role, and without any workspace
	session  bool // in a browser alone, never with a token
	fresh    bool // a session needs a recent proof of identity
	export   bool // a token needs the scope export too: whoever does it decides who gets at the keys
	both     bool // and that of somebody with a second factor one with it: Actor.Strong
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
	ArtifactDelete: {roles: editors, scope: ScopeWrite, fresh: true},
	ArtifactExport: {roles: editors, scope: ScopeExport, fresh: true},

	GroupRead:     {roles: everybody, scope: ScopeRead},
	GroupCreate:   {roles: editors, scope: ScopeWrite},
	GroupUpdate:   {roles: editors, scope: ScopeWrite},
	GroupDelete:   {roles: editors, scope: ScopeWrite, fresh: true},
	GroupActivate: {roles: editors, scope: ScopeWrite},
	GroupExport:   {roles: editors, scope: ScopeExport, fresh: true},

	TargetRead:   {roles: everybody, scope: ScopeRead},
	TargetCreate: {roles: editors, scope: ScopeWrite, fresh: true},
	TargetUpdate: {roles: editors, scope: ScopeWrite},
	TargetDelete: {roles: editors, scope: ScopeWrite, fresh: true},
	TargetRotate: {roles: editors, scope: ScopeWrite, fresh: true},
	TargetDeploy: {roles: editors, scope: ScopeWrite},

	IngestTokenRead:   {roles: everybody, scope: ScopeRead},
	IngestTokenCreate: {roles: editors, scope: ScopeWrite, fresh: true},
	IngestTokenDelete: {roles: editors, scope: ScopeWrite},
	IngestSend:        {ingest: true},

	APITokenRead:   {roles: everybody, scope: ScopeRead},
	APITokenCreate: {roles: editors, scope: ScopeWrite, fresh: true},
	APITokenDelete: {roles: editors, scope: ScopeWrite},

	MemberRead:   {roles: everybody, scope: ScopeRead},
	MemberUpdate: {roles: owners, scope: ScopeWrite, fresh: true, export: true},
	MemberDelete: {roles: owners, scope: ScopeWrite, fresh: true, export: true},
	TenantRead:   {roles: everybody, scope: ScopeRead},
	TenantUpdate: {roles: owners, scope: ScopeWrite},
	TenantDelete: {roles: owners, scope: ScopeWrite, fresh: true, export: true},
	ProfileRead:  {roles: everybody, scope: ScopeRead},

	ProfileUpdate:    {self: true, scope: ScopeWrite},
	CredentialUpdate: {self: true, session: true, fresh: true, both: true},
	InviteRead:       {roles: owners, scope: ScopeRead},
	InviteCreate:     {roles: owners, scope: ScopeWrite, fresh: true, export: true},
	InviteDelete:     {roles: owners, scope: ScopeWrite},

	AuditRead:    {roles: editors, scope: ScopeRead},
	OverviewRead: {roles: everybody, scope: ScopeRead},
	PluginRead:   {platform: true},
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
