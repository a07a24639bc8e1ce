package ui

import (
	"errors"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
)

// FormProps is one decision or up to six fields, which the dialog shows, or a page of its own without our script.
type FormProps struct {
	ID     string // of the form: "form" unless given; unique on the page
	Title  string
	Lead   string // under the title
	Action string // path of ours that it posts to
	Submit string // "Save" unless given
	Icon   string // of the submit button
	Danger bool   // what it does cannot be undone
	Cancel string // says what is kept: "Keep them"; "Cancel" unless given
	Back   string // path of ours that Cancel leads to where there is no dialog
	Error  error  // of the attempt before; a fault's words are shown
	Files  bool   // sends files
	// Plain posts by the browser itself: for answers that are files.
	Plain bool
	Attrs templ.Attributes
}

func (p FormProps) id() string { return first(p.ID, "form") }

func (p FormProps) kind() Kind {
	if p.Danger {
		return DangerSolid
	}
	return Primary
}

func (p FormProps) attrs() templ.Attributes {
	if p.Plain {
		return extra(p.Attrs, templ.Attributes{"data-download": true})
	}
	out := Post(p.Action)
	if p.Files {
		out["hx-encoding"] = "multipart/form-data"
	}
	return extra(out, p.Attrs)
}

// Post answers the attributes of a form that htmx posts to path and whose answer takes the form's place. The form has the same
// path as its action, so that it works without our script.
func Post(path string) templ.Attributes {
	return templ.Attributes{"hx-post": path, "hx-target": "this", "hx-swap": "outerHTML"}
}

// message answers why an attempt failed, empty for none that did. The fields that are wrong say under themselves what to do.
func message(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Message
	}
	if err != nil {
		return "It did not work, and nothing was changed. Try again."
	}
	return ""
}

func dialogClass(v view.View) string {
	if v.Dialog {
		return "dlg"
	}
	return "card card-form"
}
