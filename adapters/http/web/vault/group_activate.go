package vault

import (
	"net/http"
	"strconv"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/fault"
)

// activateInput is a generation that may be made current, and the group it is of.
type activateInput struct {
	Page vault.GroupPage
	Next *vault.Generation
}

func (h *handlers) activateForm(rq *kit.Request) error {
	in, err := h.activating(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, activatePage(rq.View, in, nil))
}

// activate makes a generation current: a staged one, or an earlier one to roll back to. When another one became current than
// the form showed the difference to, the form is shown anew.
func (h *handlers) activate(rq *kit.Request) error {
	in, err := h.activating(rq)
	if err != nil {
		return err
	}
	g := in.Page.Group
	over, err := strconv.Atoi(rq.Text("current"))
	if err != nil {
		over = -1 // no form of ours: it has seen no difference
	}
	_, err = h.Vault.ActivateOver(rq.Context(), rq.Who.Actor, g.ID, in.Next.Number, over)
	if status, no := rq.Refused(err); no {
		return rq.Render(status, activatePage(rq.View, in, err))
	}
	if err != nil {
		return err
	}
	done := view.Toast{Text: "Generation " + strconv.Itoa(in.Next.Number) + " of " + g.Name + " is current. " + getNow(in.Page)}
	if g.Current != 0 && g.Current != in.Next.Number {
		done.Link, done.Href = "Back to "+strconv.Itoa(g.Current), activatePath(g.ID, g.Current)
	}
	return rq.Go(back(rq, groupPath(g.ID)), done)
}

// activating reads the generation that the address names.
func (h *handlers) activating(rq *kit.Request) (in activateInput, err error) {
	if in.Page, err = h.groupPage(rq); err != nil {
		return in, err
	}
	n, err := strconv.Atoi(rq.PathValue("n"))
	for i := range in.Page.Generations {
		if err == nil && in.Page.Generations[i].Number == n {
			in.Next = &in.Page.Generations[i]
			return in, nil
		}
	}
	return in, fault.Missing("generation")
}
