package vault

import (
	"io"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
)

const urgentGroups = 9 // beside the table

// tablePage is what the page of the vault shows.
type tablePage struct {
	List   listing
	Table  vault.Table
	Urgent []group.Group // whose certificates end first
	Groups part.Groups   // to narrow the table to
	Chosen *vault.GroupPage
}

// tableID is the element that searching and sorting replaces.
const tableID = "vault-list"

// noGroup chooses the rows that are in no group.
const noGroup = intake.NoGroup

// empty says whether there is nothing in the vault at all.
func (p tablePage) empty() bool {
	return p.all() == 0 && !p.List.narrowed() && p.Table.Counts.Groups == 0
}

func (p tablePage) all() int {
	n := 0
	for _, k := range p.Table.Counts.Artifacts {
		n += k
	}
	return n
}

// ending answers how many rows that end finds, empty when nobody counted.
func (p tablePage) ending(e vault.Expires) string {
	if p.Table.Ends == nil {
		return ""
	}
	return view.Counted(p.Table.Ends[e])
}

// list answers the page. Searching and sorting with our script takes the parts out of it that change.
func (h *handlers) list(rq *kit.Request) error {
	p := tablePage{List: readListing(rq)}
	if err := h.read(rq, &p); err != nil {
		return err
	}
	if rq.View.Script && rq.Header.Get("HX-Target") == tableID {
		rq.W.Header().Set("HX-Push-Url", p.List.href()) // without what is empty
		return rq.Render(http.StatusOK, tableFragment(rq.View, p))
	}
	return rq.Render(http.StatusOK, vaultPage(rq.View, p))
}

func (h *handlers) read(rq *kit.Request, p *tablePage) (err error) {
	p.Table, err = h.Vault.Table(rq.Context(), rq.Who.Actor, p.List.query())
	if fault.KindOf(err) == fault.NotFound && err != nil && p.List.Group != "" { // nothing is in a group that is not there
		p.Table, err = h.nothing(rq)
	}
	if err != nil {
		return err
	}
	return h.besides(rq, p)
}

// nothing answers a table without rows, with what there is in all.
func (h *handlers) nothing(rq *kit.Request) (vault.Table, error) {
	t, err := h.Vault.Table(rq.Context(), rq.Who.Actor, vault.ListQuery{Limit: 1})
	return vault.Table{Counts: t.Counts}, err
}

// besides reads what stands beside the table.
func (h *handlers) besides(rq *kit.Request, p *tablePage) error {
	ctx, actor := rq.Context(), rq.Who.Actor
	urgent, err := h.Vault.Groups(ctx, actor, group.Query{Sort: group.SortExpiry, Limit: urgentGroups})
	if err != nil {
		return err
	}
	p.Urgent = urgent.Items
	if p.List.Group != "" && p.List.Group != noGroup {
		switch chosen, err := h.Vault.GroupPage(ctx, actor, p.List.Group); {
		case err == nil:
			p.Chosen = &chosen
			p.List.Group = chosen.Group.ID
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
	}
	g, err := groupchoice.Read(rq, h.Vault, groupchoice.Want{Value: p.List.Group})
	p.Groups = choice(g, p.List.Group)
	return err
}

// choice answers the groups to narrow the table to, and the choice of what is in none. A typed name that means none is "none",
// which no group can have.
func choice(g part.Groups, value string) part.Groups {
	none := group.Group{ID: noGroup, Name: "No group"}
	if g.More {
		none.Name = noGroup
	}
	g.Items = append([]group.Group{none}, g.Items...)
	if value == noGroup {
		g.Value = noGroup
	}
	return g
}

// csv sends the metadata of the rows looked at.
func (h *handlers) csv(rq *kit.Request) error {
	q := readListing(rq).query()
	return download.Stream(rq.Context(), rq.W, h.Log, "artifacts.csv", "text/csv; charset=utf-8", func(w io.Writer) error {
		return h.Vault.CSV(rq.Context(), rq.Who.Actor, q, w)
	})
}

// zip sends the rows chosen as one archive.
func (h *handlers) zip(rq *kit.Request) error {
	list, _, err := h.rows(rq) // what went since it was chosen is not there to be packed
	if err != nil {
		return err
	}
	return download.Stream(rq.Context(), rq.W, h.Log, "artifacts.zip", "application/zip", func(w io.Writer) error {
		return h.Vault.Zip(rq.Context(), rq.Who.Actor, idsOf(list), w)
	})
}
