package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
)

func (h *handlers) passwordForm(rq *kit.Request) error {
	g, err := h.oneGroup(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, passwordPage(rq.View, g, nil))
}

// password sets, changes or clears the PFX password of a group.
func (h *handlers) password(rq *kit.Request) error {
	g, err := h.oneGroup(rq)
	if err != nil {
		return err
	}
	change, said := vault.GroupChange{ClearPassword: true}, "PFX password of "+g.Name+" cleared."
	if !rq.Checked("clear") {
		word := rq.Secret("password")
		change, said = vault.GroupChange{Password: &word}, "PFX password of "+g.Name+" set. Devices get files under it with their next fetch."
	}
	_, err = h.Vault.ChangeGroup(rq.Context(), rq.Who.Actor, g.ID, change)
	if status, no := rq.Refused(err); no {
		return rq.Render(status, passwordPage(rq.View, g, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(back(rq, groupPath(g.ID)), view.Toast{Text: said})
}
