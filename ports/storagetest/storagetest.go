// Package storagetest is the contract of ports.Store as tests. Every implementation runs it:
//
//	func TestContract(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) ports.Store { … }) // a new, empty store; closed by its own t.Cleanup
//	}
//
// What a port promises in its comments is shown here; new semantics come here first.
package storagetest

import (
	"testing"

	"github.com/ignisfox/ignisfox/ports"
)

// Run runs the suite. open answers an empty store each time.
func Run(t *testing.T, open func(t *testing.T) ports.Store) {
	for _, c := range []struct {
		name string
		run  func(*kit)
	}{
		{"Artifacts", artifactRows},
		{"ArtifactConflicts", artifactConflicts},
		{"ArtifactFinders", artifactFinders},
		{"ArtifactOrder", artifactOrder},
		{"ArtifactFilters", artifactFilters},
		{"ArtifactEnds", artifactEnds},
		{"ArtifactEndsFarAway", artifactEndsFarAway},
		{"ArtifactCursors", artifactCursors},
		{"Search", search},
		{"SearchFarAway", searchFarAway},
		{"Groups", groupRows},
		{"GroupDelete", groupDelete},
		{"GroupLists", groupLists},
		{"GroupSorts", groupSorts},
		{"GroupPasswords", groupPasswords},
		{"Generations", generationRows},
		{"GenerationFinders", generationFinders},
		{"Forms", formRows},
		{"Targets", targetRows},
		{"TargetLists", targetLists},
		{"TargetFilters", targetFilters},
		{"TargetSorts", targetSorts},
		{"DeployTargets", deployTargetRows},
		{"DeployStates", deployStates},
		{"DeployLists", deployLists},
		{"TargetSecrets", targetSecrets},
		{"Claims", claims},
		{"ClaimRace", claimRace},
		{"Deployments", deploymentRows},
		{"DeploymentLists", deploymentLists},
		{"Transcripts", transcripts},
		{"DueTargets", dueTargets},
		{"PushTokens", pushTokenRows},
		{"Fetches", fetches},
		{"APITokens", apiTokenRows},
		{"IngestTokens", ingestTokenRows},
		{"IngestTokenSorts", ingestTokenSorts},
		{"Members", memberRows},
		{"Users", userRows},
		{"UsersHeld", userHeld},
		{"UserDelete", userDelete},
		{"Profiles", profiles},
		{"Sessions", sessionRows},
		{"SessionsAreBounded", sessionsAreBounded},
		{"SessionGrants", sessionGrants},
		{"SessionsSeen", sessionsSeen},
		{"TriesAreCounted", triesAreCounted},
		{"SweepSessions", sweepSessions},
		{"Authenticators", authenticatorRows},
		{"CodesAreTakenOnce", codesAreTakenOnce},
		{"Passkeys", passkeyRows},
		{"RecoveryCodes", recoveryCodes},
		{"Ceremonies", ceremonyRows},
		{"OneCeremonyOfAKind", oneCeremonyOfAKind},
		{"SetupLinks", setupLinkRows},
		{"Invites", inviteRows},
		{"Tenants", tenantRows},
		{"Workspace", workspaceRow},
		{"Audit", auditRows},
		{"Idempotency", reservations},
		{"Once", once},
		{"OnceOfThePlatform", onceOfThePlatform},
		{"Lookup", lookups},
		{"SummaryExpiring", summaryExpiring},
		{"SummaryBounds", summaryBounds},
		{"SummaryCalendar", summaryCalendar},
		{"SummaryTurns", summaryTurns},
		{"SummaryEnding", summaryEnding},
		{"SummaryAttention", summaryAttention},
		{"SummaryBehind", summaryBehind},
		{"CountersAgree", countersAgree},
		{"CountersRace", countersRace},
		{"Keysets", keysetRows},
		{"RetiredKEKs", retiredKEKs},
		{"RetireKEKRace", retireRace},
		{"Epoch", epochRaised},
		{"EpochLive", epochLive},
		{"ForeignIDs", foreignIDs},
		{"BadText", badText},
		{"Rollback", rollback},
		{"Nested", nested},
		{"Conflicts", conflicts},
		{"Closing", closing},
		{"Cancelled", cancelled},
		{"Numbering", numbering},
		{"LastOwner", lastOwner},
		{"AuditRace", auditRace},
		{"Shred", shred},
		{"Sweep", sweep},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(newKit(t, open(t))) })
	}
}
