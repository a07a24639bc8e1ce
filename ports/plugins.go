package ports

import (
	"context"

	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Plugins are the programs that extend the server. All methods are safe for concurrent use.
type Plugins interface {
	// All answers every plugin of the manifest, by kind and title, with those that are disabled or do not start.
	All() []plugin.Info
	// Find answers one that is ready, with its settings; fault Invalid unknown_plugin, Unavailable plugin_unavailable. With the latter
	// it answers what is known from before, which is without capabilities when it never ran.
	Find(id string) (plugin.Info, schema.Schema, error)
	// Deployer answers what deploys; faults as Find.
	Deployer(id string) (Deployer, error)
}

// PluginCall is what every call to a plugin brings: it gets the secrets of this call and no others.
type PluginCall struct {
	Settings map[string]any          // plain, checked, defaults filled in
	Secrets  map[string]secret.Bytes // by path; the caller wipes them
}

// PluginProblem is an error of a plugin that a person can do something about. It is found with errors.As.
type PluginProblem struct {
	Code    string // snake_case
	Message string // plain words, redacted
	Field   string // path of the setting; may be empty
	Final   bool   // trying again is of no use before a person changed something
}

func (p *PluginProblem) Error() string { return p.Message }

// Deployer brings certificates onto the devices of one plugin: sdk/deploy says what each method does. Besides *PluginProblem it
// answers fault Unavailable plugin_unavailable (it does not run), plugin_crashed and plugin_deadline (nobody knows how far it got).
type Deployer interface {
	Validate(ctx context.Context, c PluginCall) (schema.Problems, error)
	Test(ctx context.Context, c PluginCall) (DeployTest, error)
	Plan(ctx context.Context, c PluginCall, m DeployMaterial) (DeployPlan, error)
	// Step does one step. heard gets each line of the transcript as it comes, redacted; it is not called after Step answered.
	Step(ctx context.Context, c PluginCall, r DeployStep, heard func(line string)) (DeployResult, error)
}

// DeployTest is what a test of a connection found.
type DeployTest struct {
	Identity  string // what the device proved to be, "SHA256:…"
	Confirmed bool   // it is the pinned one; otherwise nothing more was tried
	Lines     []string
}

// DeployMaterial is the generation to deploy. The caller wipes it.
type DeployMaterial struct {
	Generation                    int
	Fingerprint                   string // SHA-256 of the leaf, lower-case hex
	Certificate, Chain, Fullchain []byte // PEM
	Key, PFX, PFXPassword         secret.Bytes
}

// DeployPlan is what a deployment would do.
type DeployPlan struct {
	Changes   []DeployChange
	Unchanged bool
	Present   string // fingerprint of the leaf on the device; "" when none or unreadable
}

// DeployChange is one line of a plan.
type DeployChange struct{ What, Action, Detail string }

// DeployStep is one step of one deployment.
type DeployStep struct {
	Deployment string
	Step       string
	Attempt    int
	State      []byte
	Material   DeployMaterial
}

// DeployResult is how a step ended.
type DeployResult struct {
	State     []byte // nil: as before
	Unchanged bool
	Message   string
}
