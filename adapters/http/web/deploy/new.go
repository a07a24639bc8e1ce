package deploy

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/target"
)

// newPage is what the form of a new target shows.
type newPage struct {
	Kinds  part.Kinds // that can be chosen
	Kind   kind
	Form   form
	Groups part.Groups
	Fires  fires
	Tested *tested // without our script
	Error  error
	Prove  bool // a proof of identity is wanted first
}

// New shows the form of a new target of the type that the address names.
func (p *Pages) New(rq *kit.Request, kinds part.Kinds) error {
	k, err := p.find(target.Type(rq.Text("type")))
	if err != nil {
		return err
	}
	f := blank(target.Type(k.ID), k.Schema)
	f.Name, f.Group = rq.Text("name"), rq.Text("group")
	return p.drawNew(rq, http.StatusOK, newPage{Kinds: kinds, Kind: k, Form: f})
}

func (p *Pages) drawNew(rq *kit.Request, status int, page newPage) (err error) {
	if page.Groups, err = groupchoice.Read(rq, p.Vault, groupchoice.Want{Value: page.Form.Group, Keyed: true}); err != nil {
		return err
	}
	if page.Error == nil && !page.Groups.More && len(page.Groups.Items) == 1 {
		page.Groups = page.Groups.Choose(page.Groups.Items[0].ID) // there is nothing to choose
	}
	if page.Fires, err = p.fires(rq, page.Form.schedule()); err != nil {
		return err
	}
	if rq.View.Script && rq.Header.Get("HX-Target") == part.NewTargetID { // another type was chosen
		return rq.Render(status, newBody(rq.View, page))
	}
	return rq.Render(status, newTarget(rq.View, page))
}

// Create makes a target. Sent again, the form leads to the one that it made.
func (p *Pages) Create(rq *kit.Request, kinds part.Kinds) error {
	k, err := p.find(target.Type(rq.Text("type")))
	if err != nil {
		return err
	}
	f := read(rq, k.Schema)
	var t target.Target
	err = rq.Once(func(ctx context.Context) (_ string, err error) {
		t, err = p.Deploy.Create(ctx, rq.Who.Actor, deploy.NewTarget{
			Name: f.Name, Type: target.Type(k.ID), Group: f.Group, Settings: sent(rq, k.Schema), Endpoints: f.endpoints(), SNI: f.SNI,
			Schedule: f.schedule(), Tags: f.tags(),
		})
		return path(t.ID), err
	})
	if made, ok := kit.MadeBefore(err); ok {
		return rq.Go(made)
	}
	if err == nil {
		return rq.Go(path(t.ID), view.Toast{Text: "Target saved. Its first deployment begins now."})
	}
	if rq.Keeps(err) {
		return p.drawNew(rq, http.StatusForbidden, newPage{Kinds: kinds, Kind: k, Form: f, Prove: true})
	}
	status, ok := p.refused(rq, err)
	if !ok {
		return err
	}
	return p.drawNew(rq, status, newPage{Kinds: kinds, Kind: k, Form: f, Error: err})
}
