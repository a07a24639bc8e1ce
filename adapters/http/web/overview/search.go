package overview

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
)

// How many certificates and groups the palette shows, and how many groups it looks through for those that have all words.
const (
	found       = 8
	foundGroups = 4
	lookedAt    = 50
)

// search answers certificates for the palette; without our script the vault itself is the place to search.
func (h *handlers) search(rq *kit.Request) error {
	if !rq.View.Script {
		return rq.Go("/dashboard/vault?search=" + url.QueryEscape(rq.Text("q")))
	}
	words := artifact.Words(rq.Text("q"))
	if len(words) == 0 {
		return rq.Render(http.StatusOK, results(rq.View, nil, nil))
	}
	rows, err := h.Vault.List(rq.Context(), rq.Who.Actor, vault.ListQuery{Search: rq.Text("q"), Limit: found})
	if err != nil {
		return err
	}
	longest := slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })
	groups, err := h.Vault.Groups(rq.Context(), rq.Who.Actor, group.Query{Word: longest, Brief: true, Limit: lookedAt})
	if err != nil {
		return err
	}
	named := slices.DeleteFunc(groups.Items, func(g group.Group) bool { return !hasAll(g.Name, words) })
	return rq.Render(http.StatusOK, results(rq.View, rows.Items, named[:min(len(named), foundGroups)]))
}

// hasAll says whether each word begins a word of name.
func hasAll(name string, words []string) bool {
	terms := artifact.Terms(&artifact.Artifact{Name: name})
	for _, w := range words {
		if !slices.ContainsFunc(terms, func(t string) bool { return strings.HasPrefix(t, w) }) {
			return false
		}
	}
	return true
}

func groupNote(v view.View, g group.Group) string {
	if g.NotAfter.IsZero() {
		return ""
	}
	return view.ExpiryOf(g.NotBefore, g.NotAfter, v.Now).Text
}

func rowNote(v view.View, a artifact.Artifact) string {
	if a.NotAfter.IsZero() {
		return string(a.Kind)
	}
	return view.ExpiryOf(a.NotBefore, a.NotAfter, v.Now).Text
}

func kindIcon(k cert.Kind) string {
	if k == cert.KindUnknown {
		return "unknown"
	}
	return string(k)
}
