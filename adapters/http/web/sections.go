package web

import (
	"context"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// section is a part of the dashboard. It is on when register is set: without it neither navigation nor palette nor any
// page says a word of it.
type section struct {
	view.Section
	count func(artifact.Counts) int // shown behind the title; nil for none
	// register adds the routes of the section; nil while the section does not work.
	register func(*Web)
}

// all sections in the order of the navigation. This is the one place to switch one on.
var all = []section{
	{Section: view.Section{
		ID: "overview", Title: "Overview", Path: "/dashboard", Icon: "overview", Key: "o", Allow: tenant.OverviewRead, Docs: "/docs/overview",
	}, register: (*Web).registerOverview},
	{Section: view.Section{
		ID: "vault", Title: "Cert vault", Path: "/dashboard/vault", Icon: "vault", Group: "Certificates", Key: "v",
		Allow: tenant.ArtifactRead, Docs: "/docs/vault", Commands: []view.Command{
			{Title: "All groups", Path: "/dashboard/groups", Icon: "group", Allow: tenant.GroupRead},
			{Title: "New group", Path: "/dashboard/groups/new", Icon: "plus", Allow: tenant.GroupCreate, Dialog: true},
		},
	}, count: func(c artifact.Counts) int { return c.Artifacts[cert.KindCert] }, register: (*Web).registerVault},
	{Section: view.Section{
		ID: "upload", Title: "Upload cert", Path: "/dashboard/vault/upload", Icon: "upload", Group: "Certificates", Key: "u",
		Allow: tenant.ArtifactCreate, Docs: "/docs/upload",
	}, register: (*Web).registerUpload},
	{Section: view.Section{
		ID: "push", Title: "Push to devices", Path: "/dashboard/push", Icon: "push", Group: "Certificates", Key: "p",
		Allow: tenant.TargetRead, Docs: "/docs/push", Commands: []view.Command{
			{Title: "New push target", Path: "/dashboard/push/new", Icon: "plus", Allow: tenant.TargetCreate},
		},
	}, count: func(c artifact.Counts) int { return c.Targets }, register: (*Web).registerPush},
	{Section: view.Section{
		ID: "ingest", Title: "Ingest API", Path: "/dashboard/ingest", Icon: "ingest", Group: "Sources", Key: "i",
		Allow: tenant.IngestTokenRead, Docs: "/docs/ingest", Commands: []view.Command{
			{Title: "New ingest token", Path: "/dashboard/ingest/new", Icon: "plus", Allow: tenant.IngestTokenCreate, Dialog: true},
		},
	}, register: (*Web).registerIngest},
	{Section: view.Section{
		ID: "settings", Title: "Settings", Path: "/dashboard/settings/profile", Icon: "settings", Group: "Workspace", Key: "s",
		Allow: tenant.ProfileRead, Docs: "/docs/settings", Commands: []view.Command{
			{Title: "Invite somebody", Path: "/dashboard/settings/members", Icon: "users", Allow: tenant.InviteCreate},
			{Title: "New API token", Path: "/dashboard/settings/api-tokens/new", Icon: "plus", Allow: tenant.APITokenCreate, Dialog: true},
			{Title: "Sessions, passkeys and password", Path: "/dashboard/settings/security", Icon: "key", Allow: tenant.ProfileUpdate},
		},
	}, register: (*Web).registerSettings},
}

// register adds the routes of every section that works.
func (w *Web) register() {
	w.registerSignIn()
	w.registerGroupChoice()
	for _, s := range all {
		if s.register != nil {
			s.register(w)
		}
	}
}

// sections answers those that work and that the person may see.
func (w *Web) sections(ctx context.Context, who signin.Who) ([]view.Section, error) {
	var counts artifact.Counts
	if who.Can(tenant.OverviewRead) {
		var err error
		if counts, err = w.Overview.Counts(ctx, who.Actor); err != nil {
			return nil, err
		}
	}
	var out []view.Section
	for _, s := range all {
		if s.register == nil || !seen(who, s.Allow) {
			continue
		}
		shown := s.Section
		if s.count != nil {
			if n := s.count(counts); n > 0 { // what is empty says so itself
				shown.Count = &n
			}
		}
		out = append(out, shown)
	}
	return out, nil
}

// seen says whether the person sees a section: a recent proof of identity is not asked for that.
func seen(who signin.Who, action tenant.Action) bool {
	a := who.Actor
	a.Fresh, a.Strong = true, true
	return a.Can(action)
}
