package deploy

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
)

// editPage is the form of what can be changed.
type editPage struct {
	Target target.Target
	Kind   kind
	Form   form
	Groups part.Groups
	Fires  fires
	Tested *tested // without our script
	Error  error
	Prove  bool // a proof of identity is wanted first
}

// SettingsForm shows what can be changed of a target.
func (p *Pages) SettingsForm(rq *kit.Request, t target.Target) error {
	k, err := p.find(t.Type)
	if err != nil {
		return err
	}
	return p.drawEdit(rq, http.StatusOK, editPage{Target: t, Kind: k, Form: formOf(t, k.Schema)})
}

func (p *Pages) drawEdit(rq *kit.Request, status int, page editPage) error {
	g, err := groupchoice.Read(rq, p.Vault, groupchoice.Want{Value: page.Form.Group, Keyed: true})
	if err != nil {
		return err
	}
	page.Groups = g.With(group.Group{ID: page.Target.Group, Name: page.Target.GroupName}).Choose(page.Form.Group)
	if g.More && page.Form.Group == page.Target.Group {
		page.Groups.Value = page.Target.GroupName // where one types, one types names
	}
	if page.Fires, err = p.fires(rq, page.Form.schedule()); err != nil {
		return err
	}
	return rq.Render(status, edit(rq.View, page))
}

// errMeanwhile: what the form showed first is not what there is now.
var errMeanwhile = fault.New(fault.Conflict, "changed_meanwhile",
	"Somebody else changed this target while the form was open. Open it again to see what it is now, or save once more to have it as it stands here.")

// Settings saves the form.
func (p *Pages) Settings(rq *kit.Request, t target.Target) error {
	k, err := p.find(t.Type)
	if err != nil {
		return err
	}
	f := read(rq, k.Schema)
	if f.Seen != print(t) {
		f.Seen, err = print(t), errMeanwhile
	} else {
		_, err = p.Deploy.Change(rq.Context(), rq.Who.Actor, t.ID, p.change(rq, k, f, t))
	}
	if err == nil {
		return rq.Go(path(t.ID), view.Toast{Text: "Settings saved."})
	}
	if rq.Keeps(err) {
		return p.drawEdit(rq, http.StatusForbidden, editPage{Target: t, Kind: k, Form: f, Prove: true})
	}
	status, ok := p.refused(rq, err)
	if !ok {
		return err
	}
	return p.drawEdit(rq, status, editPage{Target: t, Kind: k, Form: f, Error: err})
}

// change answers what the form wants. While the plugin does not run nobody knows the settings: they stay.
func (p *Pages) change(rq *kit.Request, k kind, f form, t target.Target) deploy.Change {
	tags, ends, schedule := f.tags(), f.endpoints(), f.schedule()
	c := deploy.Change{Name: &f.Name, Group: &f.Group, Endpoints: &ends, SNI: &f.SNI, Schedule: &schedule, Tags: &tags}
	if k.Ready {
		c.Settings = patch(rq, k.Schema, f, t.Deploy.Settings)
	}
	return c
}

// refused says whether another input would mend err. A plugin that does not run is told with the form: what was typed stays.
func (p *Pages) refused(rq *kit.Request, err error) (int, bool) {
	if fault.KindOf(err) == fault.Unavailable {
		switch fault.CodeOf(err) {
		case "plugin_unavailable", "plugin_crashed", "plugin_deadline":
			return http.StatusConflict, true // our script shows no answer of 5xx
		}
	}
	return rq.RefusedFor(err, "group")
}
