package deploy

import (
	"net/http"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// keyPage is the question whether a device's key is the right one.
type keyPage struct {
	Target  target.Target
	Kind    kind
	Field   string // path of the setting
	Old     string // the key that is confirmed; empty for none
	New     string // the one that the device shows; empty before it was asked
	Same    bool   // the device shows the confirmed one
	Secrets []schema.Field
	Paths   []string // of Secrets
	Problem string   // what kept the device from being asked
	Error   error
	Prove   bool // a proof of identity is wanted first
}

// keyOf answers the page of a target whose plugin pins keys; fault NotFound for any other.
func (p *Pages) keyOf(rq *kit.Request) (keyPage, error) {
	page := keyPage{Field: hostKey}
	var err error
	if page.Target, err = p.target(rq); err != nil {
		return page, err
	}
	if page.Kind, err = p.find(page.Target.Type); err != nil {
		return page, err
	}
	if f, ok := page.Kind.Schema.Find(rq.Text("field")); ok && isPin(rq.Text("field")) && !f.Secret {
		page.Field = rq.Text("field")
	}
	if _, ok := page.Kind.Schema.Find(page.Field); !ok {
		return page, fault.Missing("host key")
	}
	old, _ := at(page.Target.Deploy.Settings, page.Field)
	page.Old = written(old)
	return page, nil
}

func (p *Pages) hostKeyForm(rq *kit.Request) error {
	page, err := p.keyOf(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, hostKeyQuestion(rq.View, page))
}

// hostKey asks the device for its key, or confirms the one that was shown. Another key than the confirmed one has the secrets asked
// for again: what is stored goes only where it was given for.
func (p *Pages) hostKey(rq *kit.Request) error {
	page, err := p.keyOf(rq)
	if err != nil {
		return err
	}
	if page.New = rq.Text("key"); page.New == "" {
		return p.askForKey(rq, page)
	}
	page.demand()
	change := map[string]any{}
	put(change, page.Field, page.New)
	for _, path := range page.Paths {
		if v := rq.PostFormValue(prefix + path); v != "" {
			put(change, path, v)
		}
	}
	_, err = p.Deploy.Change(rq.Context(), rq.Who.Actor, page.Target.ID, deploy.Change{Settings: change})
	if err == nil {
		return rq.Go(path(page.Target.ID), view.Toast{Text: "Key confirmed. The deployment goes on."})
	}
	if rq.Keeps(err) {
		page.Prove = true
		return rq.Render(http.StatusForbidden, hostKeyQuestion(rq.View, page))
	}
	status, ok := p.refused(rq, err)
	if !ok {
		return err
	}
	page.Error = err
	return rq.Render(status, hostKeyQuestion(rq.View, page))
}

func (p *Pages) askForKey(rq *kit.Request, page keyPage) error {
	r, _, err := p.try(rq, page.Kind, deploy.Trial{Target: page.Target.ID, Type: page.Target.Type})
	if err != nil {
		return err
	}
	if r.Pin != "" && r.Identity != "" {
		page.Field, page.New = r.Pin, r.Identity
		old, _ := at(page.Target.Deploy.Settings, page.Field)
		page.Old, page.Same = written(old), r.Confirmed
	} else {
		page.Problem = r.Problem
	}
	page.demand()
	return rq.Render(http.StatusOK, hostKeyQuestion(rq.View, page))
}

// demand lists the secrets that have to be given again: all that are stored, when another key was confirmed before.
func (k *keyPage) demand() {
	if k.Old == "" || k.New == "" || k.Same {
		return
	}
	k.Kind.Schema.Walk(func(path string, f schema.Field) {
		if f.Secret && slices.Contains(k.Target.Deploy.Secrets, path) {
			f.When, f.Help = nil, ""
			k.Secrets, k.Paths = append(k.Secrets, f), append(k.Paths, path)
		}
	})
}

// control answers the field of one of the secrets.
func (k keyPage) control(i int) control {
	s := settings{Schema: k.Kind.Schema, Error: k.Error}
	c := s.control(k.Secrets[i], "")
	c.Path = k.Paths[i]
	c.Error = ui.FieldError(k.Error, prefix+c.Path)
	return c
}
