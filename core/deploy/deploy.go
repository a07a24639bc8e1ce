// Package deploy is the work of bringing one target to one generation: its steps, how they follow each other, and how it ended.
//
// A Deployment is a journal. Before every effect a step is written down as begun, after it as done or failed; what comes next is
// decided from the journal alone (Next), so whoever takes over after a crash goes on at the same place.
package deploy

import "time"

// State of a deployment. All but Running are final, and each says something else about the device.
type State string

// The states.
const (
	Running      State = "running"
	Unchanged    State = "unchanged"     // everything was in place and, where there are endpoints, served
	Delivered    State = "delivered"     // on the device; there is no endpoint that could prove more
	Serving      State = "serving"       // every endpoint serves the new certificate
	ServingOther State = "serving_other" // an endpoint serves something else, and what was there before could not be proven to be back
	Unreachable  State = "unreachable"   // the device, or an endpoint after the swap, could not be reached
	RolledBack   State = "rolled_back"   // the previous certificate is back, and proven to be where there are endpoints
	Failed       State = "failed"        // nothing was changed, or it is not known what is there: Reason says
	Superseded   State = "superseded"    // another generation became current before anything was swapped
)

// Final says whether a deployment has ended.
func (s State) Final() bool { return s != Running }

// Good says whether the target has what it should.
func (s State) Good() bool { return s == Unchanged || s == Delivered || s == Serving }

// StepName names a step of the journal.
type StepName string

// The steps: those of the plugin, and the three that are ours.
const (
	StepObserve  StepName = "observe" // we look at the endpoints before anything is changed
	StepStage    StepName = "stage"
	StepSwap     StepName = "swap"
	StepCheck    StepName = "check"
	StepReload   StepName = "reload"
	StepVerify   StepName = "verify" // we look at the endpoints
	StepRestore  StepName = "restore"
	StepReloadOn StepName = "reload_restored" // the reload after a restore
	StepReverify StepName = "verify_restored" // we look again
	StepClean    StepName = "clean"
)

// StepState says where a step stands.
type StepState string

// The states of a step.
const (
	StepBegun   StepState = "begun"
	StepDone    StepState = "done"
	StepFailed  StepState = "failed"
	StepSkipped StepState = "skipped" // found to have had its effect, or not needed
)

// Step is one line of the journal.
type Step struct {
	Seq       int
	Name      StepName
	State     StepState
	Attempt   int // how often it was begun: more than 1 after a crash, or while waiting for endpoints
	StartedAt time.Time
	EndedAt   time.Time
	Code      string // why it failed, snake_case
	Message   string // one line, redacted
}

// Trigger says why a deployment was begun.
type Trigger string

// The triggers.
const (
	TriggerChange   Trigger = "change"   // the current generation of the group, or the target itself, changed
	TriggerHand     Trigger = "hand"     // somebody said deploy now, or retry now
	TriggerSchedule Trigger = "schedule" // the target's cron found drift
	TriggerRetry    Trigger = "retry"
	TriggerLook     Trigger = "look" // a retry after a reload that did not help: only a person has it reloaded again
)

// Deployment is one attempt to bring a target to a generation.
type Deployment struct {
	ID         string
	Target     string
	Group      string
	Generation int
	// Before is the generation that was on the device when this one began, 0 when unknown; a roll back puts it back.
	Before     int
	State      State
	Trigger    Trigger
	Attempt    int // 1 for the first of a generation
	By         string
	StartedAt  time.Time
	EndedAt    time.Time
	Code       string   // why it did not end well, snake_case
	Reason     string   // the same in plain words
	Final      bool     // trying again is of no use before a person changed something
	Swapped    bool     // the swap was begun: from here on an end without proof needs a roll back
	Crashed    bool     // a step was taken over from a server that died, hung, or was stopped
	Carry      []byte   // what the plugin's last step left for the next; no secret
	Baseline   []Served // what the endpoints showed before anything was changed: a roll back is proven against it
	Steps      []Step
	Transcript string // redacted; read with Get alone
}

// Served is what one address of an endpoint showed.
type Served struct {
	Endpoint    string    `json:"endpoint"`
	Address     string    `json:"address"`
	Fingerprint string    `json:"fingerprint,omitempty"` // SHA-256 of the leaf, lower-case hex; "" when unreachable
	Generation  int       `json:"generation,omitempty"`  // of the target's group; 0 when it is none of them
	Code        string    `json:"code,omitempty"`        // why there is no fingerprint
	Error       string    `json:"error,omitempty"`
	CheckedAt   time.Time `json:"checked_at"`
}
