package schema

import "fmt"

// Walk calls fn for every field, from the top down, an object before its fields. path names the field as Problems do.
func (s Schema) Walk(fn func(path string, f Field)) { walk("", s.Fields, fn) }

func walk(prefix string, fields []Field, fn func(string, Field)) {
	for _, f := range fields {
		fn(prefix+f.Name, f)
		walk(prefix+f.Name+".", f.Fields, fn)
	}
}

// Find answers the field of a path.
func (s Schema) Find(path string) (Field, bool) {
	var found Field
	ok := false
	s.Walk(func(p string, f Field) {
		if p == path && !ok {
			found, ok = f, true
		}
	})
	return found, ok
}

// Secrets answers the paths of all secrets, in the order of the fields.
func (s Schema) Secrets() []string {
	var paths []string
	s.Walk(func(path string, f Field) {
		if f.Secret {
			paths = append(paths, path)
		}
	})
	return paths
}

// SecretsOf answers the paths of the secrets that apply to settings that Validate answered: no others need to be stored or sent.
func (s Schema) SecretsOf(settings map[string]any) []string { return secretsOf("", s.Fields, settings) }

func secretsOf(prefix string, fields []Field, values map[string]any) []string {
	var paths []string
	for _, f := range fields {
		if f.When != nil && !holds(*f.When, fields, values) {
			continue
		}
		if f.Secret {
			paths = append(paths, prefix+f.Name)
		}
		if inner, ok := values[f.Name].(map[string]any); ok && f.Type == Object {
			paths = append(paths, secretsOf(prefix+f.Name+".", f.Fields, inner)...)
		}
	}
	return paths
}

// Destinations answers the paths of the Destination fields in which two settings differ, both as Validate answered them. A field
// that came into the schema later and stands at its default has not changed.
func (s Schema) Destinations(before, after map[string]any) []string {
	a, b := map[string]any{}, map[string]any{}
	destinations("", s.Fields, before, a)
	destinations("", s.Fields, after, b)
	var changed []string
	s.Walk(func(path string, f Field) {
		if f.Destination && !same(a[path], b[path]) {
			changed = append(changed, path)
		}
	})
	return changed
}

// destinations collects where values lead, by path.
func destinations(prefix string, fields []Field, values, into map[string]any) {
	checked := map[string]any{}
	for _, f := range fields {
		if f.When != nil && !holds(*f.When, fields, checked) {
			continue
		}
		given := values[f.Name]
		if inner, ok := given.(map[string]any); ok && f.Type == Object {
			destinations(prefix+f.Name+".", f.Fields, inner, into)
			continue
		}
		if given == nil {
			given = f.Default
		}
		if given == nil || f.Secret || f.Type == Object {
			continue
		}
		value, problem := f.value(given)
		if problem != "" { // stored under another schema; it only has to be told from others
			value = fmt.Sprint(given)
		}
		given = value
		checked[f.Name] = given
		if f.Destination {
			into[prefix+f.Name] = given
		}
	}
}
