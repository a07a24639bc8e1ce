package schema

import (
	"maps"
	"slices"
	"strings"
)

// Split takes the secrets out of settings that came with them in place, as the REST API gets them. Nothing is checked but the shape
// of secrets: Validate does the rest. A secret that is null, empty, or {"set": …} as Present shows it, is left out.
func (s Schema) Split(all map[string]any) (plain map[string]any, secrets map[string]string, problems Problems) {
	m, problems := s.Merge(nil, all)
	return m.Plain, m.Secrets, problems
}

// Merged is what a merge patch makes of settings.
type Merged struct {
	Plain   map[string]any    // for Validate
	Secrets map[string]string // submitted, by path: to be stored in place of those before
	Removed []string          // paths of secrets that were taken away
}

// Merge applies a JSON merge patch (RFC 7396) to plain settings, secrets in place: what is left out stays, null removes. A secret
// that is empty, or {"set": …} as Present shows it, stays as it is too, so that settings can be read, changed and sent back.
// plain is not changed.
func (s Schema) Merge(plain, patch map[string]any) (Merged, Problems) {
	m := Merged{Secrets: map[string]string{}}
	problems := Problems{}
	m.Plain = m.merge(s.Fields, plain, patch, "", problems)
	slices.Sort(m.Removed)
	if len(problems) == 0 {
		problems = nil
	}
	return m, problems
}

func (m *Merged) merge(fields []Field, plain, patch map[string]any, prefix string, problems Problems) map[string]any {
	out := maps.Clone(plain)
	if out == nil {
		out = map[string]any{}
	}
	for name, given := range patch {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
		path := prefix + name
		switch inner, isObject := given.(map[string]any); {
		case i >= 0 && fields[i].Secret:
			m.secret(path, given, problems)
		case given == nil:
			delete(out, name)
			if i >= 0 {
				m.removeBelow(path+".", fields[i].Fields)
			}
		case i >= 0 && fields[i].Type == Object && isObject:
			before, _ := out[name].(map[string]any)
			out[name] = m.merge(fields[i].Fields, before, inner, path+".", problems)
		default:
			out[name] = given // of a name nobody knows too: Validate says so
		}
	}
	return out
}

func (m *Merged) secret(path string, given any, problems Problems) {
	switch given := given.(type) {
	case nil:
		m.Removed = append(m.Removed, path)
	case string:
		if given != "" {
			m.Secrets[path] = given
		}
	default:
		if shown, ok := given.(map[string]any); ok && len(shown) == 1 {
			if _, ok := shown["set"].(bool); ok {
				return
			}
		}
		problems[path] = "Give the secret as a text, or leave it out to keep the one that is stored."
	}
}

func (m *Merged) removeBelow(prefix string, fields []Field) {
	walk(prefix, fields, func(path string, f Field) {
		if f.Secret {
			m.Removed = append(m.Removed, path)
		}
	})
}

// Present answers settings as they are shown: secrets that apply stand in place as {"set": true} or {"set": false}. settings, as
// Validate answered them, are not changed.
func (s Schema) Present(settings map[string]any, have map[string]bool) map[string]any {
	out := clone(settings)
	for _, path := range s.SecretsOf(settings) {
		at, names := out, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			at, _ = at[name].(map[string]any) // SecretsOf goes only where objects are
		}
		at[names[len(names)-1]] = map[string]any{"set": have[path]}
	}
	return out
}

func clone(values map[string]any) map[string]any {
	out := make(map[string]any, len(values))
	for name, v := range values {
		switch v := v.(type) {
		case map[string]any:
			out[name] = clone(v)
		case []string:
			out[name] = slices.Clone(v)
		default:
			out[name] = v
		}
	}
	return out
}

// same compares two values of one field; empty and absent are the same.
func same(a, b any) bool {
	x, isList := a.([]string)
	y, alsoList := b.([]string)
	if isList || alsoList {
		return slices.Equal(x, y)
	}
	if a == nil {
		a = ""
	}
	if b == nil {
		b = ""
	}
	return a == b
}
