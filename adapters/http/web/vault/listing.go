package vault

import (
	"net/url"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
)

// listing is what of the vault is looked at. It is all in the address.
type listing struct {
	Search, Kind, Group string
	Ends                vault.Expires
	Sort                artifact.Sort
	Place               paging.Place
}

func readListing(rq *kit.Request) listing {
	return listing{
		Search: rq.Text("search"), Kind: rq.Text("kind"), Group: rq.Text("group"), Ends: vault.Expires(rq.Text("expires")),
		Sort: artifact.Sort(rq.Text("sort")), Place: paging.Read(rq),
	}
}

func (l listing) query() vault.ListQuery {
	return vault.ListQuery{
		Search: l.Search, Kind: cert.Kind(l.Kind), Group: l.Group, Expires: l.Ends, Sort: l.Sort, Limit: paging.Rows, Cursor: l.Place.Cursor,
	}
}

// narrowed says whether some of the vault is left out.
func (l listing) narrowed() bool {
	return l.Search != "" || l.Kind != "" || l.Group != "" || l.Ends != ""
}

// first is the same list from its beginning.
func (l listing) first() listing { return l.placed(paging.Place{}) }

func (l listing) placed(p paging.Place) listing {
	l.Place = p
	return l
}

func (l listing) searched(q string) listing {
	l = l.first()
	l.Search = q
	return l
}

func (l listing) ending(e vault.Expires) listing {
	l = l.first()
	if l.Ends == e {
		e = ""
	}
	l.Ends = e
	return l
}

func (l listing) inGroup(id string) listing {
	l = l.first()
	l.Group = id
	return l
}

// sorted is the list by that column, the other way round when it is sorted so already.
func (l listing) sorted(by artifact.Sort) listing {
	by = paging.Turned(l.Sort, by)
	l = l.first()
	l.Sort = by
	return l
}

// order is how the list is sorted by that column, as a table's head says it; empty when it is not.
func (l listing) order(by artifact.Sort) string { return paging.Order(l.Sort, by) }

// href is the address of the list.
func (l listing) href() string { return l.at(home) }

func (l listing) at(path string) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("search", l.Search)
	set("kind", l.Kind)
	set("group", l.Group)
	set("expires", string(l.Ends))
	set("sort", string(l.Sort))
	l.Place.Set(v)
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}
