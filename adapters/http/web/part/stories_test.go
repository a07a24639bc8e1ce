package part

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const hostile = `"><script>alert(1)</script>'`

// body is what a page has inside.
var body = templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "<h1>Cert vault</h1>")
	return err
})

func with(c, children templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, children), w)
	})
}

// change answers the view of an owner after a change.
func change(fn func(*view.View)) view.View {
	v := story.View(tenant.Owner)
	v.Current = "vault"
	fn(&v)
	return v
}

func TestStories(t *testing.T) {
	owner := change(func(*view.View) {})
	story.Check(t, append(groupStories(), []story.Story{
		{Name: "shell-owner", Component: with(Shell(owner, "Cert vault", nil), body)},
		{Name: "shell-dark-compact", Component: with(Shell(change(func(v *view.View) { v.Theme, v.Compact = "dark", true }), "Cert vault", nil), body)},
		{Name: "shell-viewer", Component: with(Shell(story.View(tenant.Viewer), "Cert vault", nil), body)},
		{Name: "shell-few-sections", Component: with(Shell(change(func(v *view.View) { v.Sections = v.Sections[:1] }), "Cert vault", nil), body)},
		{Name: "shell-workspaces", Component: with(Shell(change(func(v *view.View) {
			v.Workspaces = append(v.Workspaces, tenant.Membership{Tenant: tenant.Tenant{ID: "t2", Name: hostile}, Role: tenant.Viewer})
		}), "Cert vault", nil), body)},
		{Name: "shell-hostile", Component: with(Shell(change(func(v *view.View) {
			v.Person.Name, v.Person.Email, v.Workspace.Name = hostile, hostile, strings.Repeat("long", 60)
		}), hostile, []Crumb{{Title: hostile, Href: "/dashboard/vault"}}), body)},
		{Name: "shell-toasts", Component: with(Shell(change(func(v *view.View) {
			failing := 3
			v.Sections[3].Count, v.Sections[3].Tone, v.Sections[3].Note = &failing, view.ToneBad, "behind"
			v.Toasts = []view.Toast{{Text: "Token rotated. The old one stopped working."}, {Text: hostile, Href: "/dashboard/vault", Link: "Open the vault"}}
		}), "Cert vault", nil), body)},
		{Name: "shell-warning", Component: with(Shell(change(func(v *view.View) {
			v.Toasts = []view.Toast{{Text: hostile + strings.Repeat("long", 60), Href: "/dashboard/settings", Link: "Change it", Keep: true}, {Text: "Saved."}}
		}), "Cert vault", nil), body)},
		{Name: "dialog", Component: with(DialogOrPage(change(func(v *view.View) { v.Dialog = true }), "Rename", nil), body)},
		{Name: "dialog-as-page", Component: with(DialogOrPage(owner, "Rename", []Crumb{{Title: "Cert vault", Href: "/dashboard/vault"}}), body)},
		{Name: "plain", Component: with(Plain(story.Visitor(), "Sign in"), body)},
		{Name: "side-nav", Component: with(SideNav("Settings", []SideItem{{Title: "Profile", Href: "/dashboard/settings/profile", Current: true}, {Title: "Members", Href: "/dashboard/settings/members"}}), body)},
		{Name: "error-missing", Component: ErrorPage(owner, Problem{Status: http.StatusNotFound})},
		{Name: "error-forbidden", Component: ErrorPage(owner, Problem{Status: http.StatusForbidden, Text: hostile})},
		{Name: "error-internal", Component: ErrorPage(owner, Problem{Status: http.StatusInternalServerError, Incident: "req_01KAJ4Z7T2"})},
		{Name: "error-unavailable-visitor", Component: ErrorPage(story.Visitor(), Problem{Status: http.StatusServiceUnavailable})},
		{Name: "error-too-many-visitor", Component: ErrorPage(story.Visitor(), Problem{Status: http.StatusTooManyRequests,
			Text: "Too many tries from this address. Wait a moment and try again.", Change: true})},
		{Name: "needs-https", Component: NeedsHTTPS(story.Visitor())},
		{Name: "error-dialog", Component: ErrorPage(change(func(v *view.View) { v.Dialog = true }), Problem{Status: http.StatusConflict, Title: "Not now"})},
		{Name: "confirm-page", Component: Confirm(owner, ConfirmForm{Next: "/dashboard/vault/a1/key"})},
		{Name: "confirm-dialog", Component: Confirm(change(func(v *view.View) { v.Script = true }), ConfirmForm{Next: "/dashboard", Again: true, Passkey: true,
			Error: fault.New(fault.Invalid, "wrong_password", "The password is wrong.").Field("password", "The password is wrong.")})},
		{Name: "confirm-strong", Component: Confirm(change(func(v *view.View) { v.Script = true }), ConfirmForm{Next: "/dashboard", Strong: true, App: true, Codes: true, Passkey: true,
			Error: fault.New(fault.Unauthenticated, "wrong_code", "The code is wrong or was used already.").Field("code", "Give the newest code of your app.")})},
		{Name: "confirm-strong-page", Component: Confirm(owner, ConfirmForm{Next: "/dashboard", Strong: true, Codes: true, Passkey: true})},
		{Name: "confirm-strong-passkey", Component: Confirm(owner, ConfirmForm{Next: "/dashboard", Strong: true, Passkey: true})},
		{Name: "error-elsewhere", Component: ErrorPage(owner, Problem{Status: http.StatusConflict, Title: "This page is of another workspace",
			Text: "This page belongs to " + hostile + "; you are in Beta now. Nothing was changed.", Link: "Load it again", Href: "/dashboard/vault"})},
		{Name: "error-elsewhere-dialog", Component: ErrorPage(change(func(v *view.View) { v.Dialog = true }), Problem{Status: http.StatusConflict,
			Title: "This page is of another workspace", Text: "Nothing was changed.", Link: "Load it again", Href: "/dashboard/vault"})},
		{Name: "palette-found", Component: with(PaletteGroup("Certificates"), PaletteOption(owner, Option{ID: "f-1", Title: hostile, Href: "/dashboard/vault/1", Icon: "cert", Note: "33 days"}))},
	}...))
}

// A section that does not work, and what a person may not do, leaves no word anywhere.
func TestWhatDoesNotWorkIsNotThere(t *testing.T) {
	html := story.Draw(t, with(Shell(change(func(v *view.View) { v.Sections = v.Sections[:2] }), "Cert vault", nil), body))
	for _, word := range []string{"Push to devices", "New push target", "Settings", "Account settings", "Ingest API", `data-key="p"`} {
		if strings.Contains(html, word) {
			t.Errorf("%q is there", word)
		}
	}
	viewer := story.Draw(t, with(Shell(story.View(tenant.Viewer), "Cert vault", nil), body))
	if strings.Contains(viewer, "New push target") {
		t.Error("a viewer is offered to make a target")
	}
	if !strings.Contains(viewer, "Read-only access.") {
		t.Error("a viewer is not told")
	}
	owner := story.Draw(t, with(Shell(story.View(tenant.Owner), "Cert vault", nil), body))
	if !strings.Contains(owner, "New push target") || strings.Contains(owner, "Read-only access.") {
		t.Error("an owner sees what a viewer sees")
	}
}
