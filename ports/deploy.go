package ports

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Where the secrets of a target's settings are sealed: see Place.
const (
	TargetSecretsTable = "target_secrets"
	TargetSecretColumn = "payload"
)

// DeploymentAbandoned is how long after its lease ended a target with a running deployment is looked after.
const DeploymentAbandoned = time.Minute

// TargetSecret is one sealed secret of a target's settings.
type TargetSecret struct {
	ID     string // bound into the seal
	Path   string // "password", "jump.password"
	Sealed []byte
}

// Deployments are the journal of deployments of one tenant, the secrets of targets, and who works on which target now. What a
// target's settings are is stored by Targets.
type Deployments interface {
	// PutSecret stores one secret of a target in place of the one with that path. Fault NotFound for the target.
	PutSecret(ctx context.Context, targetID string, s TargetSecret) error
	// DropSecrets takes secrets away; paths that are not there are passed over.
	DropSecrets(ctx context.Context, targetID string, paths []string) error
	// Secrets answers all of a target, by path.
	Secrets(ctx context.Context, targetID string) ([]TargetSecret, error)

	// Claim takes the target for holder until the lease ends and answers the fence: higher than any before. A target held by
	// somebody else whose lease has not ended answers fault Conflict, target_busy, with nothing changed. Whoever holds it already
	// takes it anew, with a new fence: a holder is one piece of work, not a server. Fault NotFound, also for a pull target.
	//
	// What is written under a fence is refused when it is not the target's any more: fault Conflict, fence_lost, with nothing
	// changed. Fault NotFound when the target or the deployment is gone. Targets.Update takes a target that moves to another group
	// away from whoever holds it.
	Claim(ctx context.Context, targetID, holder string, until time.Time) (fence int64, err error)
	// Release gives the target back. Fault Conflict, fence_lost.
	Release(ctx context.Context, targetID string, fence int64) error

	// Insert begins a deployment: its row, and the target's status. Faults Conflict: fence_lost; deployment_running when the target
	// has one that has not ended.
	Insert(ctx context.Context, d deploy.Deployment, fence int64) error
	// Save stores what changes of a deployment (not its target, group, trigger, maker, begin and transcript), with the steps that
	// differ, and what the target's status says of it. Texts are cut to 4 KiB. Fault Conflict, fence_lost.
	Save(ctx context.Context, d deploy.Deployment, fence int64) error
	// Append adds redacted lines to the transcript, which keeps its first and last 128 KiB and says what it left out. Fault
	// Conflict, fence_lost.
	Append(ctx context.Context, deploymentID, lines string, fence int64) error
	// SetStatus stores what was found out about a target: observed, served, next attempt and schedule, attempts. Fault Conflict,
	// fence_lost.
	SetStatus(ctx context.Context, targetID string, s target.Status, fence int64) error
	// Plan sets when the target is to be looked at next, without a fence: for people and for changes of settings. A zero time takes
	// the plan away.
	Plan(ctx context.Context, targetID string, attempt, schedule time.Time) error
	// ResetAttempts forgets how often in a row it did not end well: somebody changed what was wrong. Fault NotFound.
	ResetAttempts(ctx context.Context, targetID string) error

	// Get answers one deployment with steps and transcript; fault NotFound.
	Get(ctx context.Context, id string) (deploy.Deployment, error)
	// List answers deployments of a target with their steps, newest first, without transcripts.
	List(ctx context.Context, targetID, cursor string, limit int) ([]deploy.Deployment, string, error)
	// Prune deletes the oldest ended deployments of a target beyond keep, at most 10,000 at a time.
	Prune(ctx context.Context, targetID string, keep int) error
	// OfGroup answers the ids of the targets of a group that we deploy to, by id, from after on.
	OfGroup(ctx context.Context, groupID, after string, limit int) ([]string, error)
}

// DueTarget is a target that somebody should look at.
type DueTarget struct {
	Tenant tenant.ID
	Target string
}
