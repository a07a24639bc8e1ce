// Package ingest is the section of pipelines that send certificates: their tokens, and the commands that send.
//
//	ingest.Register(k, ingest.Deps{Ingest: svc, Vault: vault, BaseURL: base})
//
// A token is shown in the answer to the form that made it and nowhere else.
package ingest

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	section = "ingest"
	home    = "/dashboard/ingest"
	groups  = "/dashboard/groups"
)

// Deps of Register. BaseURL is where pipelines reach the server.
type Deps struct {
	Ingest  *ingest.Service
	Vault   *vault.Service
	BaseURL string
}

type handlers struct{ Deps }

// Register adds the routes.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{d}
	k.Get(home, section, tenant.IngestTokenRead, h.list)
	k.Get(home+"/new", section, tenant.IngestTokenCreate, h.newForm)
	k.Post(home+"/new", section, tenant.IngestTokenCreate, h.create)
	k.Get(home+"/{id}/revoke", section, tenant.IngestTokenDelete, h.revokeForm)
	k.Post(home+"/{id}/revoke", section, tenant.IngestTokenDelete, h.revoke)
}

// listPage is what the page shows.
type listPage struct {
	Tokens   []tenant.IngestToken
	Next     string
	Sort     tenant.IngestTokenSort
	Place    paging.Place
	Endpoint string
	Snippets []ingest.Snippet // none when the server's address fits into no command
}

func (p listPage) href(at paging.Place) string {
	v := url.Values{}
	if p.Sort != tenant.IngestTokensNewest {
		v.Set("sort", string(p.Sort))
	}
	at.Set(v)
	if len(v) == 0 {
		return home
	}
	return home + "?" + v.Encode()
}

// sorted is the address of the list by that column, the other way round when it is sorted so already.
func (p listPage) sorted(by tenant.IngestTokenSort) string {
	p.Sort = paging.Turned(p.Sort, by)
	return p.href(paging.Place{})
}

func (h *handlers) list(rq *kit.Request) error {
	p := listPage{Sort: tenant.IngestTokenSort(rq.Text("sort")), Place: paging.Read(rq), Endpoint: ingest.Endpoint(h.BaseURL)}
	if !slices.Contains(tenant.IngestTokenSorts, p.Sort) {
		p.Sort = tenant.IngestTokensNewest
	}
	q := tenant.IngestTokenQuery{Sort: p.Sort, Limit: paging.Rows, Cursor: p.Place.Cursor}
	var err error
	if p.Tokens, p.Next, err = h.Ingest.List(rq.Context(), rq.Who.Actor, q); err != nil {
		return err
	}
	p.Snippets, _ = ingest.Snippets(h.BaseURL) // without commands the page has the endpoint still
	return rq.Render(http.StatusOK, list(rq.View, p))
}
