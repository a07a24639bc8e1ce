package push

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
)

// newPage is what the form of a new target shows.
type newPage struct {
	Form   form
	Kinds  part.Kinds
	Groups part.Groups
	Error  error
	Prove  bool // a proof of identity is wanted first
}

func (h *handlers) newForm(rq *kit.Request) error {
	if h.deploys(rq) {
		return h.Deployed.New(rq, h.kinds())
	}
	p := newPage{Form: form{Type: string(target.TypePull), Name: rq.Text("name"), Group: rq.Text("group"), Preset: string(cert.PresetModern)}}
	if p.Form.Group != "" {
		var err error
		if p.Form.Group, p.Error, err = h.unfit(rq, p.Form.Group); err != nil {
			return err
		}
	}
	return h.drawNew(rq, http.StatusOK, p)
}

func (h *handlers) drawNew(rq *kit.Request, status int, p newPage) error {
	var err error
	if p.Groups, err = h.keyed(rq, p.Form.Group); err != nil {
		return err
	}
	if p.Error == nil && !p.Groups.More && len(p.Groups.Items) == 1 {
		p.Groups = p.Groups.Choose(p.Groups.Items[0].ID) // there is nothing to choose
	}
	p.Kinds = h.kinds()
	if rq.View.Script && rq.Header.Get("HX-Target") == part.NewTargetID { // another type was chosen
		return rq.Render(status, newBody(rq.View, p))
	}
	return rq.Render(status, newTarget(rq.View, p))
}

// create makes a target and answers its token, which nobody can ask for again.
func (h *handlers) create(rq *kit.Request) error {
	if h.deploys(rq) {
		return h.Deployed.Create(rq, h.kinds())
	}
	f := readForm(rq)
	in, err := f.asNew(rq.View)
	if err = fault.All(err, h.Push.Check(in)); err != nil {
		return h.notMade(rq, f, err)
	}
	var t target.Target
	var tok secret.String
	err = rq.Once(func(ctx context.Context) (_ string, err error) {
		t, tok, err = h.Push.Create(ctx, rq.Who.Actor, in)
		return path(t.ID), err
	})
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
	if rq.Keeps(err) {
		return h.drawNew(rq, http.StatusForbidden, newPage{Form: f, Prove: true})
	}
	status, ok := rq.RefusedFor(err, "group")
	if !ok {
		return err
	}
	return h.drawNew(rq, status, newPage{Form: f, Error: err})
}

// keyed reads the groups that can be bound to: those whose current generation holds a key.
func (h *handlers) keyed(rq *kit.Request, chosen string) (part.Groups, error) {
	return groupchoice.Read(rq, h.Vault, groupchoice.Want{Value: chosen, Keyed: true})
}

// unfit says why a group that a link names cannot be bound to, and its name.
func (h *handlers) unfit(rq *kit.Request, idOrName string) (name string, why, err error) {
	g, err := h.Vault.Group(rq.Context(), rq.Who.Actor, idOrName)
	if err != nil {
		if _, ok := rq.RefusedFor(err, "group"); ok {
			return "", err, nil
		}
		return "", nil, err
	}
	if !g.HasKey {
		why = fault.New(fault.Invalid, "group_without_key", "The group "+g.Name+" has no current certificate with its private key.").
			Field("group", "Upload the certificate and its key to this group first, or choose another group.")
	}
	return g.Name, why, nil
}
