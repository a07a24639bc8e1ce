package push

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
)

// settingsPage is the form of what can be changed.
type settingsPage struct {
	Target target.Target
	Was    form // what was shown first
	Form   form
	Groups part.Groups
	Error  error
	Prove  bool // a proof of identity is wanted first
}

func (h *handlers) settingsForm(rq *kit.Request) error {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	if t.Deploy != nil && h.Deployed != nil {
		return h.Deployed.SettingsForm(rq, t)
	}
	f := formOf(rq.View, t)
	return h.drawSettings(rq, http.StatusOK, settingsPage{Target: t, Was: f, Form: f})
}

func (h *handlers) drawSettings(rq *kit.Request, status int, p settingsPage) error {
	g, err := h.keyed(rq, p.Form.Group)
	if err != nil {
		return err
	}
	p.Groups = g.With(group.Group{ID: p.Target.Group, Name: p.Target.GroupName}).Choose(p.Form.Group)
	if g.More && p.Form.Group == p.Target.Group {
		p.Groups.Value = p.Target.GroupName // where one types, one types names
	}
	return rq.Render(status, settings(rq.View, p))
}

// settings saves what was changed in the form. What somebody else changed meanwhile stays, unless it is the same: that is asked
// about once.
func (h *handlers) settings(rq *kit.Request) error {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	if t.Deploy != nil && h.Deployed != nil {
		return h.Deployed.Settings(rq, t)
	}
	now := formOf(rq.View, t)
	was, f := readWas(rq, now), readForm(rq)
	if f.Group, err = h.groupID(rq, f.Group); err != nil {
		return err
	}
	if err := f.overlaps(was, now, t); err != nil {
		return h.drawSettings(rq, http.StatusConflict, settingsPage{Target: t, Was: now, Form: f.onto(was, now), Error: err})
	}
	c, err := f.change(rq.View, was)
	if err != nil {
		err = fault.All(err, h.Push.Check(f.otherwise(rq.View, was)))
	} else {
		_, err = h.Push.Change(rq.Context(), rq.Who.Actor, t.ID, c)
	}
	if err == nil {
		return rq.Go(path(t.ID), view.Toast{Text: "Settings saved."})
	}
	if rq.Keeps(err) {
		return h.drawSettings(rq, http.StatusForbidden, settingsPage{Target: t, Was: was, Form: f, Prove: true})
	}
	status, ok := rq.RefusedFor(err, "group")
	if !ok {
		return err
	}
	return h.drawSettings(rq, status, settingsPage{Target: t, Was: was, Form: f, Error: err})
}

// groupID answers the id of the group that is typed; what is typed when there is none.
func (h *handlers) groupID(rq *kit.Request, typed string) (string, error) {
	g, err := h.Vault.Group(rq.Context(), rq.Who.Actor, typed)
	if err != nil {
		if _, ok := rq.RefusedFor(err, "group"); ok {
			return typed, nil
		}
		return "", err
	}
	return g.ID, nil
}
