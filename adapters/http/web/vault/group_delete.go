package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
)

func (h *handlers) deleteGroupForm(rq *kit.Request) error {
	p, err := h.groupPage(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, deleteGroupPage(rq.View, p, "", nil))
}

// bound says whether something must be unbound before the group can go.
func bound(p vault.GroupPage) bool { return p.Group.Targets > 0 || len(p.IngestTokens) > 0 }

func (h *handlers) deleteGroup(rq *kit.Request) error {
	p, err := h.groupPage(rq)
	if err != nil {
		return err
	}
	typed := rq.Text("typed")
	if !bound(p) { // else the use case says why not
		err = mustType(typed, p.Group.Name)
	}
	if err == nil {
		err = h.Vault.DeleteGroup(rq.Context(), rq.Who.Actor, p.Group.ID)
	}
	if status, no := rq.Refused(err); no {
		return rq.Render(status, deleteGroupPage(rq.View, p, typed, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(groups, view.Toast{Text: "Group " + p.Group.Name + " deleted. Its rows are still in the vault."})
}
