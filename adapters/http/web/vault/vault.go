// Package vault is the section of certificates, keys and groups: the table, the page of a certificate, the groups with
// their generations, and every form that changes one of them.
//
//	vault.Register(k, vault.Deps{Vault: svc, Log: log})
//
// One file an action: its form and its handler. Pages are in the *.templ files, over types of the domain.
package vault

import (
	"log/slog"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// section is the ID of this section in the navigation.
const section = "vault"

// Addresses of the section.
const (
	home   = "/dashboard/vault"
	groups = "/dashboard/groups"
)

// Deps of Register.
type Deps struct {
	Vault *vault.Service
	Kinds func() part.Kinds // what targets that we deploy to may be of; nil where the server deploys to nothing
	Log   *slog.Logger
}

type handlers struct{ Deps }

func (h *handlers) kinds() part.Kinds {
	if h.Kinds == nil {
		return nil
	}
	return h.Kinds()
}

// Register adds the routes of the section.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{d}
	k.Get(home, section, tenant.ArtifactRead, h.list)
	k.Get(home+".csv", section, tenant.ArtifactRead, h.csv)
	k.Post(home+"/zip", section, tenant.ArtifactRead, h.zip)
	form(k, home+"/move", tenant.ArtifactUpdate, h.moveForm, h.move)
	form(k, home+"/delete", tenant.ArtifactDelete, h.deleteForm, h.delete)
	k.Get(home+"/{id}", section, tenant.ArtifactRead, h.certificate)
	k.Get(home+"/{id}/download", section, tenant.ArtifactRead, h.download)
	form(k, home+"/{id}/rename", tenant.ArtifactUpdate, h.renameForm, h.rename)
	form(k, home+"/{id}/move", tenant.ArtifactUpdate, h.moveForm, h.move)
	form(k, home+"/{id}/delete", tenant.ArtifactDelete, h.deleteForm, h.delete)
	form(k, home+"/{id}/parse", tenant.ArtifactCreate, h.parseForm, h.parse)
	registerGroups(k, h)
}

func registerGroups(k *kit.Kit, h *handlers) {
	k.Get(groups, section, tenant.GroupRead, h.groups)
	form(k, groups+"/new", tenant.GroupCreate, h.newGroupForm, h.newGroup)
	k.Get(groups+"/{id}", section, tenant.GroupRead, h.group)
	form(k, groups+"/{id}/rename", tenant.GroupUpdate, h.renameGroupForm, h.renameGroup)
	form(k, groups+"/{id}/password", tenant.GroupUpdate, h.passwordForm, h.password)
	form(k, groups+"/{id}/delete", tenant.GroupDelete, h.deleteGroupForm, h.deleteGroup)
	form(k, groups+"/{id}/key", tenant.ArtifactCreate, h.keyForm, h.key)
	form(k, groups+"/{id}/pfx", tenant.GroupExport, h.pfxForm, h.pfx)
	form(k, groups+"/{id}/generations/{n}/activate", tenant.GroupActivate, h.activateForm, h.activate)
}

// form registers an action: its form, and what takes it.
func form(k *kit.Kit, path string, action tenant.Action, show, do kit.Handler) {
	k.Get(path, section, action, show)
	k.Post(path, section, action, do)
}
