// Package dns is for authors of plugins that publish TXT records at a DNS provider, as the proofs of ACME need them.
//
// A vendor's plugin is one Declaration and a Provider. main is one line:
//
//	func main() { dns.Serve(dns.Declaration{…}, func() dns.Provider { return &provider{} }) }
//
// A plugin keeps no state between calls: each brings the settings, the secrets of that call alone and the rule of where it may
// connect to. A call whose end the host never heard of is made again, so each can be repeated.
package dns

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Declaration says what a plugin is.
type Declaration struct {
	ID      string // "dns.cloudflare"; never changes once released
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

// Record is one TXT value that Publish put there.
type Record struct {
	Name  string // full, without the last dot: "_acme-challenge.www.example.com"
	Value string
	ID    string // names the record at the provider
	Zone  string
}

// CodeNoZone is the code of the problem that none of the account's zones holds a name.
const CodeNoZone = "zone_not_found"

// Provider is an account at a DNS provider. Errors of type *plugin.Problem say what is wrong and with which field. A call whose
// context ends answers promptly and begins no further effect.
type Provider interface {
	// Test proves that the credentials can list zones, and names them without the last dot. It changes nothing.
	Test(ctx context.Context, c Call) (zones []string, err error)
	// Publish adds one TXT value beside those that are there. Again with the same value it adds nothing and answers the same
	// record. A ttl below the provider's least becomes that.
	Publish(ctx context.Context, c Call, name, value string, ttl time.Duration) (Record, error)
	// Remove takes away exactly the record that Publish answered, and no value beside it. One that is gone is no error.
	Remove(ctx context.Context, c Call, r Record) error
}
