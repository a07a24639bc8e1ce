// Package ingest is the section of pipelines that send certificates: their tokens, and the commands that send.
//
//	ingest.Register(k, ingest.Deps{Ingest: svc, Vault: vault, BaseURL: base})
//
// A token is shown in the answer to the form that made it and nowhere else.
package ingest

import (
	"net/http"
	"net/url"

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
	Place    paging.Place
	Endpoint string
	Snippets []ingest.Snippet // none when the server's address fits into no command
}

func (p listPage) href(at paging.Place) string {
	v := url.Values{}
	at.Set(v)
	if len(v) == 0 {
		return home
	}
	return home + "?" + v.Encode()
}

func (h *handlers) list(rq *kit.Request) error {
	p := listPage{Place: paging.Read(rq), Endpoint: ingest.Endpoint(h.BaseURL)}
	var err error
	if p.Tokens, p.Next, err = h.Ingest.List(rq.Context(), rq.Who.Actor, paging.Rows, p.Place.Cursor); err != nil {
		return err
	}
	p.Snippets, _ = ingest.Snippets(h.BaseURL) // without commands the page has the endpoint still
	return rq.Render(http.StatusOK, list(rq.View, p))
}
