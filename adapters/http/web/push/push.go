// Package push is the section of devices: the list of targets, and the pages of those that fetch, with the forms that make, change and
// end them. The pages of those that we deploy to are another package's, which stands behind the same addresses.
//
//	push.Register(k, push.Deps{Push: svc, Vault: vault, Deployed: pages, BaseURL: base})
//
// A token is shown in the answer to the form that made it and nowhere else: on that page (once.templ) the scripts hold it too.
package push

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	section = "push"
	home    = "/dashboard/push"
	groups  = "/dashboard/groups"
)

// Deployed are the pages of targets that we deploy to.
type Deployed interface {
	// Kinds answers the kinds that a target can be made of now; Known all that targets may be of.
	Kinds() part.Kinds
	Known() part.Kinds
	// New and Create are the form of a new target; kinds are all that can be chosen.
	New(rq *kit.Request, kinds part.Kinds) error
	Create(rq *kit.Request, kinds part.Kinds) error
	// Target is the page of one, SettingsForm and Settings its form.
	Target(rq *kit.Request, d push.Detail) error
	SettingsForm(rq *kit.Request, t target.Target) error
	Settings(rq *kit.Request, t target.Target) error
}

// Deps of Register. BaseURL is where devices reach the server.
type Deps struct {
	Push     *push.Service
	Vault    *vault.Service
	Deployed Deployed // nil where the server deploys to nothing
	BaseURL  string
}

type handlers struct{ Deps }

// Register adds the routes.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{d}
	k.Get(home, section, tenant.TargetRead, h.list)
	k.Get(home+"/new", section, tenant.TargetCreate, h.newForm)
	k.Keep(home+"/new", section, tenant.TargetCreate, h.create)
	k.Get(home+"/{id}", section, tenant.TargetRead, h.target)
	k.Poll(home+"/{id}/waiting", section, tenant.TargetRead, h.wait)
	k.File(home+"/{id}/script", section, tenant.TargetRead, h.script)
	k.Post(home+"/{id}/script", section, tenant.TargetUpdate, h.scriptWithToken)
	k.Get(home+"/{id}/rotate", section, tenant.TargetRotate, h.rotateForm)
	k.Post(home+"/{id}/rotate", section, tenant.TargetRotate, h.rotate)
	k.Get(home+"/{id}/settings", section, tenant.TargetUpdate, h.settingsForm)
	k.Keep(home+"/{id}/settings", section, tenant.TargetUpdate, h.settings)
	k.Get(home+"/{id}/delete", section, tenant.TargetDelete, h.deleteForm)
	k.Post(home+"/{id}/delete", section, tenant.TargetDelete, h.delete)
}

func path(id string) string { return home + "/" + id }
