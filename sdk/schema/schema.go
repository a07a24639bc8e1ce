// Package schema describes settings as plain data: which fields there are, of what type, which are secret, when they apply and what
// is wrong with a value. From one description come the form of the dashboard, the validation of the REST API, the table in the
// documentation and the redaction of logs.
//
// A plugin declares a Schema; the host checks it once (Schema.Check) and then validates settings with it, without any code for the
// vendor. Values are those of JSON: string, bool, int64, []string, and map[string]any for an object. Secrets are strings and travel
// apart from the rest (Schema.Split), named by their path: "password", "jump.password".
package schema

// Type is the type of a field and of its value.
type Type string

// The types.
const (
	String   Type = "string"   // one line
	Text     Type = "text"     // several lines, as a private key in PEM
	Int      Type = "int"      // int64
	Bool     Type = "bool"     //
	Enum     Type = "enum"     // one of Options
	Host     Type = "host"     // a DNS name or an IP address, without port
	Port     Type = "port"     // int64, 1 to 65535
	Path     Type = "path"     // an absolute path of the device
	Mode     Type = "mode"     // a file mode in octal, as "0644"
	Command  Type = "command"  // one line that the device's shell is given as it stands
	URL      Type = "url"      // https, with a host
	Duration Type = "duration" // as "30s" or "5m"
	Strings  Type = "strings"  // []string, each one line
	Object   Type = "object"   // Fields
)

// Option is one value of an Enum.
type Option struct {
	Value string `json:"value"`
	Title string `json:"title"`
}

// Condition says when a field applies: when the field beside it (same object) has one of the values. A bool's values are "true"
// and "false"; the value "*" means any that is not empty.
type Condition struct {
	Field string   `json:"field"`
	In    []string `json:"in"`
}

// Field is one setting.
type Field struct {
	Name        string     `json:"name"`  // snake_case, unique in its object; it never changes once released
	Title       string     `json:"title"` // as the form shows it
	Help        string     `json:"help,omitempty"`
	Placeholder string     `json:"placeholder,omitempty"`
	Section     string     `json:"section,omitempty"` // fields of one section stand together in the form
	Type        Type       `json:"type"`
	Required    bool       `json:"required,omitempty"` // while When holds
	Secret      bool       `json:"secret,omitempty"`   // String and Text alone; write-only, sealed
	Destination bool       `json:"destination,omitempty"`
	Default     any        `json:"default,omitempty"`
	Options     []Option   `json:"options,omitempty"`
	Min         *int64     `json:"min,omitempty"` // of Int
	Max         *int64     `json:"max,omitempty"`
	MaxLen      int        `json:"max_len,omitempty"` // bytes of a string; 4096, and 65536 of Text, when zero
	Pattern     string     `json:"pattern,omitempty"` // RE2, of the whole value
	PatternHelp string     `json:"pattern_help,omitempty"`
	When        *Condition `json:"when,omitempty"`
	Fields      []Field    `json:"fields,omitempty"` // of Object
}

// Schema is all settings of one thing. Destination fields say where secrets are sent: whoever changes one is asked for the secrets
// again.
type Schema struct {
	Fields []Field `json:"fields"`
}

// Problems say what is wrong, by the path of the field ("jump.host").
type Problems map[string]string
