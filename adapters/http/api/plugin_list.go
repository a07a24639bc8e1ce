package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Plugin is what extends the server; pull is part of it.
type Plugin struct {
	ID           string         `json:"id" doc:"What a target names as its type."`
	Kind         string         `json:"kind" enum:"ca,dns,deploy" doc:"What it is for."`
	Title        string         `json:"title" doc:"Its name for people."`
	Summary      string         `json:"summary" doc:"What it does, in one sentence."`
	Version      string         `json:"version" doc:"Its version."`
	Schema       []SettingField `json:"schema" doc:"Its settings; none while it does not run."`
	Capabilities []string       `json:"capabilities" doc:"What it can do."`
	Health       string         `json:"health" enum:"ok,starting,failed,disabled" doc:"Whether it can be used now. Why not is told to platform admins."`
}

// listPlugins: GET /plugins. Who may look at targets may know what sorts there are.
func (a *API) listPlugins() {
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/plugins", Summary: "List what extends the server", Tag: "targets",
	}, func(_ context.Context, who Who, in *Paging) (*Answer[Page[Plugin]], error) {
		known, err := a.Deploy.Known(who)
		if err != nil {
			return nil, err
		}
		all := []Plugin{a.pullPlugin()}
		for _, p := range known {
			all = append(all, pluginOf(p))
		}
		slices.SortFunc(all, func(a, b Plugin) int { return strings.Compare(b.ID, a.ID) })
		return pageOfAll(all, *in, func(p Plugin) string { return p.ID }, func(p Plugin) Plugin { return p })
	})
}

func pluginOf(p deploy.Plugin) Plugin {
	out := Plugin{
		ID: p.ID, Kind: string(p.Kind), Title: p.Title, Summary: p.Summary, Version: p.Version, Schema: fieldsOf(p.Schema.Fields),
		Capabilities: list(p.Capabilities), Health: string(p.State),
	}
	if p.State == plugin.StateReady {
		out.Health = "ok"
	}
	return out
}

func (a *API) pullPlugin() Plugin {
	field := func(name, typ, title, help string) SettingField {
		return SettingField{Name: name, Type: typ, Title: title, Help: help, Options: []SettingOption{}, Fields: []SettingField{}}
	}
	preset := field("pfx_preset", "enum", "PFX preset", "How the device's PFX is encrypted: legacy for Windows Server 2016 and older, and Cisco.")
	preset.Options, preset.Default = []SettingOption{{"modern", "Modern"}, {"legacy", "Legacy"}}, "modern"
	return Plugin{
		ID: string(target.TypePull), Kind: string(plugin.KindDeploy), Title: "Device pull", Summary: "The device fetches by itself.",
		Version: a.Version, Health: "ok", Capabilities: []string{"pull", "script"},
		Schema: []SettingField{
			preset,
			field("allowed_cidrs", "strings", "Allowed networks", "Networks the device may fetch from; from anywhere when empty."),
			field("expires_at", "time", "Expires", "When the target's tokens stop working; never when left out."),
		},
	}
}
