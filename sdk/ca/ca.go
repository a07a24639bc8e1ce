// Package ca is for authors of plugins that read certificates from a CA's account, so that what was issued there appears in the
// vault.
//
// A vendor's plugin is one Declaration and an Account. main is one line:
//
//	func main() { ca.Serve(ca.Declaration{…}, func() ca.Account { return &account{} }) }
//
// A plugin keeps no state between calls: each brings the settings, the secrets of that call alone and the rule of where it may
// connect to. It only reads; nothing is ordered, renewed or revoked.
package ca

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Declaration says what a plugin is.
type Declaration struct {
	ID      string // "ca.godaddy"; never changes once released
	Title   string
	Summary string // one sentence for the page where types are chosen
	Icon    string // the name of an icon of the dashboard
	Version string // of the plugin, as "1.0.0"
	Schema  schema.Schema
	// Validate says what the schema alone cannot see; nil for nothing. It connects to nothing.
	Validate func(Settings) schema.Problems
}

// Settings are the values of one account, checked against the schema.
type Settings = plugin.Settings

// Call is what every call brings: Settings, Net, the only way out, and Log.
type Call = plugin.Call

// State is what became of a certificate, in the words that all CAs share.
type State string

// The states.
const (
	Issued  State = "issued"
	Pending State = "pending"
	Revoked State = "revoked"
	Expired State = "expired"
	Other   State = "other"
)

// Certificate is one certificate of an account.
type Certificate struct {
	ID         string // of the CA
	CommonName string
	Names      []string
	State      State
	Serial     string    // lower-case hex; may be empty
	NotBefore  time.Time // zero when unknown
	NotAfter   time.Time
	Replaces   string // id of the certificate that it renews; may be empty
}

// Page is a part of all certificates. Next is the cursor of the part behind it, empty at the end.
type Page struct {
	Certificates []Certificate
	Next         string
}

// Bundle is a certificate as it was issued.
type Bundle struct {
	Certificate []byte // PEM: the leaf
	Chain       []byte // PEM: from the leaf on, without the root
}

// MaxPage is the most that is asked of List, and taken of its answer.
const MaxPage = 500

// CodeNotFound is the code of the problem that a certificate is not there (any more).
const CodeNotFound = "not_found"

// Account is an account of a CA. Errors of type *plugin.Problem say what is wrong and with which field. A call whose context ends answers promptly.
type Account interface {
	// Test proves that the credentials can list certificates, and says what it found in plain words. It changes nothing.
	Test(ctx context.Context, c Call) ([]string, error)
	// List answers up to limit certificates behind the cursor ("" for the first), in an order that stays.
	List(ctx context.Context, c Call, cursor string, limit int) (Page, error)
	// Fetch answers one certificate with its chain.
	Fetch(ctx context.Context, c Call, id string) (Bundle, error)
}
