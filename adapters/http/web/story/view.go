package story

import (
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Now is when all stories happen.
var Now = time.Date(2026, time.November, 22, 9, 30, 0, 0, time.UTC)

// View answers what a page knows in a story: somebody with that role in the workspace Aldermoor Logistics, and the sections
// of the dashboard. A story changes what it is about: v := story.View(tenant.Owner); v.Current = "vault".
func View(role tenant.Role) view.View {
	vault, push := 412, 18
	return view.View{
		SignedIn: true,
		Actor: tenant.Actor{Principal: tenant.PrincipalUser, Tenant: "t1", User: "u1", Role: role, Session: true,
			Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}},
		Person:     tenant.User{ID: "u1", Name: "Mara Lindqvist", Email: "mara@aldermoor.example"},
		Workspace:  tenant.Tenant{ID: "t1", Name: "Aldermoor Logistics", TimeZone: "UTC"},
		Workspaces: []tenant.Membership{{Tenant: tenant.Tenant{ID: "t1", Name: "Aldermoor Logistics"}, Role: role}},
		Sections: []view.Section{
			{ID: "overview", Title: "Overview", Path: "/dashboard", Icon: "overview", Key: "o"},
			{ID: "vault", Title: "Cert vault", Path: "/dashboard/vault", Icon: "vault", Group: "Certificates", Key: "v", Count: &vault},
			{ID: "upload", Title: "Upload cert", Path: "/dashboard/vault/upload", Icon: "upload", Group: "Certificates", Key: "u"},
			{ID: "push", Title: "Push to devices", Path: "/dashboard/push", Icon: "push", Group: "Certificates", Key: "p", Count: &push,
				Commands: []view.Command{{Title: "New push target", Path: "/dashboard/push/new", Icon: "plus", Allow: tenant.TargetCreate}}},
			{ID: "ingest", Title: "Ingest API", Path: "/dashboard/ingest", Icon: "ingest", Group: "Sources", Key: "i"},
			{ID: "settings", Title: "Settings", Path: "/dashboard/settings", Icon: "settings", Group: "Workspace", Key: "s"},
		},
		Path:    "/dashboard",
		Now:     Now,
		Zone:    time.UTC,
		Dates:   tenant.DateLong,
		BaseURL: "https://ignisfox.example.com",
		Assets:  view.Assets{CSS: "/static/app.css", JS: "/static/app.js", Icons: "/static/icons.svg", Logo: "/static/logo.svg"},
	}
}

// Visitor answers what a page knows of somebody who is not signed in.
func Visitor() view.View {
	v := View(tenant.Viewer)
	return view.View{Now: v.Now, Zone: v.Zone, BaseURL: v.BaseURL, Assets: v.Assets, Path: "/sign-in"}
}
