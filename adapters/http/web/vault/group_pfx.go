package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/secret"
)

// pfxInput is what the form that builds a PFX was filled in with. The password is typed anew.
type pfxInput struct {
	Preset string
	Keep   bool // the password becomes the group's
}

func (h *handlers) pfxForm(rq *kit.Request) error {
	p, err := h.groupPage(rq)
	if err != nil {
		return err
	}
	in := pfxInput{Preset: string(cert.PresetModern), Keep: p.Group.PasswordVersion == 0}
	return rq.Render(http.StatusOK, pfxPage(rq.View, p, in, nil))
}

// pfx sends the group's current generation as PKCS#12.
func (h *handlers) pfx(rq *kit.Request) error {
	in := pfxInput{Preset: rq.Text("preset"), Keep: rq.Checked("keep")}
	d, err := h.build(rq, in, rq.Secret("password"))
	if status, no := rq.Refused(err); no {
		p, failed := h.groupPage(rq)
		if failed != nil {
			return failed
		}
		return rq.Render(status, pfxPage(rq.View, p, in, err))
	}
	if err != nil {
		return err
	}
	defer d.Body.Wipe()
	download.Send(rq.W, d.Filename, d.ContentType, d.Body.Reveal())
	return nil
}

// build makes the file, and keeps its password with it when that is wanted.
func (h *handlers) build(rq *kit.Request, in pfxInput, password secret.String) (vault.Download, error) {
	if in.Keep {
		return h.Vault.BuildAndKeepPFX(rq.Context(), rq.Who.Actor, rq.ID(), password, in.Preset)
	}
	return h.Vault.BuildPFX(rq.Context(), rq.Who.Actor, rq.ID(), password, in.Preset)
}
