package push

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/target"
)

// settingsPage is the form of what can be changed.
type settingsPage struct {
	Target target.Target
	Form   form
	Choice choice
	Error  error
}

func (h *handlers) settingsForm(rq *kit.Request) error {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	return h.drawSettings(rq, http.StatusOK, settingsPage{Target: t, Form: formOf(rq.View, t)})
}

func (h *handlers) drawSettings(rq *kit.Request, status int, p settingsPage) error {
	c, err := h.keyed(rq, "")
	if err != nil {
		return err
	}
	p.Choice = c.with(p.Target)
	if c.More && p.Form.Group == p.Target.Group {
		p.Form.Group = p.Target.GroupName // where one types, one types names
	}
	return rq.Render(status, settings(rq.View, p))
}

func (h *handlers) settings(rq *kit.Request) error {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	f := readForm(rq)
	c, err := f.change(rq.View, formOf(rq.View, t))
	if err == nil {
		_, err = h.Push.Change(rq.Context(), rq.Who.Actor, t.ID, c)
	}
	if err == nil {
		return rq.Go(path(t.ID), view.Toast{Text: "Settings saved."})
	}
	status, ok := refused(rq, err)
	if !ok {
		return err
	}
	return h.drawSettings(rq, status, settingsPage{Target: t, Form: f, Error: err})
}
