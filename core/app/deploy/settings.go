package deploy

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/text"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// hostKey is the setting that pins what a device proves to be. Setting it for the first time is no change of the destination: no secret
// has gone anywhere before.
const hostKey = "host_key"

// settings are a target's settings on their way to the store.
type settings struct {
	plugin  plugin.Info
	schema  schema.Schema
	plain   map[string]any
	secrets map[string]string // submitted
	drop    []string          // paths of stored secrets that are not to be kept
	have    map[string]bool   // stored ones that stay
}

// find answers the deploy plugin of a type. Faults Invalid bad_type, Unavailable plugin_unavailable.
func (s *Service) find(t target.Type) (plugin.Info, schema.Schema, error) {
	info, sch, err := s.Plugins.Find(string(t))
	if fault.KindOf(err) == fault.Invalid || err == nil && info.Kind != plugin.KindDeploy {
		return info, sch, fault.New(fault.Invalid, "bad_type", "This server has no targets of that type.").
			Field("type", "Choose one that the list of plugins shows.")
	}
	return info, sch, err
}

// merge applies a patch to the settings of a target: stored are the paths of its secrets. A secret never follows a changed destination.
func (s *Service) merge(ctx context.Context, t target.Type, before map[string]any, stored []string, patch map[string]any) (*settings, error) {
	info, sch, err := s.find(t)
	if err != nil {
		return nil, err
	}
	merged, problems := sch.Merge(before, patch)
	if len(problems) > 0 {
		return nil, bad(problems)
	}
	out := &settings{plugin: info, schema: sch, secrets: merged.Secrets, have: map[string]bool{}}
	for _, path := range stored {
		out.have[path] = !slices.Contains(merged.Removed, path)
	}
	moved := before != nil && leadsElsewhere(sch, before, merged)
	if moved {
		out.have = map[string]bool{}
	}
	if out.plain, problems = sch.Validate(merged.Plain, merged.Secrets, out.have); len(problems) > 0 {
		if moved {
			for _, path := range stored {
				if _, wanting := problems[path]; wanting {
					problems[path] = "Give this again: what is stored is only ever sent to the destination it was given for."
				}
			}
		}
		return nil, bad(problems)
	}
	apply := sch.SecretsOf(out.plain)
	maps.DeleteFunc(out.secrets, func(path, _ string) bool { return !slices.Contains(apply, path) })
	for _, path := range stored {
		if !out.have[path] || !slices.Contains(apply, path) {
			out.drop = append(out.drop, path)
		}
	}
	return out, s.ask(ctx, out)
}

// leadsElsewhere says whether what was stored would be sent somewhere else.
func leadsElsewhere(sch schema.Schema, before map[string]any, m schema.Merged) bool {
	after, problems := sch.Validate(m.Plain, m.Secrets, all(sch))
	if len(problems) > 0 { // is refused, and asked for its secrets at once where it leads elsewhere
		after = m.Plain
	}
	for _, path := range sch.Destinations(before, after) {
		_, unusable := problems[path] // leads nowhere
		pinned := path == hostKey || strings.HasSuffix(path, "."+hostKey)
		if !unusable && (!pinned || at(before, path) != "") {
			return true
		}
	}
	return false
}

// all answers the paths of all secrets, as if they were stored.
func all(sch schema.Schema) map[string]bool {
	out := map[string]bool{}
	for _, path := range sch.Secrets() {
		out[path] = true
	}
	return out
}

// at answers a text at a path.
func at(values map[string]any, path string) string {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		values, _ = values[name].(map[string]any)
	}
	v, _ := values[names[len(names)-1]].(string)
	return v
}

// ask has the plugin look at what the schema alone cannot see.
func (s *Service) ask(ctx context.Context, c *settings) error {
	p, err := s.Plugins.Deployer(c.plugin.ID)
	if err != nil {
		return err
	}
	call := ports.PluginCall{Settings: c.plain, Secrets: map[string]secret.Bytes{}}
	for path, v := range c.secrets {
		call.Secrets[path] = secret.NewBytes([]byte(v))
	}
	defer wipe(call)
	problems, err := p.Validate(ctx, call)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return bad(problems)
	}
	return nil
}

// bad answers problems of settings as the fault that people see.
func bad(problems schema.Problems) error {
	f := fault.New(fault.Invalid, "bad_settings", "The settings of the target are not usable.")
	for path, advice := range problems {
		f = f.Field(field(path), advice)
	}
	return f
}

// field names a setting as those who ask for it do; the schema calls all of them "settings".
func field(path string) string {
	if path == "" || path == "settings" {
		return "settings"
	}
	return "settings." + path
}

// sealed answers the submitted secrets, sealed for their rows.
func (s *Service) sealed(ctx context.Context, t tenant.ID, secrets map[string]string) ([]ports.TargetSecret, error) {
	var out []ports.TargetSecret
	for _, path := range slices.Sorted(maps.Keys(secrets)) {
		row := ports.TargetSecret{ID: id.New("tsec", s.Now()), Path: path}
		plain := secret.NewBytes([]byte(secrets[path]))
		at := ports.Place{Tenant: t, Table: ports.TargetSecretsTable, Column: ports.TargetSecretColumn, Row: row.ID}
		var err error
		row.Sealed, err = s.Sealer.Seal(ctx, at, plain)
		plain.Wipe()
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// endpoints reads what people gave. Fault Invalid bad_endpoint.
func endpoints(given []string) ([]target.Endpoint, error) {
	if len(given) > target.MaxEndpoints {
		return nil, fault.New(fault.Invalid, "bad_endpoint", "At most 20 endpoints.").Field("endpoints", "At most 20 endpoints.")
	}
	var out []target.Endpoint
	for _, one := range given {
		if strings.TrimSpace(one) == "" {
			continue
		}
		e, err := target.ParseEndpoint(one)
		if err != nil {
			var f *fault.Fault
			if errors.As(err, &f) {
				return nil, f.Field("endpoints", f.Message)
			}
			return nil, err
		}
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out, nil
}

// serverName reads the name to ask endpoints for. Fault Invalid bad_sni.
func serverName(given string) (string, error) {
	name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(given), "."))
	if name == "" {
		return "", nil
	}
	_, address := netip.ParseAddr(name) // TLS asks for names alone
	if e, err := target.ParseEndpoint(name); err != nil || address == nil || e.Host != name || !text.AllPlain(name) {
		return "", fault.New(fault.Invalid, "bad_sni", "The name is not usable.").Field("sni", "Give a DNS name such as www.example.com, or leave it out.")
	}
	return name, nil
}

// cron checks a schedule in the tenant's time zone. Fault Invalid bad_schedule.
func (s *Service) cron(ctx context.Context, t tenant.ID, given string) (string, error) {
	given = strings.Join(strings.Fields(given), " ")
	if given == "" {
		return "", nil
	}
	var zone string
	err := s.Store.Tenant(t).View(ctx, func(tx ports.Tx) error {
		ws, err := tx.Workspace().Get(ctx)
		zone = ws.TimeZone
		return err
	})
	if err != nil {
		return "", err
	}
	_, err = s.Cron.Next(given, zone, s.Now())
	var f *fault.Fault
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		return "", f.Field("schedule", f.Message)
	}
	return given, err
}
