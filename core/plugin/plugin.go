// Package plugin is what the server knows of the programs that extend it: which there are, whether they run, what they can do.
package plugin

import (
	"slices"
	"time"
)

// Kind says which port a plugin implements.
type Kind string

// The kinds.
const (
	KindCA     Kind = "ca"
	KindDNS    Kind = "dns"
	KindDeploy Kind = "deploy"
)

// State says whether a plugin can be used.
type State string

// The states.
const (
	StateReady    State = "ready"    // runs and answers
	StateStarting State = "starting" // also between a crash and the next start
	StateFailed   State = "failed"   // does not start, or its bytes are not those of the manifest
	StateDisabled State = "disabled" // by the settings of the server
)

// Info is one plugin. Its settings are described apart, by ports.Plugins: a noun knows no schema.
type Info struct {
	ID           string // "deploy.ssh"
	Kind         Kind
	Title        string
	Summary      string
	Icon         string
	Version      string
	SHA256       string   // of the verified file, lower-case hex
	Capabilities []string // "test", "plan", and the names of the steps
	State        State
	Reason       string // why it is not ready, in plain words
	Since        time.Time
	Restarts     int // since the server started
}

// Can says whether the plugin has a capability.
func (i Info) Can(what string) bool { return slices.Contains(i.Capabilities, what) }
