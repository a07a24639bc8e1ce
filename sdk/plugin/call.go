package plugin

import (
	"context"
	"net"
	"net/http"

	"github.com/ignisfox/ignisfox/sdk/egress"
)

// Network opens the connections of one call: the guarded dialer of sdk/egress with the policy of that call. An address that the
// operator does not allow answers an *egress.Refused, which becomes a problem of code address_not_allowed; hand it on.
//
// What was opened is closed when the context of the call ends, and when the call has ended.
type Network interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// HTTPClient answers a client for devices with an API: https alone unless the options say otherwise, no redirects, no proxy, time
	// and size bounded.
	HTTPClient(egress.HTTPOptions) *http.Client
}

var _ Network = (*egress.Dialer)(nil)

// Call is what every call brings. A plugin keeps none of it: secrets are wiped when the call ends.
type Call struct {
	Settings Settings
	// Net is the only way out: it refuses what the operator does not allow.
	Net Network
	// Log takes lines for the transcript. Secrets of the call are taken out before they leave the plugin.
	Log *Log
}

// Args are the same as the host gives them to a client: what one call brings, before it travels.
type Args struct {
	Settings map[string]any    // checked against the schema, defaults filled in, without secrets
	Secrets  map[string][]byte // by the path of the field: "password", "jump.password"
	Egress   egress.Policy
	Request  string // for logs: names the call, tells nothing
}
