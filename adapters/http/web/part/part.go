// Package part has what stands around pages: the shell with navigation, palette and toasts, the frame of signed-out pages, the
// pages of errors and the side navigation of the settings.
//
//	templ Page(v view.View, rows []Row) {
//		@part.Shell(v, "Cert vault", nil) {
//			@ui.PageHead("Cert vault", "…")
//		}
//	}
//
// Each page leads to where the manual explains it: that of its section, or what it says itself with view.View.About. A page of an
// error leads to the manual as a whole.
//
// A page that is a form or a question uses DialogOrPage instead: the same content is then drawn inside the dialog when the
// browser runs our script, and as a page of its own when it does not.
package part

import (
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Addresses the shell itself leads to.
const (
	home      = "/dashboard"
	signOut   = "/sign-out"
	workspace = "/dashboard/workspace"
	profile   = "/dashboard/settings/profile"
	members   = "/dashboard/settings/members"
	palette   = "/dashboard/search"
	theme     = "/dashboard/theme"
	confirm   = "/dashboard/confirm"
	manual    = "/docs/"
)

// config is what htmx is told: no evaluation, no scripts in answers, no inline styles, our own origin alone, and answers that
// say what is wrong are shown like those that say what is right.
const config = `{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,` +
	`"historyCacheSize":0,"historyRestoreAsHxRequest":false,"scrollIntoViewOnBoost":false,"defaultSwapStyle":"outerHTML",` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},` +
	`{"code":"(401|403|404|409|413|422|429)","swap":true,"error":false},{"code":"[45]..","swap":false,"error":true}]}`

// Crumb is a page above the one shown.
type Crumb struct{ Title, Href string }

// group is a part of the navigation under one label.
type group struct {
	label    string
	sections []view.Section
}

// groups answers the sections as the navigation shows them, in order.
func groups(v view.View) []group {
	var out []group
	for _, s := range v.Sections {
		if len(out) == 0 || out[len(out)-1].label != s.Group {
			out = append(out, group{label: s.Group})
		}
		g := &out[len(out)-1]
		g.sections = append(g.sections, s)
	}
	return out
}

// commands answers what the palette offers to do: what works here and the person may do.
func commands(v view.View) []view.Command {
	var out []view.Command
	for _, s := range v.Sections {
		for _, c := range s.Commands {
			if v.Can(c.Allow) {
				out = append(out, c)
			}
		}
	}
	return out
}

// above answers the crumbs with the workspace, which leads home, before them.
func above(v view.View, crumbs []Crumb) []Crumb {
	if v.Workspace.Name == "" {
		return crumbs
	}
	return append([]Crumb{{Title: v.Workspace.Name, Href: home}}, crumbs...)
}

// others answers the workspaces one can change to.
func others(v view.View) []tenant.Membership {
	var out []tenant.Membership
	for _, m := range v.Workspaces {
		if m.Tenant.ID != v.Workspace.ID {
			out = append(out, m)
		}
	}
	return out
}

func name(v view.View) string {
	if v.Person.Name != "" {
		return v.Person.Name
	}
	return v.Person.Email
}

func density(v view.View) string {
	if v.Compact {
		return "compact"
	}
	return "regular"
}

func colours(v view.View) string {
	if v.Theme == "light" || v.Theme == "dark" {
		return v.Theme
	}
	return "light dark"
}

func title(v view.View, page string) string {
	return strings.TrimPrefix(page+" · Ignisfox", " · ")
}

// searches says whether the palette is there: not for somebody who has something to do before anything is open to them.
func searches(v view.View) bool { return v.Can(tenant.ArtifactRead) }
