package ui

import "github.com/a-h/templ"

// FieldProps is one line to fill in.
type FieldProps struct {
	Label        string
	Name         string
	ID           string // "f-"+Name unless given: give one where a page has the name twice
	Value        string // never drawn for a password: what is secret is typed again
	Type         string // "text" unless given
	Hint         string
	Error        string // what to do about it; drawn under the field
	Placeholder  string
	Autocomplete string // "off" for what is not about the person
	Inputmode    string
	Optional     bool // says so behind the label
	Required     bool
	Mono         bool
	ReadOnly     bool
	Autofocus    bool
	MaxLength    int    // characters; 0 for no bound
	Width        string // "w3", "w4", "w6", "w8", "w9" of a .form-grid; empty for the whole line
	Reveal       bool   // a password with a button that shows it
	Attrs        templ.Attributes
}

func (p FieldProps) id() string { return first(p.ID, "f-"+p.Name) }

func (p FieldProps) typ() string { return first(p.Type, "text") }

func (p FieldProps) attrs() templ.Attributes {
	out := templ.Attributes{}
	if p.MaxLength > 0 {
		out["maxlength"] = per(p.MaxLength)
	}
	if p.Autofocus {
		out["autofocus"] = true
	}
	if p.Inputmode != "" {
		out["inputmode"] = p.Inputmode
	}
	return extra(extra(p.Attrs, described(p.id(), p.Hint, p.Error)), out)
}

// described answers the attributes that join a control to its hint and error.
func described(id, hint, wrong string) templ.Attributes {
	out := templ.Attributes{}
	by := ""
	if hint != "" {
		by = id + "-h"
	}
	if wrong != "" {
		out["aria-invalid"] = "true"
		if by != "" {
			by += " "
		}
		by += id + "-e"
	}
	if by != "" {
		out["aria-describedby"] = by
	}
	return out
}

// invalid answers the attributes of the frame around a control that has an error.
func invalid(wrong string) templ.Attributes {
	if wrong == "" {
		return nil
	}
	return templ.Attributes{"data-invalid": true, "data-tone": "bad"}
}

// Option is one entry of a Select or one card of Choices.
type Option struct {
	Value    string
	Label    string
	Text     string // a sentence under the label of a card; not drawn in a Select
	Icon     string // of a card
	Disabled bool
}

// SelectProps is a choice among few.
type SelectProps struct {
	Label    string // read aloud alone when Bare
	Name     string
	ID       string
	Value    string // the Value of the option chosen
	Options  []Option
	Hint     string
	Error    string
	Optional bool
	Bare     bool // only the control, as in a toolbar
	Disabled bool
	Width    string
	Attrs    templ.Attributes
}

func (p SelectProps) id() string { return first(p.ID, "f-"+p.Name) }
