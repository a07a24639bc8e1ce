package schema

import (
	"maps"
	"slices"
	"strconv"
)

const (
	wordsRequired = "Fill this in."
	wordsStranger = "There is no such setting here. Take it out, or look up how it is spelled."
	wordsNoObject = "Give an object with the settings in it."
	wordsApart    = "This is a secret, which may not be among the plain settings."
)

// Validate checks settings and answers them as they are stored: defaults filled in, names of hosts in lower case, numbers as int64,
// lists as []string; without what does not apply because its When does not hold. It takes what encoding/json makes of an object,
// with or without UseNumber, and what it answered before: validating twice changes nothing.
//
// secrets are those that are submitted, have the paths of those that are stored already; a required one may be in either. Which of
// them apply to the settings is what SecretsOf answers. When there are problems there are no settings. No problem holds a submitted
// value.
func (s Schema) Validate(plain map[string]any, secrets map[string]string, have map[string]bool) (map[string]any, Problems) {
	v := &validation{secrets: secrets, have: have, problems: Problems{}}
	for _, path := range slices.Sorted(maps.Keys(secrets)) {
		if f, ok := s.Find(path); !ok || !f.Secret {
			v.stranger("", path)
		}
	}
	out := v.object(s.Fields, plain, "")
	if len(v.problems) > 0 {
		return nil, v.problems
	}
	return out, nil
}

type validation struct {
	secrets   map[string]string
	have      map[string]bool
	problems  Problems
	strangers int
}

// stranger reports a name nobody knows. Names are submitted too: one that could be anything is not repeated, and few are enough.
func (v *validation) stranger(prefix, name string) {
	if v.strangers++; v.strangers > 20 {
		return
	}
	path := prefix + name
	if len(name) > maxName || !snake.MatchString(name) {
		path = or(trimDot(prefix), "settings")
	}
	v.problems[path] = wordsStranger
}

func trimDot(prefix string) string {
	if prefix == "" {
		return ""
	}
	return prefix[:len(prefix)-1]
}

func (v *validation) object(fields []Field, in map[string]any, prefix string) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		if f.When != nil && !holds(*f.When, fields, out) {
			continue
		}
		path := prefix + f.Name
		switch given := in[f.Name]; {
		case f.Secret:
			v.secret(f, path, given)
		case f.Type == Object:
			if inner, ok := v.inner(f, path, given); ok {
				out[f.Name] = inner
			}
		default:
			if value, ok := v.value(f, path, given); ok {
				out[f.Name] = value
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			v.stranger(prefix, name)
		}
	}
	return out
}

// value answers what is stored for a plain field, and whether anything is.
func (v *validation) value(f Field, path string, given any) (any, bool) {
	if given == "" { // a field of a form that was left or made empty
		switch {
		case f.Type.clearable() && f.Required:
			v.problems[path] = wordsRequired
			return nil, false
		case f.Type.clearable() && f.Default != nil:
			return "", true // the default is not wanted
		}
		given = nil
	}
	if given == nil {
		given = f.Default
	}
	if given == nil {
		if f.Required {
			v.problems[path] = wordsRequired
		}
		return nil, false
	}
	value, problem := f.value(given)
	if list, ok := value.([]string); ok && len(list) == 0 && f.Required {
		problem = wordsRequired
	}
	if problem != "" {
		v.problems[path] = problem
		return nil, false
	}
	return value, true
}

// inner answers the settings of an object. One that nobody asked for is left out, with what it would require.
func (v *validation) inner(f Field, path string, given any) (map[string]any, bool) {
	in, ok := given.(map[string]any)
	if given != nil && !ok {
		v.problems[path] = wordsNoObject
		return nil, false
	}
	if given == nil && !f.Required && !v.submits(f.Fields, path+".") {
		return nil, false
	}
	return v.object(f.Fields, in, path+"."), true
}

// submits says whether a secret below prefix is submitted.
func (v *validation) submits(fields []Field, prefix string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool {
		return f.Secret && v.secrets[prefix+f.Name] != "" || f.Type == Object && v.submits(f.Fields, prefix+f.Name+".")
	})
}

func (v *validation) secret(f Field, path string, plain any) {
	if plain != nil {
		v.problems[path] = wordsApart
		return
	}
	submitted := v.secrets[path]
	if submitted == "" {
		if f.Required && !v.have[path] {
			v.problems[path] = wordsRequired
		}
		return
	}
	if _, problem := f.line(submitted); problem != "" {
		v.problems[path] = problem
	}
}

// holds says whether a condition holds among the checked values beside it.
func holds(c Condition, fields []Field, values map[string]any) bool {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == c.Field })
	if i < 0 {
		return false
	}
	text := ""
	switch value := values[c.Field].(type) {
	case nil:
		if fields[i].Type == Bool {
			text = "false"
		}
	case string:
		text = value
	case bool:
		text = strconv.FormatBool(value)
	case int64:
		text = strconv.FormatInt(value, 10)
	case []string:
		return len(value) > 0 && slices.Contains(c.In, "*")
	}
	return slices.Contains(c.In, text) || text != "" && slices.Contains(c.In, "*")
}
