package part

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/core/target"
)

// Kind is one way to get a certificate onto a device, in words for people.
type Kind struct {
	Type  target.Type
	Title string // "HTTPS pull"
	Text  string // what it means for the device, in one sentence
	Icon  string // in icons.svg
}

// Kinds are the ways that a server has.
type Kinds []Kind

// Of answers the kind of that type; one that this server does not have is called by its type.
func (k Kinds) Of(t target.Type) Kind {
	for _, one := range k {
		if one.Type == t {
			return one
		}
	}
	return Kind{Type: t, Title: string(t), Icon: "server"}
}

func (k Kinds) options() []ui.Option {
	var out []ui.Option
	for _, one := range k {
		out = append(out, ui.Option{Value: string(one.Type), Label: one.Title, Text: one.Text, Icon: one.Icon})
	}
	return out
}

// NewTarget is the address of the form of a new target, and NewTargetID the element that another type swaps.
const (
	NewTarget   = "/dashboard/push/new"
	NewTargetID = "new"
)
