// Package group is the deployable identity ("www.example.com") and its generations.
//
// A generation is an immutable, numbered set of leaf, key and chain. The group points at the current one. Rules about
// which generation may become current are in activation.go; moving the pointer is work of core/app/intake.
package group

import (
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
)

// Group is a name that targets bind to.
type Group struct {
	ID              string
	Name            string
	Current         int  // number of the current generation, 0 when there is none
	PasswordVersion int  // version of the sealed PFX password, 0 when none is set
	Keyed           bool // has had a generation with a key, for good: a certificate alone then waits
	CreatedAt       time.Time

	// Read only, filled by lists and Get.
	Generations int  // how many are kept
	Waiting     int  // how many wait for their key
	Staged      int  // how many wait for somebody to activate them
	Unfit       int  // how many of those can never be activated: see Unfit
	HasKey      bool // the current generation holds a key
	Targets     int
	Artifacts   int
	NotBefore   time.Time // of the current leaf; zero when there is none
	NotAfter    time.Time
}

// Sort is an order of groups.
type Sort string

// The sorts.
const (
	SortNewest Sort = ""
	SortName   Sort = "name"
	SortExpiry Sort = "not_after" // the current leaf that ends first; groups without one last
)

// Query asks for a page of groups.
type Query struct {
	Word   string // lower case; must begin a word of the name
	Sort   Sort
	Keyed  bool // only groups whose current generation holds a key
	Brief  bool // nothing is counted: of each group only its own facts and the dates of its current leaf
	Limit  int
	Cursor string
}

// Page is an answer to a Query.
type Page struct {
	Items []Group
	Next  string
}

// State of a generation, derived from its facts and the group's pointer.
type State string

// The states.
const (
	Waiting  State = "waiting"  // for its key
	Staged   State = "staged"   // complete, until somebody activates it
	Current  State = "current"  // what targets get
	Previous State = "previous" // was current once
)

// Generation is one numbered set. Leaf, Chain and, once it is there, Key never change.
type Generation struct {
	ID          string
	Group       string
	Number      int
	Leaf        artifact.ID
	LeafSPKI    string      // SHA-256 of the public key, lower hex: what its key is looked for by
	Key         artifact.ID // empty while it waits, or when it is certificate-only
	Chain       []artifact.ID
	Missing     string // name of the issuer that the chain lacks, empty when it is whole
	MissingHash string // SHA-256 of that issuer's raw subject
	Blocked     []Reason
	Source      artifact.Source
	CreatedAt   time.Time
	ActivatedAt time.Time // zero when it never was current
	Current     bool      // read only: the group points at it
}

// State answers where the generation stands.
func (g *Generation) State() State {
	switch {
	case g.Current:
		return Current
	case g.Key == "" && g.ActivatedAt.IsZero():
		return Waiting
	case !g.ActivatedAt.IsZero():
		return Previous
	default:
		return Staged
	}
}

// Keep is how many generations of a group are kept beside the current one and those still on a target.
const Keep = 10

// Password is one version of a group's PFX password, sealed at (Table group_passwords, column password, row ID).
type Password struct {
	ID      string
	Group   string
	Version int
	Sealed  []byte
}

// Places where secrets of this noun are sealed.
const (
	PasswordsTable = "group_passwords"
	PasswordColumn = "password"
	FormsTable     = "forms"
	FormColumn     = "payload"
)

// FormKind is what a device can ask for.
type FormKind string

// The kinds of the pull API.
const (
	FormCert       FormKind = "cert"
	FormChain      FormKind = "chain"
	FormFullchain  FormKind = "fullchain"
	FormPrivateKey FormKind = "key"
	FormBundle     FormKind = "bundle" // fullchain and key in one
	FormPFX        FormKind = "pfx"
)

// ParseFormKind answers the kind of that name.
func ParseFormKind(s string) (FormKind, bool) {
	switch k := FormKind(s); k {
	case FormCert, FormChain, FormFullchain, FormPrivateKey, FormBundle, FormPFX:
		return k, true
	}
	return "", false
}

// HoldsKey says whether the form holds the private key.
func (k FormKind) HoldsKey() bool { return k == FormPrivateKey || k == FormBundle || k == FormPFX }

// FormKey is what makes a stored form the same one. Preset and PasswordVersion are empty and 0 but for PFX.
type FormKey struct {
	Generation      string // generation id
	Kind            FormKind
	Preset          string
	PasswordVersion int
}

// Form is a generation in the shape a device gets, sealed. Forms never change: the first that is stored wins, and its
// ID is the ETag.
type Form struct {
	ID        string
	Group     string
	Key       FormKey
	Sealed    []byte
	CreatedAt time.Time
}
