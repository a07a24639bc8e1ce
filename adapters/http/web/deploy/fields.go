package deploy

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// settings are the fields of a schema with what they hold.
type settings struct {
	Schema schema.Schema
	Values map[string][]string
	Stored []string // paths of the secrets that are stored
	Drop   map[string]bool
	Error  error
}

// block is some fields that stand together.
type block struct {
	Title  string
	Fields []schema.Field
}

// headed says whether the block has a heading of its own: one object alone says itself what it is.
func (b block) headed() bool {
	return b.Title != "" && (len(b.Fields) > 1 || b.Fields[0].Type != schema.Object || b.Fields[0].Title != b.Title)
}

// sections answers the fields by their sections, in the order in which those come first.
func sections(fields []schema.Field) []block {
	var out []block
	for _, f := range fields {
		i := slices.IndexFunc(out, func(g block) bool { return g.Title == f.Section })
		if i < 0 {
			i = len(out)
			out = append(out, block{Title: f.Section})
		}
		out[i].Fields = append(out[i].Fields, f)
	}
	return out
}

// control is one field of the form.
type control struct {
	schema.Field
	Path   string // "jump.host"
	Above  string // path of the object that it is in, with a dot behind; "" for none
	Value  string
	Stored bool // a secret that is stored
	Drop   bool
	Error  string
}

func (s settings) control(f schema.Field, above string) control {
	path := above + f.Name
	c := control{Field: f, Path: path, Above: above, Stored: slices.Contains(s.Stored, path), Drop: s.Drop[path], Error: ui.FieldError(s.Error, prefix+path)}
	if v := s.Values[path]; len(v) > 0 {
		c.Value = lines(v[0])
		if f.Type == schema.Strings {
			c.Value = lines(strings.Join(v, "\n"))
		}
	}
	return c
}

func (c control) name() string { return prefix + c.Path }

func (c control) id() string { return idOf(c.Path) }

// idOf answers the id of the control of a setting, in which no dot stands in the way of a selector.
func idOf(path string) string { return "f-s-" + strings.ReplaceAll(path, ".", "-") }

// slot is where our script puts what a test says of the field.
func slot(path string) string { return "e-s-" + strings.ReplaceAll(path, ".", "-") }

// hint answers the help, with what people have to know besides.
func (c control) hint() string {
	var out []string
	if c.Stored {
		out = append(out, "Stored. Leave it blank to keep it.")
	}
	if c.Help != "" {
		out = append(out, shown(c.Help))
	}
	return strings.Join(out, " ")
}

// demanded says whether a browser asks for it itself: not for what may not apply, nor for what is stored.
func (c control) demanded() bool {
	return c.Required && c.When == nil && c.Above == "" && !c.Stored && c.Type != schema.Bool
}

func (c control) optional() bool {
	return !c.Required && c.Type != schema.Bool && c.Type != schema.Enum
}

func (c control) mono() bool {
	switch c.Type {
	case schema.String:
		return c.Pattern != ""
	case schema.Int, schema.Port, schema.Duration, schema.Host, schema.Path, schema.Mode, schema.Command, schema.URL, schema.Text, schema.Strings:
		return true
	}
	return false
}

func (c control) width() string {
	switch c.Type {
	case schema.Int, schema.Port, schema.Mode, schema.Duration:
		return "w3"
	case schema.Text, schema.Strings, schema.Object:
		return ""
	}
	return "w6"
}

func (c control) props() ui.FieldProps {
	p := ui.FieldProps{
		Label: shown(c.Title), Name: c.name(), ID: c.id(), Value: c.Value, Hint: c.hint(), Error: c.Error, Placeholder: shown(c.Placeholder),
		Autocomplete: "off", Optional: c.optional(), Required: c.demanded(), Mono: c.mono(), MaxLength: c.MaxLen,
	}
	switch {
	case c.Secret && c.Type == schema.Text:
		p.Type = "password" // a text area that never shows what it was given
	case c.Secret:
		p.Type, p.Autocomplete, p.Reveal = "password", "new-password", true
	case c.Type == schema.Int, c.Type == schema.Port, c.Type == schema.Mode:
		p.Inputmode = "numeric"
	case c.Type == schema.URL:
		p.Inputmode = "url"
	}
	return p
}

func (c control) options() []ui.Option {
	var out []ui.Option
	if c.Default == nil {
		out = append(out, ui.Option{Label: "Choose"})
	}
	for _, o := range c.Options {
		out = append(out, ui.Option{Value: o.Value, Label: shown(o.Title)})
	}
	return out
}

// when answers the attributes by which our script shows the field only where it applies.
func (c control) when() templ.Attributes {
	if c.When == nil {
		return nil
	}
	in, err := json.Marshal(c.When.In)
	if err != nil {
		return nil
	}
	return templ.Attributes{"data-when": prefix + c.Above + c.When.Field, "data-in": string(in)}
}

// applies says in words when a field applies: for people without our script, who see all fields.
func (s settings) applies(c control) string {
	if c.When == nil {
		return ""
	}
	on, ok := s.Schema.Find(c.Above + c.When.Field)
	if !ok {
		return ""
	}
	title := shown(on.Title)
	var values []string
	for _, v := range c.When.In {
		switch {
		case v == "*":
			return "Counts only when “" + title + "” is filled in."
		case on.Type == schema.Bool && v == "true":
			return "Counts only when “" + title + "” is ticked."
		case on.Type == schema.Bool:
			return "Counts only when “" + title + "” is not ticked."
		}
		for _, o := range on.Options {
			if o.Value == v {
				v = shown(o.Title)
			}
		}
		values = append(values, v)
	}
	return "Counts only when “" + title + "” is " + strings.Join(values, " or ") + "."
}

// opened says whether an object is shown open: something is in it, is wrong in it, or must be.
func (s settings) opened(c control) bool {
	if c.Required {
		return true
	}
	open := false
	schema.Schema{Fields: c.Fields}.Walk(func(path string, f schema.Field) {
		path = c.Path + "." + path
		v := s.Values[path]
		filled := len(v) > 0 && v[0] != "" && v[0] != written(f.Default) && f.Type != schema.Enum && v[0] != "false"
		open = open || filled || slices.Contains(s.Stored, path) || ui.FieldError(s.Error, prefix+path) != ""
	})
	return open
}

// others answers what an error says of fields that are on no form: all that a person can do is read it.
func others(err error, sch schema.Schema) []string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil
	}
	var out []string
	for name, advice := range f.Fields {
		path, is := strings.CutPrefix(name, prefix)
		if _, known := sch.Find(path); name == "settings" || is && !known {
			out = append(out, advice)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
