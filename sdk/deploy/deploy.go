// Package deploy is for authors of plugins that bring certificates onto devices.
//
// A vendor's plugin is one Declaration and a Target: the declaration says what the plugin is called, which settings it takes and
// which steps it has; the Target does the steps. main is then one line:
//
//	func main() { deploy.Serve(deploy.Declaration{…}, func() deploy.Target { return &device{} }) }
//
// A plugin keeps no state between calls. Each call brings the settings, the secrets of that call alone, the rule of where it may
// connect to, and for a step the certificate and what the step before left as state. The host writes a step into its journal before
// it calls, and its result afterwards: when the host is killed between the two, the same step of the same deployment is called
// again. So every step can be repeated: what is already done is found and not done again.
package deploy

import (
	"context"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Step is one part of a deployment. The host calls those that the declaration names, in this order: stage, swap, check, reload;
// then it looks by itself whether the endpoints serve the new certificate. When a step or that look fails after swap was begun, it
// calls restore and reload, and looks again. Clean comes at the end of either way.
type Step string

// The steps.
const (
	Stage   Step = "stage"   // bring everything onto the device, beside what is in use; answer Unchanged when it is there already
	Swap    Step = "swap"    // make it what the service reads, keeping what was there
	Check   Step = "check"   // ask the service whether it could use it
	Reload  Step = "reload"  // make the service use it
	Restore Step = "restore" // put back what swap kept; without swap having done anything it does nothing
	Clean   Step = "clean"   // take away what is not needed any more
)

// Declaration says what a plugin is.
type Declaration struct {
	ID      string // "deploy.ssh"; never changes once released
	Title   string // "Linux or Unix by SSH"
	Summary string // one sentence for the page where types are chosen
	Icon    string // the name of an icon of the dashboard: "server", "network", "windows", "plug"
	Version string // of the plugin, as "1.0.0"
	Schema  schema.Schema
	Steps   []Step // Stage, Swap and Restore at least
	// Validate says what the schema alone cannot see; nil for nothing. It connects to nothing.
	Validate func(Settings) schema.Problems
}

// Settings are the values of one target, checked against the schema: String("host"), Secret("jump.password").
type Settings = plugin.Settings

// Material is the generation to deploy. A form that the settings do not need may be empty.
type Material struct {
	Generation  int64
	Fingerprint string // SHA-256 of the leaf in DER, lower-case hex
	Certificate []byte // PEM: the leaf
	Chain       []byte // PEM: the intermediates, from the leaf on; empty when there are none
	Fullchain   []byte // PEM: leaf and chain
	Key         []byte // PEM, PKCS#8; never to be logged
	PFX         []byte // PKCS#12; empty unless the settings name a PFX
	PFXPassword []byte
}

// Call is what every call brings: Settings, Net, the only way out, and Log.
type Call = plugin.Call

// TestResult is what a person is shown who tests a connection.
type TestResult struct {
	// Identity is what the device proved to be, as "SHA256:…" of its host key. Without a pinned one nothing else was tried, no
	// secret was sent, and Confirmed is false.
	Identity  string
	Confirmed bool
	Lines     []string // what was found, in plain words: "OpenSSH_9.2p1", "/etc/nginx/certs can be written"
}

// Change is one thing a deployment would do.
type Change struct {
	What   string // "/etc/nginx/certs/www.key"
	Action string // "create", "replace", "keep", "run"
	Detail string // "0600 root:root", "serial 03…, ends 2026-12-01 → serial 04…, ends 2027-01-15"
}

// Plan is what a deployment would do, found without changing anything.
type Plan struct {
	Changes   []Change
	Unchanged bool   // everything is in place already
	Present   string // fingerprint of the leaf that is there, lower-case hex; "" when none or unreadable
}

// StepRequest is one step of one deployment.
type StepRequest struct {
	Deployment string // the same for all steps of one deployment, also when they are repeated
	Step       Step
	Attempt    int    // 1, or more when the step is called again because its end was never heard of
	State      []byte // what the last step that ended left; holds no secret
	Material   Material
}

// StepResult is what a step answers.
type StepResult struct {
	State     []byte // for the next steps, 64 KiB at most; nil keeps what there was
	Unchanged bool   // of Stage: the device has it all, the steps up to the look are left out
	Message   string // one line: "3 files written", "nginx -t: syntax is ok"
}

// Target is a device and what can be done with it. Errors of type *plugin.Problem say what is wrong and with which field; any other
// error is shown as it is, without secrets. A call whose context ends answers promptly and begins no further effect.
type Target interface {
	Test(ctx context.Context, c Call) (TestResult, error)
	Plan(ctx context.Context, c Call, m Material) (Plan, error)
	Step(ctx context.Context, c Call, r StepRequest) (StepResult, error)
}
