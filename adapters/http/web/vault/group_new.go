package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

func (h *handlers) newGroupForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, newGroupPage(rq.View, "", nil))
}

func (h *handlers) newGroup(rq *kit.Request) error {
	name := rq.Text("name")
	g, err := h.Vault.CreateGroup(rq.Context(), rq.Who.Actor, name, rq.Secret("password"))
	if status, no := rq.Refused(err); no {
		return rq.Render(status, newGroupPage(rq.View, name, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(groupPath(g.ID), view.Toast{Text: "Group " + g.Name + " made."})
}
