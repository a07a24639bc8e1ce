package push

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/fault"
)

const tableID = "targets" // what is swapped when the list is searched or paged

// listPage is what the page of targets shows.
type listPage struct {
	List   listing
	Table  push.Table
	Groups part.Groups
	Kinds  part.Kinds
	All    bool // states of targets that we deploy to can be asked for
}

// total is how many targets match, 0 when nobody counted.
func (p listPage) total() int {
	switch {
	case p.List.Search != "" || p.List.Group != "":
		return 0
	case p.List.State != "":
		return p.Table.States[p.List.State]
	}
	n := 0
	for _, count := range p.Table.States {
		n += count
	}
	return n
}

// lead says how certificates get to devices here.
func (p listPage) lead() string {
	if p.All {
		return "Servers fetch their certificate with a token, or we deliver it and look whether it is served."
	}
	return "Servers fetch their certificate with a token. Nothing connects to them."
}

func (p listPage) lastTitle() string {
	if p.All {
		return "Last seen"
	}
	return "Last fetch"
}

// list answers the page, or its table alone when the list is searched or paged with our script.
func (h *handlers) list(rq *kit.Request) error {
	p := listPage{List: readListing(rq), Kinds: h.known()}
	p.All = len(p.Kinds) > len(h.pulled())
	var err error
	p.Table, err = h.Push.Table(rq.Context(), rq.Who.Actor, p.List.query())
	if err != nil && (fault.KindOf(err) != fault.NotFound || p.List.Group == "") { // a group that is gone has no targets
		return err
	}
	if rq.View.Script && rq.Header.Get("HX-Target") == tableID {
		rq.W.Header().Set("HX-Push-Url", p.List.href())
		return rq.Render(http.StatusOK, table(rq.View, p))
	}
	if p.Groups, err = groupchoice.Read(rq, h.Vault, groupchoice.Want{Value: p.List.Group}); err != nil {
		return err
	}
	return rq.Render(http.StatusOK, list(rq.View, p))
}
