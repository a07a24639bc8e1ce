package vault

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/core/group"
)

// groupsPageData is what the page of all groups shows.
type groupsPageData struct {
	Search string
	Sort   group.Sort
	Place  paging.Place
	Page   group.Page
	All    int // groups of the workspace
}

// groups answers the page of all groups: those that end first, unless another order is asked for.
func (h *handlers) groups(rq *kit.Request) error {
	p := groupsPageData{Search: rq.Text("search"), Sort: sortOf(rq.Text("sort")), Place: paging.Read(rq)}
	var err error
	p.Page, err = h.Vault.Groups(rq.Context(), rq.Who.Actor, group.Query{
		Word: strings.ToLower(p.Search), Sort: p.Sort, Limit: paging.Rows, Cursor: p.Place.Cursor,
	})
	if err != nil {
		return err
	}
	if rq.View.Script && rq.Header.Get("HX-Target") == groupsID {
		rq.W.Header().Set("HX-Push-Url", p.href())
		return rq.Render(http.StatusOK, groupsTable(rq.View, p))
	}
	return rq.Render(http.StatusOK, groupsPage(rq.View, p))
}

// groupsID is the element that searching replaces.
const groupsID = "groups-list"

// newest is how the address names the order that has no name of its own.
const newest = "-created_at"

func sortOf(s string) group.Sort {
	switch s {
	case "":
		return group.SortExpiry
	case newest:
		return group.SortNewest
	default:
		return group.Sort(s)
	}
}

// none says whether there is no group at all, not only none like that.
func (p groupsPageData) none() bool {
	return len(p.Page.Items) == 0 && p.Search == "" && p.Place.First()
}

func (p groupsPageData) sortName() string {
	switch p.Sort {
	case group.SortExpiry:
		return ""
	case group.SortNewest:
		return newest
	default:
		return string(p.Sort)
	}
}

func (p groupsPageData) href() string {
	v := url.Values{}
	if p.Search != "" {
		v.Set("search", p.Search)
	}
	if p.sortName() != "" {
		v.Set("sort", p.sortName())
	}
	p.Place.Set(v)
	if len(v) == 0 {
		return groups
	}
	return groups + "?" + v.Encode()
}

func (p groupsPageData) sorted(by group.Sort) string {
	p.Sort, p.Place = by, paging.Place{}
	return p.href()
}

func (p groupsPageData) order(by group.Sort) string {
	if p.Sort == by {
		return "ascending"
	}
	return ""
}

func (p groupsPageData) at(place paging.Place) string {
	p.Place = place
	return p.href()
}
