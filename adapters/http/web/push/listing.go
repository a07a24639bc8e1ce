package push

import (
	"net/url"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/core/target"
)

// listing is what of the targets is looked at. It is all in the address.
type listing struct {
	Search string
	State  target.State
	Group  string // id or name
	Sort   target.Sort
	Place  paging.Place
}

func readListing(rq *kit.Request) listing {
	l := listing{Search: rq.Text("search"), State: target.State(rq.Text("state")), Group: rq.Text("group"),
		Sort: target.Sort(rq.Text("sort")), Place: paging.Read(rq)}
	if !slices.Contains(target.AllStates, l.State) {
		l.State = ""
	}
	if !slices.Contains(target.Sorts, l.Sort) {
		l.Sort = target.SortNewest
	}
	return l
}

func (l listing) query() target.Query {
	return target.Query{Word: l.Search, State: l.State, Group: l.Group, Sort: l.Sort, Limit: paging.Rows, Cursor: l.Place.Cursor}
}

// narrowed says whether some targets are left out.
func (l listing) narrowed() bool { return l.Search != "" || l.State != "" || l.Group != "" }

// href is the address of the list.
func (l listing) href() string {
	v := url.Values{}
	for name, value := range map[string]string{"search": l.Search, "state": string(l.State), "group": l.Group, "sort": string(l.Sort)} {
		if value != "" {
			v.Set(name, value)
		}
	}
	l.Place.Set(v)
	if len(v) == 0 {
		return home
	}
	return home + "?" + v.Encode()
}

func (l listing) at(p paging.Place) string {
	l.Place = p
	return l.href()
}

// sorted is the address of the list by that column, the other way round when it is sorted so already.
func (l listing) sorted(by target.Sort) string {
	l.Sort, l.Place = paging.Turned(l.Sort, by), paging.Place{}
	return l.href()
}
