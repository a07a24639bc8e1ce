package deploy

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/target"
)

// sshType is the plugin whose devices core/script knows how to prepare.
const sshType = "deploy.ssh"

var systems = []ui.Option{{Value: string(script.Debian), Label: "Debian, Ubuntu"}, {Value: string(script.RedHat), Label: "Red Hat, Alma, Rocky"}}

var servers = []ui.Option{
	{Value: string(script.Nginx), Label: "nginx"}, {Value: string(script.Apache), Label: "Apache"}, {Value: string(script.HAProxy), Label: "HAProxy"},
}

// recipePage is how a device is prepared.
type recipePage struct {
	Target target.Target // the zero Target for one that is not there yet
	System string
	Server string
	Recipe script.Prepared
	Notes  []string
	Error  error
}

func (r recipePage) action() string {
	if r.Target.ID == "" {
		return home + "/recipe"
	}
	return path(r.Target.ID) + "/recipe"
}

// recipeAny answers where it is told how devices of a kind are prepared, before there is a target; empty for nowhere.
func recipeAny(k kind) string {
	if k.ID != sshType {
		return ""
	}
	return home + "/recipe"
}

// recipeOf is recipeAny for a target.
func recipeOf(k kind, t target.Target) string {
	if k.ID != sshType {
		return ""
	}
	return path(t.ID) + "/recipe"
}

func (p *Pages) anyRecipe(rq *kit.Request) error { return p.drawRecipe(rq, target.Target{}) }

func (p *Pages) recipe(rq *kit.Request) error {
	t, err := p.target(rq)
	if err != nil {
		return err
	}
	if t.Type != sshType {
		return rq.Go(path(t.ID))
	}
	return p.drawRecipe(rq, t)
}

func (p *Pages) drawRecipe(rq *kit.Request, t target.Target) error {
	page := recipePage{Target: t, System: one(rq.Text("system"), systems), Server: rq.Text("service")}
	d := script.Device{Target: t.Name}
	if t.Deploy != nil {
		page.read(&d)
	}
	page.Server = one(page.Server, servers)
	page.Recipe, page.Error = script.Prepare(script.System(page.System), script.Server(page.Server), d)
	if page.Error != nil {
		if _, ok := rq.Refused(page.Error); !ok {
			return page.Error
		}
	}
	if t.Deploy != nil && page.Error == nil {
		page.compare()
	}
	return rq.Render(http.StatusOK, recipe(rq.View, page))
}

// read takes what the target says of the device.
func (r *recipePage) read(d *script.Device) {
	set := func(name string) string { v, _ := at(r.Target.Deploy.Settings, name); return written(v) }
	d.Fullchain, d.Key, d.Combined = set("fullchain_path"), set("key_path"), set("combined_path")
	for _, name := range []string{"cert_path", "chain_path", "pfx_path"} {
		if v := set(name); v != "" {
			d.Others = append(d.Others, v)
		}
	}
	if d.User = set("username"); d.User != "" && !script.PlainAccount(d.User) {
		r.Notes = append(r.Notes, "The target signs in as "+shown(d.User)+", for whom there is no recipe. This one is for a user of its own.")
		d.User = ""
	}
	if r.Server == "" {
		r.Server = guess(set("reload_command") + " " + set("check_command") + " " + d.Fullchain + d.Combined)
	}
}

// guess answers the server that commands and paths speak of.
func guess(words string) string {
	for _, g := range []struct {
		word string
		is   script.Server
	}{{"haproxy", script.HAProxy}, {"apache", script.Apache}, {"httpd", script.Apache}} {
		if strings.Contains(words, g.word) {
			return string(g.is)
		}
	}
	return ""
}

// compare says where the target's commands are others than the recipe allows.
func (r *recipePage) compare() {
	for _, s := range r.Recipe.Settings {
		if !strings.HasSuffix(s.Name, "_command") {
			continue
		}
		v, _ := at(r.Target.Deploy.Settings, s.Name)
		if is := written(v); is != "" && is != s.Value {
			r.Notes = append(r.Notes, "The target's "+strings.ToLower(s.Title)+" is “"+shown(is)+"”. What this recipe allows is for “"+s.Value+"”.")
		}
	}
}

// one answers the value when it is on offer, else the first that is.
func one(value string, of []ui.Option) string {
	if slices.ContainsFunc(of, func(o ui.Option) bool { return o.Value == value }) {
		return value
	}
	return of[0].Value
}
