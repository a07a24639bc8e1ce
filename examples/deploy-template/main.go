// Deploy-template is a plugin to begin with: it brings certificates onto an appliance that is managed by a small HTTPS API (simulated
// in examples/devicetest). Copy the folder, give it another id, and put your device's calls into api.go.
//
//	main.go    what the plugin is, and its settings
//	device.go  what each step means on this device
//	api.go     the calls to the device
//
// docs/plugins.md leads from the copy to a plugin that the server runs.
package main

import (
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

func main() { deploy.Serve(declaration, newTarget) }

var declaration = deploy.Declaration{
	ID:      "deploy.template",
	Title:   "Example appliance",
	Summary: "An appliance with an HTTPS API, as an example for authors of plugins.",
	Icon:    "network",
	Version: "1.0.0",
	Schema: schema.Schema{Fields: []schema.Field{
		{Name: "address", Title: "Address", Type: schema.URL, Required: true, Destination: true, Placeholder: "https://appliance.example.com",
			Help: "Where the API of the appliance answers."},
		{Name: "ca_certificate", Title: "CA of the appliance", Type: schema.Text, Destination: true,
			Help: "PEM of the certificate that signed the one of the API, when no public CA did."},
		{Name: "user", Title: "User", Type: schema.String, Required: true,
			Help: "A user that may manage certificates and reload the service; it needs no more."},
		{Name: "password", Title: "Password", Type: schema.String, Required: true, Secret: true},
	}},
	Steps:    []deploy.Step{deploy.Stage, deploy.Swap, deploy.Reload, deploy.Restore, deploy.Clean},
	Validate: validate,
}

func newTarget() deploy.Target { return &target{} }
