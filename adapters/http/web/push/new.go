package push

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
)

// newPage is what the form of a new target shows.
type newPage struct {
	Form   form
	Kinds  []push.Kind
	Choice choice
	Error  error
}

func (h *handlers) newForm(rq *kit.Request) error {
	p := newPage{Form: form{Group: rq.Text("group"), Preset: string(cert.PresetModern)}}
	if kinds := h.Push.Kinds(); len(kinds) > 0 {
		p.Form.Type = string(kinds[0].Type)
	}
	return h.drawNew(rq, http.StatusOK, p)
}

func (h *handlers) drawNew(rq *kit.Request, status int, p newPage) error {
	var err error
	if p.Choice, err = h.keyed(rq, ""); err != nil {
		return err
	}
	p.Kinds = h.Push.Kinds()
	return rq.Render(status, newTarget(rq.View, p))
}

// create makes a target and answers its token, which nobody can ask for again.
func (h *handlers) create(rq *kit.Request) error {
	f := readForm(rq)
	in, err := f.asNew(rq.View)
	if err != nil {
		return h.notMade(rq, f, err)
	}
	t, tok, err := h.Push.Create(rq.Context(), rq.Who.Actor, in)
	if err != nil {
		return h.notMade(rq, f, err)
	}
	p, err := h.once(rq, t, tok)
	if err != nil {
		return err
	}
	return rq.RenderSecret(http.StatusOK, made(rq.View, p))
}

func (h *handlers) notMade(rq *kit.Request, f form, err error) error {
	status, ok := refused(rq, err)
	if !ok {
		return err
	}
	return h.drawNew(rq, status, newPage{Form: f, Error: err})
}

// suggest answers the groups that a typed name may mean, as options.
func (h *handlers) suggest(rq *kit.Request) error {
	c, err := h.keyed(rq, rq.Text("group"))
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, groupNames(c))
}
