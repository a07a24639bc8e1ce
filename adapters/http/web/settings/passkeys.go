package settings

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func (h *handlers) passkeyForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, addPasskey(rq.View))
}

func (h *handlers) beginPasskey(rq *kit.Request) error {
	if err := rq.TryBegin(); err != nil {
		return rq.RefuseJSON(err)
	}
	c, err := h.SignIn.BeginPasskey(rq.Context(), rq.Who)
	if err != nil {
		return rq.RefuseJSON(err)
	}
	return rq.AnswerJSON(http.StatusOK, map[string]any{"options": json.RawMessage(c.Options), "ceremony": c.Ceremony.Reveal()})
}

// finishPasskey keeps what the browser made. Recovery codes, when these are the first, go to the script as the part of the
// page that shows them.
func (h *handlers) finishPasskey(rq *kit.Request) error {
	var in struct {
		Ceremony string          `json:"ceremony"`
		Answer   json.RawMessage `json:"answer"`
		Name     string          `json:"name"`
	}
	if err := rq.JSON(&in); err != nil {
		return rq.RefuseJSON(err)
	}
	if err := rq.TryBegin(); err != nil {
		return rq.RefuseJSON(err)
	}
	p, codes, err := h.SignIn.AddPasskey(rq.Context(), rq.Who, secret.NewString(in.Ceremony), in.Name, in.Answer)
	if err != nil {
		return rq.RefuseJSON(err)
	}
	text := p.Name + " is added."
	if len(codes) == 0 {
		rq.Toast(view.Toast{Text: text})
		return rq.AnswerJSON(http.StatusOK, map[string]string{"redirect": goOn(rq)})
	}
	inside := rq.View
	inside.Dialog = true
	var page bytes.Buffer
	if err := codesOnce(inside, text, codes, goOn(rq)).Render(rq.Context(), &page); err != nil {
		return err
	}
	defer clear(page.Bytes())
	return rq.AnswerJSON(http.StatusOK, map[string]string{"show": page.String()})
}

// passkey answers the one that the address names; fault NotFound for any other, also somebody else's.
func (h *handlers) passkey(rq *kit.Request) (tenant.Passkey, error) {
	f, err := h.SignIn.Factors(rq.Context(), rq.Who)
	if err != nil {
		return tenant.Passkey{}, err
	}
	i := slices.IndexFunc(f.Passkeys, func(p tenant.Passkey) bool { return p.ID == rq.ID() })
	if i < 0 {
		return tenant.Passkey{}, fault.Missing("passkey")
	}
	return f.Passkeys[i], nil
}

func (h *handlers) renamePasskeyForm(rq *kit.Request) error {
	p, err := h.passkey(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, renamePasskey(rq.View, p, p.Name, nil))
}

func (h *handlers) renamePasskey(rq *kit.Request) error {
	p, err := h.passkey(rq)
	if err != nil {
		return err
	}
	name := rq.Text("name")
	err = h.SignIn.RenamePasskey(rq.Context(), rq.Who, p.ID, name)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, renamePasskey(rq.View, p, name, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(securityPath, view.Toast{Text: "Passkey renamed."})
}

func (h *handlers) removePasskeyForm(rq *kit.Request) error {
	p, err := h.passkey(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, removePasskey(rq.View, p, nil))
}

func (h *handlers) removePasskey(rq *kit.Request) error {
	p, err := h.passkey(rq)
	if err != nil {
		return err
	}
	err = h.SignIn.RemovePasskey(rq.Context(), rq.Who, p.ID)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, removePasskey(rq.View, p, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(securityPath, view.Toast{Text: p.Name + " is removed. It opens nothing here any more."})
}
