package push

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

func (h *handlers) deleteForm(rq *kit.Request) error {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, deleteTarget(rq.View, t, nil))
}

func (h *handlers) delete(rq *kit.Request) error {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	if err := h.Push.Delete(rq.Context(), rq.Who.Actor, t.ID); err != nil {
		status, ok := rq.Refused(err)
		if !ok {
			return err
		}
		return rq.Render(status, deleteTarget(rq.View, t, err))
	}
	said := "Target deleted. Its tokens have stopped working."
	if first(t) {
		said = "Target deleted. Nothing is deployed to it any more."
	}
	return rq.Go(home, view.Toast{Text: said})
}
