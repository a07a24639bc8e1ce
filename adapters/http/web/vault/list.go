package vault

import (
	"io"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
)

const (
	urgentGroups = 9   // beside the table
	choiceGroups = 200 // in the choice of a group
)

// tablePage is what the page of the vault shows.
type tablePage struct {
	List   listing
	Table  vault.Table
	Urgent []group.Group // whose certificates end first
	Choice []group.Group // by name, at most choiceGroups
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
	if p.Table, err = h.Vault.Table(rq.Context(), rq.Who.Actor, p.List.query()); err != nil {
		return err
	}
	return h.besides(rq, p)
}

// besides reads what stands beside the table.
func (h *handlers) besides(rq *kit.Request, p *tablePage) error {
	ctx, actor := rq.Context(), rq.Who.Actor
	urgent, err := h.Vault.Groups(ctx, actor, group.Query{Sort: group.SortExpiry, Limit: urgentGroups})
	if err != nil {
		return err
	}
	p.Urgent = urgent.Items
	if p.Choice, err = h.choice(rq); err != nil {
		return err
	}
	if p.List.Group != "" && p.List.Group != noGroup {
		chosen, err := h.Vault.GroupPage(ctx, actor, p.List.Group)
		if err != nil {
			return err
		}
		p.Chosen = &chosen
		p.List.Group = chosen.Group.ID
	}
	return nil
}

// choice answers the groups that can be chosen in a form.
func (h *handlers) choice(rq *kit.Request) ([]group.Group, error) {
	page, err := h.Vault.Groups(rq.Context(), rq.Who.Actor, group.Query{Sort: group.SortName, Brief: true, Limit: choiceGroups})
	return page.Items, err
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
	ids := chosen(rq)
	return download.Stream(rq.Context(), rq.W, h.Log, "artifacts.zip", "application/zip", func(w io.Writer) error {
		return h.Vault.Zip(rq.Context(), rq.Who.Actor, ids, w)
	})
}

// chosen answers the rows that a form names, each once.
func chosen(rq *kit.Request) []artifact.ID {
	seen := map[string]bool{}
	var out []artifact.ID
	for _, s := range rq.Texts("id") {
		if !seen[s] {
			seen[s] = true
			out = append(out, artifact.ID(s))
		}
	}
	return out
}
