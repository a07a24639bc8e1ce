package target

import (
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
)

// Deploy is what a target has that we deploy to through a plugin.
type Deploy struct {
	Settings  map[string]any // plain values by name, checked against the plugin's schema; secrets are apart
	Secrets   []string       // read only: paths of the secrets that are stored
	Endpoints []Endpoint     // where the device serves; none: a deployment ends as delivered
	SNI       string         // name asked for at the endpoints; "": the endpoint's own, or the first name of the certificate for an address
	Schedule  string         // five-field cron in the tenant's time zone; "": never re-checked
	Paused    bool
	Status    Status // read only
}

// Status is where a deployed target stands. It changes with each deployment and re-check, never with the settings.
type Status struct {
	Observed       int // generation that was last proven to be on the device; 0: none, or unknown
	ObservedAt     time.Time
	Served         []deploy.Served
	Deployment     string       // the running one, or the last; "" before the first
	Generation     int          // of that deployment
	State          deploy.State // of that deployment
	Code           string       // why it did not end well
	Reason         string
	NextAttemptAt  time.Time // zero: none is planned
	NextScheduleAt time.Time // zero: no schedule
	Attempts       int       // in a row that did not end well
}

// Idle answers nil unless a deployment to the target runs; then fault Conflict, deployment_running. What a deployment works with stays as it
// is until it has ended: on another device, or without its secrets, the steps that are left could neither finish nor put back what was begun.
func (t *Target) Idle() error {
	if t.Deploy != nil && t.Deploy.Status.State == deploy.Running {
		return fault.New(fault.Conflict, "deployment_running", "A deployment to this target is running. Wait until it has ended, then do this again.")
	}
	return nil
}

// state answers where a deployed target stands against the wanted generation.
func (d *Deploy) state(wanted int) State {
	s := &d.Status
	switch {
	case s.State == deploy.Running:
		return StateDeploying
	case d.Paused:
		return StatePaused
	case s.Deployment == "":
		return StateNever
	case s.Generation != wanted || wanted == 0:
		return StateBehind
	case s.State.Good():
		return StateUpToDate
	}
	switch s.State {
	case deploy.ServingOther:
		return StateServingOther
	case deploy.Unreachable:
		return StateUnreachable
	case deploy.RolledBack:
		return StateRolledBack
	case deploy.Failed:
		return StateFailed
	}
	return StateBehind
}
