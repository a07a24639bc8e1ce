package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Plugin is one way to get a certificate onto a device.
type Plugin struct {
	ID           string          `json:"id" doc:"What a target names as its type."`
	Kind         string          `json:"kind" enum:"deploy" doc:"What it is for."`
	Title        string          `json:"title" doc:"Its name for people."`
	Version      string          `json:"version" doc:"Its version."`
	Schema       []SettingSchema `json:"schema" doc:"Its settings."`
	Capabilities []string        `json:"capabilities" doc:"What it can do."`
	Health       string          `json:"health" enum:"ok" doc:"Whether it can be used now."`
}

// SettingSchema describes one setting.
type SettingSchema struct {
	Name     string   `json:"name" doc:"Name of the member in settings."`
	Type     string   `json:"type" enum:"choice,list,time" doc:"Its form."`
	Title    string   `json:"title" doc:"What it is called for people."`
	Help     string   `json:"help" doc:"What it does."`
	Choices  []string `json:"choices" doc:"For choice: the values."`
	Default  *string  `json:"default" doc:"What counts when it is left out."`
	Required bool     `json:"required" doc:"It must be given."`
	Secret   bool     `json:"secret" doc:"It is never answered again."`
}

// listPlugins: GET /plugins. Who may look at targets may know what sorts there are.
func (a *API) listPlugins() {
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/plugins", Summary: "List what the server can deploy with", Tag: "targets",
	}, func(_ context.Context, _ Who, in *Paging) (*Answer[Page[Plugin]], error) {
		all := []Plugin{a.pullPlugin()}
		return pageOfAll(all, *in, func(p Plugin) string { return p.ID }, func(p Plugin) Plugin { return p })
	})
}

func (a *API) pullPlugin() Plugin {
	modern := "modern"
	return Plugin{
		ID: string(target.TypePull), Kind: "deploy", Title: "Device pull", Version: a.Version, Health: "ok",
		Capabilities: []string{"pull", "script"},
		Schema: []SettingSchema{
			{
				Name: "pfx_preset", Type: "choice", Title: "PFX preset", Choices: []string{"modern", "legacy"}, Default: &modern,
				Help: "How the device's PFX is encrypted: legacy for Windows Server 2016 and older, and Cisco.",
			},
			{
				Name: "allowed_cidrs", Type: "list", Title: "Allowed networks", Choices: []string{},
				Help: "Networks the device may fetch from; from anywhere when empty.",
			},
			{
				Name: "expires_at", Type: "time", Title: "Expires", Choices: []string{},
				Help: "When the target's tokens stop working; never when left out.",
			},
		},
	}
}
