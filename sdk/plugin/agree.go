package plugin

import "github.com/ignisfox/ignisfox/sdk/schema"

// kind is how a field is read.
type kind string

const (
	kindAny     kind = "value"
	kindString  kind = "text"
	kindInt     kind = "number"
	kindBool    kind = "bool"
	kindStrings kind = "list"
	kindObject  kind = "object"
	kindSecret  kind = "secret"
)

// watched answers the same settings, which from then on tell of each path that is read as what the schema does not declare: a
// field that is not there, a secret read as a setting, a number read as text. Such a read answers the zero value for ever, which a
// test on the happy path does not show.
func (s Settings) watched(sc schema.Schema, strange func(path string)) Settings {
	data := &settingsData{fields: map[string]kind{}, strange: strange}
	if s.data != nil {
		data.secrets = s.data.secrets
	}
	sc.Walk(func(path string, f schema.Field) { data.fields[path] = useOf(f) })
	s.data = data
	return s
}

func useOf(f schema.Field) kind {
	if f.Secret {
		return kindSecret
	}
	switch f.Type {
	case schema.Int, schema.Port:
		return kindInt
	case schema.Bool:
		return kindBool
	case schema.Strings:
		return kindStrings
	case schema.Object:
		return kindObject
	}
	return kindString
}

// look compares a read with the schema.
func (s Settings) look(path string, k kind) {
	if s.data == nil || s.data.strange == nil {
		return
	}
	declared, ok := s.data.fields[s.prefix+path]
	if !ok || declared != k && (k != kindAny || declared == kindSecret) {
		s.data.strange(s.prefix + path)
	}
}
