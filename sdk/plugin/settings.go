package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Settings are the values of one call, checked against the schema. Fields are named by their path: String("host"),
// Int("jump.port"), Secret("jump.password"). What is not set, or is of another type, answers the zero value.
//
// Settings can be printed: names of fields appear, values do not.
type Settings struct {
	prefix string
	values map[string]any
	data   *settingsData
}

type settingsData struct {
	secrets map[string][]byte
	strange func(path string) // told of each path that is read as what the schema does not declare; may be nil
	fields  map[string]kind
}

// NewSettings makes settings of plain data, as tests and the host have it. Numbers may be any integer type or what encoding/json
// makes of one.
func NewSettings(values map[string]any, secrets map[string][]byte) Settings {
	plain, _ := normal(values).(map[string]any)
	return Settings{values: plain, data: &settingsData{secrets: secrets}}
}

// ParseSettings reads the JSON object that travels with a call.
func ParseSettings(object []byte, secrets map[string][]byte) (Settings, error) {
	var values map[string]any
	if len(object) > 0 {
		d := json.NewDecoder(bytes.NewReader(object))
		d.UseNumber()
		if err := d.Decode(&values); err != nil {
			return Settings{}, errors.New("settings are not a JSON object")
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return Settings{}, errors.New("settings are more than one JSON object")
		}
	}
	return NewSettings(values, secrets), nil
}

// String answers the text of a field of any type that is written as one: string, text, enum, host, path, mode, command, URL.
func (s Settings) String(path string) string {
	v, _ := s.read(path, kindString).(string)
	return v
}

// Int answers the number of an int or port field.
func (s Settings) Int(path string) int64 {
	v, _ := s.read(path, kindInt).(int64)
	return v
}

// Bool answers the value of a bool field.
func (s Settings) Bool(path string) bool {
	v, _ := s.read(path, kindBool).(bool)
	return v
}

// Duration answers the value of a duration field.
func (s Settings) Duration(path string) time.Duration {
	text, _ := s.read(path, kindString).(string)
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

// Strings answers the values of a strings field; the caller owns the slice.
func (s Settings) Strings(path string) []string {
	v, _ := s.read(path, kindStrings).([]string)
	return slices.Clone(v)
}

// Object answers the settings below an object field; paths then begin there: Object("jump").String("host").
func (s Settings) Object(path string) Settings {
	v, _ := s.read(path, kindObject).(map[string]any)
	return Settings{prefix: s.prefix + path + ".", values: v, data: s.data}
}

// Has says whether a field that is no secret is set: present, and neither empty text nor an empty list or object.
func (s Settings) Has(path string) bool {
	switch v := s.read(path, kindAny).(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []string:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// Secret answers a secret of this call, nil when there is none. It is wiped when the call ends: do not keep it.
func (s Settings) Secret(path string) []byte {
	s.look(path, kindSecret)
	if s.data == nil {
		return nil
	}
	return s.data.secrets[s.prefix+path]
}

// HasSecret says whether a secret is set.
func (s Settings) HasSecret(path string) bool { return len(s.Secret(path)) > 0 }

// read finds a value by its path and takes note when the schema does not declare it so.
func (s Settings) read(path string, k kind) any {
	s.look(path, k)
	var v any = s.values
	for name := range strings.SplitSeq(path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}

// normal makes the values of JSON those of the schema: integers int64, lists of strings []string.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			out[name] = normal(inner)
		}
		return out
	case []any:
		list := make([]string, 0, len(v))
		for _, inner := range v {
			text, ok := inner.(string)
			if !ok {
				return nil
			}
			list = append(list, text)
		}
		return list
	case []string:
		return slices.Clone(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
		return nil
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case uint16:
		return int64(v)
	}
	return v
}

// describe names what is there without telling a value.
func (s Settings) describe() string {
	secrets := 0
	if s.data != nil {
		secrets = len(s.data.secrets)
	}
	return fmt.Sprintf("settings(%s; %d secrets)", strings.Join(slices.Sorted(maps.Keys(s.values)), ", "), secrets)
}

// Format keeps every verb of fmt from the values.
func (s Settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.describe()) }

// LogValue keeps slog from the values.
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.describe()) }

// MarshalJSON keeps encoding/json from the values.
func (s Settings) MarshalJSON() ([]byte, error) { return json.Marshal(s.describe()) }
