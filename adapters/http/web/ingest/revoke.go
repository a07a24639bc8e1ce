package ingest

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

func (h *handlers) revokeForm(rq *kit.Request) error {
	t, err := h.Ingest.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, revoke(rq.View, t, nil))
}

func (h *handlers) revoke(rq *kit.Request) error {
	t, err := h.Ingest.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	if err := h.Ingest.Delete(rq.Context(), rq.Who.Actor, t.ID); err != nil {
		status, ok := rq.Refused(err)
		if !ok {
			return err
		}
		return rq.Render(status, revoke(rq.View, t, err))
	}
	return rq.Go(home, view.Toast{Text: "Token revoked. It stopped working."})
}
