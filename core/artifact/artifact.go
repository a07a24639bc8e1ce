// Package artifact is the vault row: a sealed payload beside metadata in clear.
package artifact

import (
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// ID names an artifact.
type ID string

// Source says how an artifact came in.
type Source string

// The sources.
const (
	SourceUpload Source = "upload"
	SourceIngest Source = "ingest"
	SourceACME   Source = "acme"
	SourceCA     Source = "ca"
)

// Artifact is one row, without its payload. Every text in it is safe to show.
type Artifact struct {
	ID           ID
	Kind         cert.Kind
	Name         string // friendly name
	Filename     string // as uploaded, made visible
	Group        string // group id, empty when ungrouped
	GroupName    string // read only
	Subject      string
	SANs         []string
	Issuer       string
	Serial       string
	NotBefore    time.Time // zero when the kind has none
	NotAfter     time.Time
	Fingerprint  string // SHA-256 of the DER, lower hex; certificates only
	SPKI         string // SHA-256 of the public key, lower hex; certificates and keys
	KeyType      string
	KeyBits      int
	CA           bool   // a certificate that may sign others
	HoldsKey     bool   // the payload holds a private key: export permission is needed
	SubjectHash  string // SHA-256 of the raw subject, for chain building; certificates only
	IssuerHash   string
	SubjectKeyID string // subject key identifier, lower hex; certificates only
	Identity     string // what makes two uploads the same thing; see Identity in core/app/intake
	Size         int    // bytes of the payload in clear
	Reason       string // kind unknown: why
	Warnings     []string
	Source       Source
	CreatedAt    time.Time
	CreatedBy    string        // an e-mail address or a token's name
	CreatedByID  tenant.UserID // empty when a token or the operator made it
}

// Place is where payloads are sealed: table and column of the associated data.
const (
	Table         = "artifacts"
	PayloadColumn = "payload"
)

// Sort is a column a list can be ordered by; a leading "-" turns it round.
type Sort string

// The sorts. The default is newest first.
const (
	SortNewest   Sort = "-created_at"
	SortOldest   Sort = "created_at"
	SortName     Sort = "name"
	SortNameDesc Sort = "-name"
	SortKind     Sort = "kind"
	SortKindDesc Sort = "-kind"
	SortSubject  Sort = "subject"
	SortSubjDesc Sort = "-subject"
	SortIssuer   Sort = "issuer"
	SortIssDesc  Sort = "-issuer"
	SortExpiry   Sort = "not_after"
	SortExpDesc  Sort = "-not_after"
	SortGroup    Sort = "group"
	SortGrpDesc  Sort = "-group"
)

// Sorts are all of them.
var Sorts = []Sort{SortNewest, SortOldest, SortName, SortNameDesc, SortKind, SortKindDesc, SortSubject, SortSubjDesc,
	SortIssuer, SortIssDesc, SortExpiry, SortExpDesc, SortGroup, SortGrpDesc}

// Query asks for a page of rows.
type Query struct {
	Words []string // lower case; each must begin a word or label of name, subject, SAN, issuer or file name
	Kind  cert.Kind
	Group string // group id; "none" for ungrouped rows
	Sort  Sort   // empty: newest first
	// Expiry narrows to certificates that end in the half-open span; zero times leave that side open. Both zero: all rows.
	ExpiresFrom, ExpiresBefore time.Time
	Unreplaced                 bool   // of certificates that expire: only those that no newer generation took the place of, as Summary.Expiring has them
	Limit                      int    // 1 to 200
	Cursor                     string // opaque, from the page before
}

// Page is an answer to a Query.
type Page struct {
	Items []Artifact
	Next  string // cursor of the next page, empty at the end
}

// Counts is how many rows a tenant has.
type Counts struct {
	Artifacts    map[cert.Kind]int
	Groups       int
	Targets      int
	IngestTokens int
	Ends         int // grows whenever a certificate comes or goes: what was made of their ends is then out of date
}

// Total answers how many rows there are of all kinds.
func (c Counts) Total() int {
	n := 0
	for _, k := range c.Artifacts {
		n += k
	}
	return n
}

// MostCounted is where counting what is found by looking ends: more is shown as "999+".
const MostCounted = 1000

// HourCount is how many certificates expire in the hour that begins at From, and when the first of them turns amber and red (see
// Ahead): to the quarter of an hour, which is how exactly ends are counted.
type HourCount struct {
	From       time.Time
	N          int
	Amber, Red time.Time
}
