package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// sent answers the settings of a form, secrets in place, as the use case takes them.
func sent(rq *kit.Request, sch schema.Schema) map[string]any {
	plain, secrets := sch.FromForm(func(path string) []string { return rq.Texts(prefix + path) })
	for path, v := range secrets {
		put(plain, path, v)
	}
	return plain
}

// patch answers what a form says of the settings of a target: what it leaves empty is gone, but a secret, which is kept unless its box
// is ticked.
func patch(rq *kit.Request, sch schema.Schema, f form, stored map[string]any) map[string]any {
	out := sent(rq, sch)
	gone(sch.Fields, stored, out)
	for path, drop := range f.Drop {
		if drop && rq.PostFormValue(prefix+path) == "" {
			put(out, path, nil)
		}
	}
	return out
}

// gone marks the objects that are stored and that the form leaves empty.
func gone(fields []schema.Field, stored, out map[string]any) {
	for _, f := range fields {
		before, was := stored[f.Name].(map[string]any)
		if f.Type != schema.Object || !was {
			continue
		}
		after, is := out[f.Name].(map[string]any)
		if !is {
			out[f.Name] = nil
			continue
		}
		gone(f.Fields, before, after)
	}
}

// put sets the value at a path. Below an object that is to go there is nothing to set.
func put(settings map[string]any, path string, v any) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		inner, there := settings[name]
		next, ok := inner.(map[string]any)
		if !ok {
			if there || v == nil {
				return
			}
			next = map[string]any{}
			settings[name] = next
		}
		settings = next
	}
	settings[names[len(names)-1]] = v
}

// print answers what tells one state of a target's settings from another. It holds nothing of them.
func print(t target.Target) string {
	b, err := json.Marshal([]any{t.Name, t.Group, t.Tags, t.Deploy.Settings, t.Deploy.Secrets, t.Deploy.Endpoints, t.Deploy.SNI, t.Deploy.Schedule})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}
