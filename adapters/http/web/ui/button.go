package ui

import "github.com/a-h/templ"

// Kind is the weight of a button.
type Kind string

// The kinds. One primary button a view; Danger is outlined, DangerSolid stands in the dialog that confirms.
const (
	Secondary   Kind = ""
	Primary     Kind = "btn-primary"
	Ghost       Kind = "btn-ghost"
	Danger      Kind = "btn-danger"
	DangerSolid Kind = "btn-danger btn-primary"
)

// Size is the height of a button.
type Size string

// The sizes: 28, 32 and 40 px.
const (
	Small  Size = "btn-s"
	Medium Size = ""
	Large  Size = "btn-l"
)

// ButtonProps is how a button or a link that looks like one is drawn.
type ButtonProps struct {
	Label    string
	Icon     string // name in icons.svg, empty for none
	Kind     Kind
	Size     Size
	Block    bool   // as wide as there is room
	Disabled bool   // a button alone; a link that leads nowhere is not drawn
	Dialog   bool   // a link alone: opens its address in the dialog, or as a page without our script
	Download bool   // a link alone: the answer is a file
	Type     string // a button alone: "submit" unless given
	Name     string // a button alone: what it sends when it is pressed
	Value    string
	Title    string // what a pointer that rests on it is told
	Attrs    templ.Attributes
}

func (p ButtonProps) attrs() templ.Attributes {
	return extra(linked(p.Attrs, p.Dialog, p.Download), named(p.Title))
}

func linked(attrs templ.Attributes, dialog, download bool) templ.Attributes {
	more := templ.Attributes{}
	if dialog {
		more["data-dialog"] = true
	}
	if download {
		more["data-download"] = true
	}
	return extra(attrs, more)
}

func named(title string) templ.Attributes {
	if title == "" {
		return nil
	}
	return templ.Attributes{"title": title}
}
