package deploy

import (
	"errors"
	"net/http"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	domain "github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// tested is what a test of a connection is answered with.
type tested struct {
	Title     string // of the problem; empty for none
	Problem   string // in plain words
	Field     string // path of the setting that it belongs to
	Wrong     map[string]string
	Identity  string // what the device proved to be
	Confirmed bool
	Pin       string // path of the setting that pins it; empty where the plugin has none
	Lines     []string
	Served    []domain.Served
	Schema    schema.Schema
	Action    string        // where the form that it is of is tested
	Target    target.Target // of whose stored settings it is; the zero Target for those of a form
	Grouped   bool          // what is served was held against the group of a target that is there
}

// testNew tries the form of a new target out.
func (p *Pages) testNew(rq *kit.Request) error {
	k, err := p.find(target.Type(rq.Text("type")))
	if err != nil {
		return err
	}
	f := read(rq, k.Schema)
	if to := pinned(rq, k.Schema, &f); to != "" {
		return p.drawNew(rq, http.StatusOK, newPage{Kinds: p.choices(), Kind: k, Form: f})
	}
	ends := f.endpoints()
	r, status, err := p.try(rq, k, deploy.Trial{Type: target.Type(k.ID), Settings: sent(rq, k.Schema), Endpoints: &ends, SNI: &f.SNI})
	if err != nil {
		return err
	}
	if rq.View.Script {
		return rq.Render(status, testAnswer(rq.View, r))
	}
	r.Action = newPath + "/test"
	return p.drawNew(rq, status, newPage{Kinds: p.choices(), Kind: k, Form: f, Tested: &r, Error: r.err()})
}

// choices answers the kinds that the form of a new target offers, as the section of devices does.
func (p *Pages) choices() part.Kinds {
	pull := part.Kind{Type: target.TypePull, Title: "HTTPS pull", Text: "The device asks for it. No inbound firewall rule.", Icon: "globe"}
	return append(part.Kinds{pull}, p.Kinds()...)
}

// testSettings tries out what is typed about a target that is there.
func (p *Pages) testSettings(rq *kit.Request) error {
	t, err := p.target(rq)
	if err != nil {
		return err
	}
	k, err := p.find(t.Type)
	if err != nil {
		return err
	}
	f := read(rq, k.Schema)
	if to := pinned(rq, k.Schema, &f); to != "" {
		return p.drawEdit(rq, http.StatusOK, editPage{Target: t, Kind: k, Form: f})
	}
	ends := f.endpoints()
	trial := deploy.Trial{Target: t.ID, Type: t.Type, Settings: patch(rq, k.Schema, f, t.Deploy.Settings), Endpoints: &ends, SNI: &f.SNI}
	r, status, err := p.try(rq, k, trial)
	if err != nil {
		return err
	}
	if rq.View.Script {
		return rq.Render(status, testAnswer(rq.View, r))
	}
	r.Action = path(t.ID) + "/settings/test"
	return p.drawEdit(rq, status, editPage{Target: t, Kind: k, Form: f, Tested: &r, Error: r.err()})
}

// test tries the stored settings of a target out.
func (p *Pages) test(rq *kit.Request) error {
	t, err := p.target(rq)
	if err != nil {
		return err
	}
	k, err := p.find(t.Type)
	if err != nil {
		return err
	}
	r, _, err := p.try(rq, k, deploy.Trial{Target: t.ID, Type: t.Type})
	if err != nil {
		return err
	}
	r.Target = t
	return rq.Render(http.StatusOK, testPage(rq.View, r))
}

// pinned takes a key over that somebody confirmed without our script; empty when nobody did.
func pinned(rq *kit.Request, sch schema.Schema, f *form) (to string) {
	sch.Walk(func(path string, field schema.Field) {
		if isPin(path) && !field.Secret && rq.Text("pin."+path) != "" {
			to = path
			f.Values[path] = []string{rq.Text("pin." + path)}
		}
	})
	return to
}

// isPin says whether a setting pins what a device proves to be.
func isPin(path string) bool { return path == hostKey || strings.HasSuffix(path, "."+hostKey) }

const hostKey = "host_key"

// try does a test. What is wrong with the settings is part of its answer; the status is that of a form then.
func (p *Pages) try(rq *kit.Request, k kind, in deploy.Trial) (tested, int, error) {
	r := tested{Schema: k.Schema, Grouped: in.Target != ""}
	if _, ok := k.Schema.Find(hostKey); ok {
		r.Pin = hostKey
	}
	got, err := p.Deploy.Test(rq.Context(), rq.Who.Actor, in)
	if err != nil {
		var f *fault.Fault
		status, ok := p.refused(rq, err)
		if !ok || !errors.As(err, &f) {
			return r, 0, err
		}
		r.Title, r.Problem, r.Wrong = "Nothing was tried", f.Message, f.Fields
		return r, status, nil
	}
	r.Identity, r.Confirmed, r.Served = shown(got.Identity), got.Confirmed, got.Served
	for _, l := range got.Lines {
		r.Lines = append(r.Lines, shown(l))
	}
	if got.Problem != nil {
		r.Title, r.Problem, r.Field = problemTitle(got.Problem.Code), shown(got.Problem.Message), got.Problem.Field
		if _, ok := k.Schema.Find(r.Field); ok {
			r.Wrong = map[string]string{prefix + r.Field: r.Problem}
			if isPin(r.Field) {
				r.Pin = r.Field
			}
		}
	}
	return r, http.StatusOK, nil
}

// err answers the result as a form shows it at its fields; nil when no field is wrong.
func (r tested) err() error {
	if len(r.Wrong) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "bad_settings", r.Problem)
	for name, advice := range r.Wrong {
		f = f.Field(name, advice)
	}
	return f
}

// asksToPin says whether the device showed a key that somebody has to confirm.
func (r tested) asksToPin() bool { return r.Identity != "" && !r.Confirmed && r.Pin != "" }

// says tells what an address serves. Before a target is made nobody knows of which group it should be.
func (r tested) says(s domain.Served) string {
	if r.Grouped {
		return servedWords(s, 0)
	}
	return servedAlone(s)
}

// wrong are the fields that something is wrong with, as the result lists them.
type wrongField struct{ Title, Advice, Href string }

func (r tested) wrong() []wrongField {
	var out []wrongField
	r.Schema.Walk(func(path string, f schema.Field) {
		if advice := r.Wrong[prefix+path]; advice != "" && r.Field == "" {
			out = append(out, wrongField{shown(f.Title), advice, "#" + idOf(path)})
		}
	})
	for _, name := range []string{"endpoints", "sni", "settings"} {
		if advice := r.Wrong[name]; advice != "" {
			out = append(out, wrongField{"", advice, ""})
		}
	}
	return out
}

// paths answers all settings that have a place for what a test says of them.
func (r tested) paths() []string {
	var out []string
	r.Schema.Walk(func(path string, f schema.Field) {
		if f.Type != schema.Object {
			out = append(out, path)
		}
	})
	return out
}

var problemTitles = map[string]string{
	"host_key_changed": "The device shows another key than the one that was confirmed", "host_key_not_confirmed": "The key of the device is not confirmed yet",
	"wrong_credentials": "The device does not let us in", "unreachable": "The device does not answer", "address_not_allowed": "This address is not allowed",
}

func problemTitle(code string) string {
	if t, ok := problemTitles[code]; ok {
		return t
	}
	return "The test did not go through"
}
