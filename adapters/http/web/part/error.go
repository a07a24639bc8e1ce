package part

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

// Problem is why a page cannot be shown.
type Problem struct {
	Status   int    // 404, 403, 500, 503, …
	Title    string // empty: the words of the status
	Text     string // empty: the words of the status
	Incident string // what to tell the operator; empty for none
	Link     string // words of a link that leads on; empty for none
	Href     string
	Change   bool // something was to be changed
}

type words struct{ icon, title, text string }

func (p Problem) words() words {
	w := words{"bad", "Something broke on our side", "Try again; if it keeps happening, give this reference to whoever runs this server."}
	switch {
	case p.Status == http.StatusInternalServerError && p.Change:
		w.text = "It is not sure that your change was saved. Look before you try again; if it keeps happening, give this reference to whoever runs this server."
	case p.Status == http.StatusMethodNotAllowed:
		w = words{"alert", "That did not work", "There is no page at this address: forms alone lead here. Go back to the page with the form, or begin at the overview."}
	case p.Status == http.StatusNotFound:
		w = words{"search", "That page is not here", "The certificate or page may have been deleted, or the link is from another workspace."}
	case p.Status == http.StatusForbidden:
		w = words{"eye", "That is not open to you", "Your role in this workspace does not include it. An owner can change that."}
	case p.Status == http.StatusServiceUnavailable:
		w = words{"clock", "Not available for a moment", "The server is busy or starting. Nothing was changed. Try again in a moment."}
	case p.Status < http.StatusInternalServerError:
		w = words{"alert", "That did not work", "The server did not accept the request. Nothing was changed."}
	}
	if p.Title != "" {
		w.title = p.Title
	}
	if p.Text != "" {
		w.text = p.Text
	}
	return w
}

// retry says whether asking again can help.
func (p Problem) retry() bool { return p.Status >= http.StatusInternalServerError }

// back is how strongly the way back is offered: it is the one thing to do where nothing else is.
func (p Problem) back() ui.Kind {
	if p.Link == "" && !p.retry() {
		return ui.Primary
	}
	return ui.Secondary
}

// nearest answers where the manual explains the section that the error came in, or else the manual.
func nearest(v view.View) view.Manual {
	if m := v.Help(); m.Href != "" {
		return m
	}
	return view.Manual{Href: manual, Text: "Manual"}
}

// path answers where Try again leads.
func path(v view.View) string {
	if v.Path == "" {
		return home
	}
	return v.Path
}
