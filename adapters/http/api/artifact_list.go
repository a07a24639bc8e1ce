package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Narrow says which artifacts.
type Narrow struct {
	Search  string `query:"search" maxLength:"200" doc:"Words that begin a word or label of name, subject, SAN, issuer or file name."`
	Kind    string `query:"kind" enum:"cert,key,bundle,pfx,unknown" doc:"Only this kind."`
	Group   string `query:"group" maxLength:"256" doc:"Only this group, by id or name; none for ungrouped ones."`
	Expires string `query:"expires" enum:"30d,expired,due" doc:"Only certificates that end within 30 days from now, or that have ended; due is both, without those that a newer generation took the place of."`
	Sort    string `query:"sort" doc:"created_at, name, kind, subject, issuer, not_after or group; a leading - turns it round." enum:"created_at,-created_at,name,-name,kind,-kind,subject,-subject,issuer,-issuer,not_after,-not_after,group,-group"`
}

func (n Narrow) query() vault.ListQuery {
	return vault.ListQuery{
		Search: n.Search, Kind: cert.Kind(n.Kind), Group: n.Group, Expires: vault.Expires(n.Expires), Sort: artifact.Sort(n.Sort),
	}
}

// listArtifacts: GET /artifacts.
func (a *API) listArtifacts() {
	type in struct {
		Paging
		Narrow
	}
	register(a, tenant.ArtifactRead, Op{
		Method: http.MethodGet, Path: "/artifacts", Summary: "List and search artifacts", Tag: "artifacts",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Page[Artifact]], error) {
		q := in.query()
		q.Limit, q.Cursor = in.Limit, in.Cursor
		page, err := a.Vault.List(ctx, who, q)
		if err != nil {
			return nil, err
		}
		return pageOf(page.Items, page.Next, artifactOf), nil
	})
}
