package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/artifact"
)

// certificate answers the page of a row, of whatever kind.
func (h *handlers) certificate(rq *kit.Request) error {
	d, err := h.Vault.Certificate(rq.Context(), rq.Who.Actor, artifact.ID(rq.ID()))
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, certificatePage(rq.View, d, h.kinds()))
}

// download sends the bytes of a row. Whether that needs the right to export, and a recent proof of identity, depends on the row.
func (h *handlers) download(rq *kit.Request) error {
	d, err := h.Vault.Download(rq.Context(), rq.Who.Actor, artifact.ID(rq.ID()), rq.Text("ext"))
	if err != nil {
		return err
	}
	defer d.Body.Wipe()
	download.Send(rq.W, d.Filename, d.ContentType, d.Body.Reveal())
	return nil
}
