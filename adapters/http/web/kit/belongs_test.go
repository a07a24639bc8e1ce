package kit_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

var viewOfPage = regexp.MustCompile(`<form [^>]*method="post"[^>]*><input type="hidden" name="view" value="([0-9a-f]{16})">`)

// viewOn answers what the forms of a page say of whose page it is.
func viewOn(t *testing.T, a webtest.Answer) string {
	t.Helper()
	all := viewOfPage.FindAllStringSubmatch(a.Body, -1)
	if len(all) == 0 || len(all) != strings.Count(a.Body, `method="post"`) {
		t.Fatalf("%d forms of %d say whose page it is: %s", len(all), strings.Count(a.Body, `method="post"`), a.Body)
	}
	return all[0][1]
}

// inTwo is somebody in the rig's workspace and in Beta, with a page of the first open.
func inTwo(t *testing.T, r *webtest.Rig) (kim *webtest.Person, view string, beta tenant.ID) {
	t.Helper()
	kim = r.As(t, tenant.Owner)
	other := r.NewTenant(t, "Beta")
	r.Join(t, other.Tenant, kim.User, tenant.Owner)
	return kim, viewOn(t, kim.Get("/dashboard")), other.Tenant
}

// What a tab sends that shows one workspace does nothing in another, to which a second tab has changed.
func TestAFormOfAnotherWorkspaceDoesNothing(t *testing.T) {
	r := local(t)
	kim, view, beta := inTwo(t, r)
	sent := url.Values{"name": {"SENT"}, "view": {view}}
	kim.Post("/dashboard/fresh", sent).WantGo("/dashboard")
	kim.Get("/dashboard").Want(200, "Done: SENT")

	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(beta)}, "view": {view}}).WantGo("/dashboard")
	if now := viewOn(t, kim.Get("/dashboard")); now == view {
		t.Fatal("pages of two workspaces are not told apart")
	}
	const words = "This page belongs to Test workspace; you are in Beta now. Nothing was changed."
	kim.Post("/dashboard/fresh", sent).Want(http.StatusConflict, "<!doctype html>", words, `href="/dashboard/fresh"`, "Load it again", "!SENT")
	kim.Do("POST", "/dashboard/fresh", sent, dialog).Want(http.StatusConflict, "!<html", `<div class="dlg">`, words, `href="/dashboard"`)
	kim.Do("POST", "/dashboard/fresh", nil, map[string]string{"X-View": view, "HX-Request": "true", "Accept": "application/json"}).
		Want(http.StatusConflict, `"code":"other_workspace"`, words)
	kim.Do("GET", "/dashboard/fresh", nil, map[string]string{"X-View": view, "HX-Request": "true", "X-Dialog": "1"}).
		Want(http.StatusConflict, words) // a form that is fetched into that page would be one of Beta
	kim.Post("/dashboard/fresh", url.Values{"view": {viewOn(t, kim.Get("/dashboard")), view}}).Want(http.StatusConflict)
	kim.Get("/dashboard").Want(200, "!Done:")

	// It comes before the question for a proof: that would be repeated in Beta.
	r.Pass(tenant.FreshFor * 2)
	a := kim.Post("/dashboard/fresh", sent)
	a.Want(http.StatusConflict)
	if a.Header.Get("X-Confirm") != "" {
		t.Error("a proof is asked for what is not going to be done")
	}
	kim.Post("/dashboard/theme", sent).WantGo("/dashboard")
	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(r.Tenant)}, "view": {view}}).WantGo("/dashboard")
	kim.Post("/dashboard/echo", sent).Want(200, "got SENT")
	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(beta)}}).WantGo("/dashboard")
	kim.Post("/sign-out", url.Values{"view": {view}}).WantGo("/sign-in")
}

// A session whose workspace is gone goes on in another; forms of before do not.
func TestAFormOfAWorkspaceThatOneIsNotInAnyMore(t *testing.T) {
	r := local(t)
	kim, view, _ := inTwo(t, r)
	if err := r.Account.RemoveMember(context.Background(), r.Owner, kim.User.ID); err != nil {
		t.Fatal(err)
	}
	kim.Post("/dashboard/fresh", url.Values{"view": {view}}).Want(http.StatusConflict, "another sign-in or workspace; you are in Beta now", "!Test workspace;")
}

// The same for a tab that somebody else signed in beside.
func TestAFormOfAnotherSignInDoesNothing(t *testing.T) {
	r := local(t)
	kim, view, _ := inTwo(t, r)
	lee := r.As(t, tenant.Owner)
	kim.SetCookie(lee.Cookie())
	kim.Post("/dashboard/fresh", url.Values{"view": {view}}).Want(http.StatusConflict, "another sign-in or workspace; you are in Test workspace now", "!"+kim.User.Email)
	kim.Post("/dashboard/fresh", url.Values{"view": {viewOn(t, lee.Get("/dashboard"))}}).WantGo("/dashboard")
	// Somebody who is in no workspace is told apart too.
	alone := r.Of(t, r.NewPerson(t, "", ""))
	alone.Post("/dashboard/confirm", url.Values{"view": {view}}).Want(http.StatusConflict, "you are signed in as "+alone.User.Email+", in no workspace, now")
	// Strangers' pages say nothing, and their forms need not.
	r.Stranger(t).Get("/sign-in").Want(200, `method="post"`, `!name="view"`)
}
