package deploy

import (
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// prefix begins the names of the fields that the schema describes, as faults name them too.
const prefix = "settings."

// form is what is typed about a target, as it was typed. Secrets are no part of it: they are not sent back.
type form struct {
	Type      string
	Name      string
	Group     string // id, or the name where one types it
	Tags      string // separated by commas
	Endpoints string // one a line
	SNI       string
	Preset    string // of the schedule: see presets
	Schedule  string // what is typed where the preset is own
	Values    map[string][]string
	Drop      map[string]bool // stored secrets that are to be taken away
	Seen      string          // what the form showed first: see print
}

// read answers what was sent about settings of that schema.
func read(rq *kit.Request, sch schema.Schema) form {
	f := form{
		Type: rq.Text("type"), Name: rq.Text("name"), Group: rq.Text("group"), Tags: rq.Text("tags"), SNI: rq.Text("sni"),
		Endpoints: lines(rq.Text("endpoints")), Preset: rq.Text("recheck"), Schedule: rq.Text("schedule"), Seen: rq.Text("seen"),
		Values: map[string][]string{}, Drop: map[string]bool{},
	}
	sch.Walk(func(path string, field schema.Field) {
		switch {
		case field.Type == schema.Object:
		case field.Secret:
			f.Drop[path] = rq.Checked("drop." + path)
		default:
			f.Values[path] = rq.Texts(prefix + path)
		}
	})
	return f
}

// blank answers the form of a new target, with the defaults of its settings.
func blank(t target.Type, sch schema.Schema) form {
	return form{Type: string(t), Values: valuesOf(sch, nil)}
}

// formOf answers the form as it is for a target that is there.
func formOf(t target.Target, sch schema.Schema) form {
	f := form{
		Type: string(t.Type), Name: t.Name, Group: t.Group, Tags: strings.Join(t.Tags, ", "), SNI: t.Deploy.SNI,
		Values: valuesOf(sch, t.Deploy.Settings), Seen: print(t),
	}
	for _, e := range t.Deploy.Endpoints {
		f.Endpoints += e.String() + "\n"
	}
	f.Endpoints = strings.TrimSpace(f.Endpoints)
	f.Preset, f.Schedule = presetOf(t.Deploy.Schedule)
	return f
}

// valuesOf answers plain settings as a form has them; what is not there stands at its default.
func valuesOf(sch schema.Schema, settings map[string]any) map[string][]string {
	out := map[string][]string{}
	sch.Walk(func(path string, f schema.Field) {
		if f.Secret || f.Type == schema.Object {
			return
		}
		v, ok := at(settings, path)
		if !ok {
			v = f.Default
		}
		out[path] = []string{written(v)}
	})
	return out
}

// at answers the value at a path.
func at(settings map[string]any, path string) (any, bool) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		settings, _ = settings[name].(map[string]any)
	}
	v, ok := settings[names[len(names)-1]]
	return v, ok
}

// written answers a value as somebody would type it. Numbers that were read back are of another type, and mean the same.
func written(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		return strings.Join(v, "\n")
	case []any:
		var out []string
		for _, one := range v {
			out = append(out, written(one))
		}
		return strings.Join(out, "\n")
	}
	return ""
}

func (f form) tags() []string { return cut(f.Tags, ",\n") }

func (f form) endpoints() []string { return cut(f.Endpoints, "\n,; \t") }

// schedule answers the cron that is meant: that of the preset, which is empty for never, or what is typed. Without our script both are
// sent, whichever counts.
func (f form) schedule() string {
	if f.Preset == own {
		return f.Schedule
	}
	return f.Preset
}

// cut answers what stands between the separators, without space around it.
func cut(s, separators string) []string {
	out := []string{}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
