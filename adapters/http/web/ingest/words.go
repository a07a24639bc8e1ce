package ingest

import (
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/tenant"
)

var crumbs = []part.Crumb{{Title: "Ingest API", Href: home}}

// idle is how long a token may rest before the list says so: as long as a public certificate lives at most. A pipeline that has
// been silent for longer is broken or gone.
const idle = 200 * 24 * time.Hour

func resting(v view.View, t tenant.IngestToken) bool {
	return !t.LastAt.IsZero() && v.Now.Sub(t.LastAt) > idle
}

// find answers the snippet of that id.
func find(list []ingest.Snippet, id string) (ingest.Snippet, bool) {
	if i := slices.IndexFunc(list, func(s ingest.Snippet) bool { return s.ID == id }); i >= 0 {
		return list[i], true
	}
	return ingest.Snippet{}, false
}

// shown are the tabs with the snippets of each.
var shown = []struct {
	title    string
	snippets []string
}{
	{"curl", []string{"curl", "curl-files"}}, {"certbot hook", []string{"certbot"}}, {"acme.sh", []string{"acme-sh"}},
	{"GitHub Actions", []string{"github-actions"}},
}

func tabs(v view.View, all []ingest.Snippet) []ui.Tab {
	var out []ui.Tab
	for _, s := range shown {
		var list []ingest.Snippet
		for _, id := range s.snippets {
			if one, ok := find(all, id); ok {
				list = append(list, one)
			}
		}
		if len(list) > 0 {
			out = append(out, ui.Tab{ID: "tab-" + s.snippets[0], Title: s.title, Body: commands(v, list)})
		}
	}
	return out
}

// stops answers what a revoked token leaves behind.
func stops(v view.View, t tenant.IngestToken) string {
	if t.LastAt.IsZero() {
		return "It has never been used. Whatever has it gets 401 from now on."
	}
	return "It was last used " + v.Ago(t.LastAt) + " from " + t.LastAddr.String() + ". Whatever posts with it gets 401 from now on, until it has another token."
}
