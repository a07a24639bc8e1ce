// Package target is what needs a group's current generation: a device that pulls with a token of its own, or one that we deploy to
// through a plugin.
package target

import (
	"net/netip"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
)

// Type says how a target gets its certificate.
type Type string

// TypePull is a device that fetches by itself. All other types are the ids of deploy plugins: "deploy.ssh".
const TypePull Type = "pull"

// Settings of a pull target.
type Settings struct {
	PFXPreset    cert.Preset    `json:"pfx_preset"`              // "modern" unless set
	AllowedCIDRs []netip.Prefix `json:"allowed_cidrs,omitempty"` // empty: from anywhere
	ExpiresAt    *time.Time     `json:"expires_at,omitempty"`    // nil: never
}

// Target is one device, or one set of devices that share a token.
type Target struct {
	ID        string
	Name      string
	Type      Type
	Group     string // group id
	GroupName string // read only
	Settings  Settings
	Deploy    *Deploy // nil for a pull target
	Tags      []string
	CreatedAt time.Time

	// Read only.
	Wanted    int // the group's current generation, 0 when there is none
	LastFetch LastFetch
	Tokens    []Token
}

// LastFetch is what the device told us by fetching.
type LastFetch struct {
	At         time.Time // zero: never
	Address    netip.Addr
	Kind       group.FormKind
	Generation int
	// Observed is the generation of its last GET answered 200 or 304 for a kind that holds the key, or of fullchain
	// when it never asked for one with a key; 0 when it asked for neither.
	Observed int
}

// State of a target as the API and the pages name it.
type State string

// The states; a pull target has the first three.
const (
	StateNever        State = "never"
	StateUpToDate     State = "up_to_date"
	StateBehind       State = "behind"
	StateDeploying    State = "deploying"
	StateFailed       State = "failed"
	StateRolledBack   State = "rolled_back"
	StateServingOther State = "serving_other"
	StateUnreachable  State = "unreachable"
	StatePaused       State = "paused"
)

// States are those of pull targets, in the order they are offered.
var States = []State{StateUpToDate, StateBehind, StateNever}

// AllStates are those of all targets, in the order they are offered.
var AllStates = []State{StateUpToDate, StateDeploying, StateBehind, StateServingOther, StateUnreachable, StateRolledBack, StateFailed,
	StatePaused, StateNever}

// Needing are the states in which a device does not have what it should, and nobody has said that it need not.
var Needing = []State{StateServingOther, StateUnreachable, StateRolledBack, StateFailed, StateBehind}

// ByUrgency are all states, those first in which somebody has to do something.
var ByUrgency = append(slices.Clone(Needing), StateDeploying, StatePaused, StateNever, StateUpToDate)

// State answers where the device stands against the wanted generation.
func (t *Target) State() State {
	if t.Deploy != nil {
		return t.Deploy.state(t.Wanted)
	}
	switch {
	case t.LastFetch.At.IsZero():
		return StateNever
	case t.Wanted != 0 && t.LastFetch.Observed == t.Wanted:
		return StateUpToDate
	default:
		return StateBehind
	}
}

// Token is one push token of a target: never the token itself.
type Token struct {
	ID        string
	Target    string
	Hash      token.Hash
	Display   string // pt_…abcd
	CreatedAt time.Time
	ExpiresAt time.Time // zero: lives as long as the target; set when it was rotated with grace

	// Read only.
	LastAt      time.Time
	LastAddress netip.Addr
}

// MaxTokens is how many tokens of one target may be alive at a time: the new one and those in grace.
const MaxTokens = 5

// MaxGrace is the longest time an old token may live on after a rotation.
const MaxGrace = 72 * time.Hour

// Grant is all that the pull API needs to know about a token, read in one query and remembered under an epoch.
type Grant struct {
	Tenant          tenant.ID
	Target          string
	Token           string    // token id
	TokenExpires    time.Time // zero: never
	TargetExpires   time.Time
	AllowedCIDRs    []netip.Prefix
	Preset          cert.Preset
	Group           string
	Generation      string // generation id, empty when the group has no current one
	Number          int
	HasKey          bool
	HasChain        bool
	PasswordVersion int
	Forms           map[group.FormKey]string // forms already stored for the current generation: their ids
}

// Fetch is one answered GET, to be recorded in a batch.
type Fetch struct {
	Tenant     tenant.ID
	Target     string
	Token      string
	At         time.Time
	Address    netip.Addr
	Kind       group.FormKind
	Generation int
}

// StateCounts is how many targets are in which state.
type StateCounts map[State]int

// Needing answers how many do not have what they should.
func (c StateCounts) Needing() (n int) {
	for _, s := range Needing {
		n += c[s]
	}
	return n
}

// Sort is a column that targets are listed by; a leading "-" turns it round.
type Sort string

// The sorts, with their columns.
const (
	SortNewest Sort = ""      // newest first
	SortName   Sort = "name"  // whatever the case of its letters
	SortGroup  Sort = "group" // name of the group, likewise
	SortState  Sort = "state" // as ByUrgency
	SortLast   Sort = "last"  // when the device last got something, or was looked at; never comes first
)

// Sorts are all of them.
var Sorts = []Sort{SortNewest, SortName, "-" + SortName, SortGroup, "-" + SortGroup, SortState, "-" + SortState, SortLast, "-" + SortLast}

// Query asks for a page of targets.
type Query struct {
	Group  string // group id, empty for all
	State  State  // empty for all
	Word   string // is in the name, or in that of the group, whatever the case of its ASCII letters
	Sort   Sort
	Limit  int
	Cursor string
}

// Page is an answer to a Query.
type Page struct {
	Items []Target
	Next  string
}
