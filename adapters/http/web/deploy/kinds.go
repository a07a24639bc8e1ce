package deploy

import (
	"cmp"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Kinds answers the kinds that a target can be made of now: the plugins that are ready.
func (p *Pages) Kinds() part.Kinds {
	return kindsOf(p.Deploy.Plugins.All(), func(i plugin.Info) bool { return i.State == plugin.StateReady })
}

// Known answers the kinds that targets may be of, also those of plugins that do not run.
func (p *Pages) Known() part.Kinds {
	return kindsOf(p.Deploy.Plugins.All(), func(plugin.Info) bool { return true })
}

func kindsOf(all []plugin.Info, is func(plugin.Info) bool) (out part.Kinds) {
	for _, i := range all {
		if i.Kind == plugin.KindDeploy && is(i) {
			out = append(out, kindOf(i))
		}
	}
	return out
}

func kindOf(i plugin.Info) part.Kind {
	return part.Kind{
		Type: target.Type(i.ID), Title: shown(cmp.Or(i.Title, i.ID)), Text: shown(i.Summary), Icon: icon(i.Icon),
	}
}

// icons are those of our sprite that a plugin may have; a plugin draws nothing itself.
var icons = []string{"server", "globe", "terminal", "network", "balance", "window", "card", "bundle", "pfx", "leaf", "sync", "ca"}

func icon(name string) string {
	if slices.Contains(icons, name) {
		return name
	}
	return "server"
}

// kind is a plugin with the settings that it takes.
type kind struct {
	plugin.Info
	Schema schema.Schema
	Ready  bool
}

// find answers the plugin of a type, also one that does not run: then it has no schema.
func (p *Pages) find(t target.Type) (kind, error) {
	info, sch, err := p.Deploy.Plugins.Find(string(t))
	if err == nil {
		return kind{info, sch, true}, nil
	}
	if fault.KindOf(err) == fault.Internal {
		return kind{}, err
	}
	for _, i := range p.Deploy.Plugins.All() {
		if i.ID == string(t) {
			return kind{Info: i}, nil
		}
	}
	return kind{Info: plugin.Info{ID: string(t), Title: string(t), State: plugin.StateFailed, Reason: "It is not among the plugins of this server."}}, nil
}
