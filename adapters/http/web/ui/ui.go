// Package ui has the small parts that pages are made of: buttons, fields, badges, messages. Each is a typed templ component
// that draws one thing of the design language in its states; its stories are in stories_test.go, their HTML in testdata.
//
//	@ui.Field(v, ui.FieldProps{Label: "Name", Name: "name", Value: form.Name, Error: ui.FieldError(err, "name")})
//	@ui.Button(v, ui.ButtonProps{Label: "Save changes", Kind: ui.Primary})
//	@ui.LinkButton(v, "/dashboard/groups/"+id+"/rename", ui.ButtonProps{Label: "Rename", Dialog: true})
//
// A component that draws an icon takes the View first, because the View knows the address of the icons. Text of users is given
// as plain strings and escaped by templ; core/text has made what is invisible visible before. Attributes (Attrs) are for
// hx-*, data-* and aria-* that the code itself writes, never for text of users.
package ui

import (
	"errors"
	"strconv"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/core/fault"
)

// per answers n out of a thousand as the value attribute of a progress.
func per(n int) string { return strconv.Itoa(n) }

// first answers the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// extra answers a copy of attrs with more attributes; more wins.
func extra(attrs templ.Attributes, more templ.Attributes) templ.Attributes {
	out := make(templ.Attributes, len(attrs)+len(more))
	for k, a := range attrs {
		out[k] = a
	}
	for k, a := range more {
		out[k] = a
	}
	return out
}

// FieldError answers what err says about the field of that name, empty for nothing.
func FieldError(err error, name string) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Fields[name]
	}
	return ""
}
