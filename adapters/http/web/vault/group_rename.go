package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
)

func (h *handlers) renameGroupForm(rq *kit.Request) error {
	g, err := h.oneGroup(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, renameGroupPage(rq.View, g, g.Name, nil))
}

func (h *handlers) renameGroup(rq *kit.Request) error {
	g, err := h.oneGroup(rq)
	if err != nil {
		return err
	}
	name := rq.Text("name")
	_, err = h.Vault.ChangeGroup(rq.Context(), rq.Who.Actor, g.ID, vault.GroupChange{Name: &name})
	if status, no := rq.Refused(err); no {
		return rq.Render(status, renameGroupPage(rq.View, g, name, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(back(rq, groupPath(g.ID)), view.Toast{Text: "Group renamed to " + name + "."})
}
