// Package deploy has the pages of targets that we deploy to: the form that is drawn from what a plugin says of its settings, the test of
// a connection, what a deployment would do, the page of a target with its steps as they happen, its history, and how a device is
// prepared.
//
//	pages := deploy.Register(k, deploy.Deps{Deploy: svc, Vault: vault})
//	push.Register(k, push.Deps{…, Deployed: pages})
//
// Targets of all kinds have the same addresses. The section of devices has the list, and hands on what is about one of these.
package deploy

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	section = "push"
	home    = "/dashboard/push"
	groups  = "/dashboard/groups"
	newPath = part.NewTarget
)

// about is where the manual explains these pages.
var about = view.Manual{Href: "/docs/push#targets-we-deploy-to", Text: "Help for this page"}

// Deps of Register.
type Deps struct {
	Deploy *deploy.Service
	Vault  *vault.Service
}

// Pages are those that other handlers show; see push.Deployed.
type Pages struct{ Deps }

// Register adds the routes that are about targets of this kind alone.
func Register(k *kit.Kit, d Deps) *Pages {
	p := &Pages{d}
	k.Post(newPath+"/test", section, tenant.TargetDeploy, p.testNew)
	k.Get(home+"/recipe", section, tenant.TargetRead, p.anyRecipe)
	k.Get(home+"/firings", section, tenant.TargetRead, p.firings)
	k.Post(home+"/{id}/deploy", section, tenant.TargetDeploy, p.deploy)
	k.Post(home+"/{id}/pause", section, tenant.TargetDeploy, p.pause)
	k.Post(home+"/{id}/resume", section, tenant.TargetDeploy, p.resume)
	k.Post(home+"/{id}/plan", section, tenant.TargetDeploy, p.plan)
	k.Post(home+"/{id}/test", section, tenant.TargetDeploy, p.test)
	k.Post(home+"/{id}/settings/test", section, tenant.TargetDeploy, p.testSettings)
	k.Get(home+"/{id}/host-key", section, tenant.TargetUpdate, p.hostKeyForm)
	k.Keep(home+"/{id}/host-key", section, tenant.TargetUpdate, p.hostKey)
	k.Get(home+"/{id}/recipe", section, tenant.TargetRead, p.recipe)
	k.Get(home+"/{id}/deployments", section, tenant.TargetRead, p.deployments)
	k.Get(home+"/{id}/deployments/{deployment}", section, tenant.TargetRead, p.deployment)
	k.Poll(home+"/{id}/live", section, tenant.TargetRead, p.live)
	return p
}

func path(id string) string { return home + "/" + id }
