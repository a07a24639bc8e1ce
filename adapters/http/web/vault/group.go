package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/group"
)

// group answers the page of one group.
func (h *handlers) group(rq *kit.Request) error {
	p, err := h.groupPage(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, groupPage(rq.View, p, h.kinds()))
}

// groupPage reads the group that the address names, by its id alone.
func (h *handlers) groupPage(rq *kit.Request) (vault.GroupPage, error) {
	return h.Vault.GroupPage(rq.Context(), rq.Who.Actor, rq.ID())
}

// oneGroup reads the group alone.
func (h *handlers) oneGroup(rq *kit.Request) (group.Group, error) {
	return h.Vault.Group(rq.Context(), rq.Who.Actor, rq.ID())
}
