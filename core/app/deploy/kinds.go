package deploy

import (
	"strings"

	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Plugin is one plugin with the settings it takes; none while it is not ready.
type Plugin struct {
	plugin.Info
	Schema schema.Schema
}

// Known answers every plugin of the server, those that do not run too.
func (s *Service) Known(actor tenant.Actor) ([]Plugin, error) {
	if err := actor.Allow(tenant.TargetRead); err != nil {
		return nil, err
	}
	var out []Plugin
	for _, info := range s.Plugins.All() {
		one := Plugin{Info: info}
		if found, sch, err := s.Plugins.Find(info.ID); err == nil {
			one = Plugin{found, sch}
		}
		out = append(out, one)
	}
	return out, nil
}

// Shown answers the settings of a target as people may see them: each secret that applies stands in its place as {"set": true} or
// {"set": false}. Also while the plugin does not run: then each that is stored does.
func (s *Service) Shown(t target.Target) map[string]any {
	if t.Deploy == nil {
		return map[string]any{}
	}
	have := map[string]bool{}
	for _, path := range t.Deploy.Secrets {
		have[path] = true
	}
	_, sch, err := s.Plugins.Find(string(t.Type))
	if err != nil {
		sch = secretsAlone(t.Deploy.Secrets)
		return sch.Present(t.Deploy.Settings, have)
	}
	checked, problems := sch.Validate(t.Deploy.Settings, nil, all(sch))
	if len(problems) > 0 { // stored under another version of the plugin
		checked = t.Deploy.Settings
	}
	return sch.Present(checked, have)
}

// secretsAlone is a schema of nothing but secrets.
func secretsAlone(paths []string) (sch schema.Schema) {
	for _, path := range paths {
		fields, names := &sch.Fields, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			fields = object(fields, name)
		}
		*fields = append(*fields, schema.Field{Name: names[len(names)-1], Type: schema.String, Secret: true})
	}
	return sch
}

// object answers the fields of the object of that name, made when it is not there.
func object(fields *[]schema.Field, name string) *[]schema.Field {
	for i := range *fields {
		if f := &(*fields)[i]; f.Name == name {
			return &f.Fields
		}
	}
	*fields = append(*fields, schema.Field{Name: name, Type: schema.Object})
	return &(*fields)[len(*fields)-1].Fields
}
