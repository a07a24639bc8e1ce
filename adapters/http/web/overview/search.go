package overview

import (
	"net/http"
	"net/url"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
)

// How many certificates and groups the palette shows.
const (
	found       = 8
	foundGroups = 4
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
	groups, err := h.Vault.Groups(rq.Context(), rq.Who.Actor, group.Query{Word: words[0], Limit: foundGroups})
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, results(rq.View, rows.Items, groups.Items))
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
