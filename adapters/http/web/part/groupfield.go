package part

import (
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	domain "github.com/ignisfox/ignisfox/core/group"
)

// NamesOfGroups is the address that answers the names that fit what is typed: package groupchoice has it.
const NamesOfGroups = "/dashboard/groups/names"

// Groups are those to choose from, as groupchoice.Read answers them.
type Groups struct {
	Items []domain.Group // by name
	More  bool           // there are more than these: the name is typed
	Value string         // what is chosen: an id of Items while there are no more, else what is typed
}

// With answers them with g among them, whichever it is.
func (g Groups) With(one domain.Group) Groups {
	if !g.More && !slices.ContainsFunc(g.Items, func(i domain.Group) bool { return i.ID == one.ID }) {
		g.Items = append([]domain.Group{one}, g.Items...)
	}
	return g
}

// Choose answers them with that value chosen: the id or the name of a group, or anything that was typed.
func (g Groups) Choose(value string) Groups {
	g.Value = value
	for _, one := range g.Items {
		if one.ID == value || strings.EqualFold(one.Name, value) {
			g.Value = one.ID
			if g.More {
				g.Value = one.Name
			}
			return g
		}
	}
	return g
}

// Typed answers them with the name for the id that is chosen: for a field that is typed into though there are few.
func (g Groups) Typed() Groups {
	for _, one := range g.Items {
		if one.ID == g.Value {
			g.Value = one.Name
		}
	}
	return g
}

// GroupProps is the choice of a group.
type GroupProps struct {
	Label    string
	Name     string
	ID       string // "f-"+Name unless given
	Groups   Groups
	None     string // the entry for no group: "All groups", "Choose a group"; empty where there is none
	Hint     string
	Error    string
	Optional bool
	Required bool
	Free     bool // a name of a group that is not there yet is as good
	Keyed    bool // only groups with a certificate and its key
	Bare     bool // only the control, as in a toolbar
	Width    string
	Attrs    templ.Attributes
}

func (p GroupProps) id() string {
	if p.ID != "" {
		return p.ID
	}
	return "f-" + p.Name
}

func (p GroupProps) names() string { return p.id() + "-names" }

func (p GroupProps) typed() bool { return p.Free || p.Groups.More }

func (p GroupProps) hint() string {
	if p.Free || p.Hint == "" {
		return p.Hint
	}
	return "Type the name. " + p.Hint
}

func (p GroupProps) options() []ui.Option {
	var out []ui.Option
	if p.None != "" {
		out = append(out, ui.Option{Label: p.None})
	}
	for _, g := range p.Groups.Items {
		out = append(out, ui.Option{Value: g.ID, Label: g.Name})
	}
	return out
}

// attrs of the list: a browser says itself that nothing is chosen.
func (p GroupProps) attrs() templ.Attributes {
	if !p.Required {
		return p.Attrs
	}
	return plus(p.Attrs, "required", true)
}

func (p GroupProps) withList() templ.Attributes { return plus(p.Attrs, "list", p.names()) }

func plus(attrs templ.Attributes, name string, value any) templ.Attributes {
	out := maps.Clone(attrs)
	if out == nil {
		out = templ.Attributes{}
	}
	out[name] = value
	return out
}

func namesPath(keyed bool) string {
	if keyed {
		return NamesOfGroups + "?keyed=1"
	}
	return NamesOfGroups
}
