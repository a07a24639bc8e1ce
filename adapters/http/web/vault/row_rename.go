package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
)

func (h *handlers) renameForm(rq *kit.Request) error {
	a, err := h.row(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, renamePage(rq.View, a, a.Name, nil))
}

func (h *handlers) rename(rq *kit.Request) error {
	name := rq.Text("name")
	a, err := h.Vault.Change(rq.Context(), rq.Who.Actor, artifact.ID(rq.ID()), vault.Change{Name: &name})
	if status, no := rq.Refused(err); no {
		old, failed := h.row(rq)
		if failed != nil {
			return failed
		}
		return rq.Render(status, renamePage(rq.View, old, name, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(back(rq, rowPath(a)), view.Toast{Text: "Renamed to " + a.Name + "."})
}

// row is the one that the address names.
func (h *handlers) row(rq *kit.Request) (artifact.Artifact, error) {
	return h.Vault.Get(rq.Context(), rq.Who.Actor, artifact.ID(rq.ID()))
}
