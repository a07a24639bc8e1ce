package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestOwnersSaveTheirWorkspaceWithTheirProfile(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Owner)
	kim.Get("/dashboard/settings").WantGo(profile)
	kim.Get(profile).Want(200, "Kim owner", kim.User.Email, `value="Test workspace"`, "Delete workspace", "Look these over once", `name="time_zone"`)
	kim.Post(profile, form("name", " Kim Li ", "organisation", "Aldermoor", "time_zone", "Europe/Stockholm", "email", "other@example.com")).WantGo(profile)
	kim.Get(profile).Want(200, "Profile saved.", `value="Kim Li"`, `value="Aldermoor"`, `<option value="Europe/Stockholm" selected>`, kim.User.Email, "!Look these over once")
}

func TestARefusedProfileKeepsWhatWasTypedAndStoresNothing(t *testing.T) {
	r := webtest.New(t, register)
	r.NewTenant(t, "Taken")
	kim := r.As(t, tenant.Owner)
	kim.Post(profile, form("name", "", "organisation", "Typed name", "time_zone", "UTC")).Want(422, `id="f-name-e"`, `value="Typed name"`)
	kim.Post(profile, form("name", "New", "organisation", "taken", "time_zone", "UTC")).Want(409, `id="f-organisation-e"`, `value="taken"`, `value="New"`)
	kim.Post(profile, form("name", "New", "organisation", "Fine", "time_zone", "Nowhere/No")).Want(422, `id="f-time_zone-e"`)
	kim.Post(profile, form("name", "a\u202eb", "organisation", "Fine", "time_zone", "UTC")).Want(422, `id="f-name-e"`)
	kim.Get(profile).Want(200, `value="Kim owner"`, `value="Test workspace"`)
}

func TestOthersSaveTheirNameAlone(t *testing.T) {
	r := webtest.New(t, register)
	for _, role := range []tenant.Role{tenant.Editor, tenant.Viewer} {
		kim := r.As(t, role)
		kim.Get(profile).Want(200, "An owner can change it.", "!Delete workspace", "Leave this workspace")
		kim.Post(profile, form("name", "Kim "+string(role)+" 2", "organisation", "Mine now", "time_zone", "Asia/Tokyo")).WantGo(profile)
		kim.Get(profile).Want(200, "Kim "+string(role)+" 2", `value="Test workspace"`, "!Mine now")
	}
	w, err := r.Account.Workspace(ctx, r.Owner)
	if err != nil || w.Name != "Test workspace" || w.TimeZone != "UTC" {
		t.Errorf("%+v %v", w, err)
	}
}

func TestLeavingAWorkspace(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	kim.Get("/dashboard/settings/leave").Want(200, "Leave Test workspace?", "Stay")
	kim.Post("/dashboard/settings/leave", nil).WantGo("/dashboard")
	kim.Get("/dashboard").WantGo("/dashboard/welcome")

	last := r.NewTenant(t, "Alone")
	owner := r.NewPerson(t, last.Tenant, tenant.Owner)
	if err := r.Account.RemoveMember(ctx, tenant.Operator(last.Tenant), last.User); err != nil {
		t.Fatal(err)
	}
	lee := r.Of(t, owner)
	lee.Post("/dashboard/settings/leave", nil).Want(409, "A workspace keeps one owner")
	lee.Get(profile).Want(200)
}

func TestDeletingAWorkspaceNeedsItsNameAndAProof(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Owner)
	other := r.NewTenant(t, "Beta")
	r.Join(t, other.Tenant, kim.User, tenant.Viewer)
	const path = "/dashboard/settings/delete"
	kim.Get(path).Want(200, "This cannot be undone", "Keep it", "key is destroyed at once", "Devices keep what is installed", "Every member loses access")
	kim.Post(path, form("name", "test workspace")).Want(422, `value="test workspace"`, "Repeat the name of the workspace exactly")
	for _, role := range []tenant.Role{tenant.Editor, tenant.Viewer} {
		r.As(t, role).Get(path).Want(403, "!Keep it")
		r.As(t, role).Post(path, form("name", "Test workspace")).Want(403)
	}
	r.Pass(tenant.FreshFor + time.Second)
	kim.Post(path, form("name", "Test workspace")).Want(403, "Confirm that it is you")
	kim.Get(path).WantGo("/dashboard/confirm?next=%2Fdashboard%2Fsettings%2Fdelete")
	kim.Post("/dashboard/confirm", form("password", webtest.Password, "next", path)).WantGo(path)
	kim.Post(path, form("name", "Test workspace")).WantGo("/dashboard")
	kim.Get(profile).Want(200, "Test workspace is deleted", "Beta")
	if _, err := r.Account.Workspace(ctx, r.Owner); err == nil {
		t.Error("the workspace is there")
	}
	// A viewer of Beta has no such page there.
	kim.Get(path).Want(403)
}

func TestPreferencesHoldForThePersonAndTheBrowser(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	kim.Get(preferences).Want(200, "Workspace: UTC", r.Now().Format("2 Jan 2006"), r.Now().Format("2006-01-02"), r.Now().Format("01/02/2006"), "!Schedules", "!AI")
	kim.Post(preferences, form("time_zone", "Asia/Tokyo", "date_format", "iso", "theme", "dark", "compact", "on")).WantGo(preferences)
	kim.Get(preferences).Want(200, "Preferences saved.", `<option value="Asia/Tokyo" selected>`, `<option value="iso" selected>`, `data-theme="dark"`, `data-density="compact"`)
	kim.Post(preferences, form("time_zone", "Nowhere/No", "date_format", "iso", "theme", "light")).Want(422, `id="f-time_zone-e"`, `data-theme="dark"`)
	kim.Post(preferences, form("time_zone", "UTC", "date_format", "klingon")).Want(422, `id="f-date_format-e"`)
	kim.Post(preferences, form("time_zone", "", "date_format", "long", "theme", "system")).WantGo(preferences)
	kim.Get(preferences).Want(200, `data-theme=""`, `data-density="regular"`, `<option value="" selected>`)
}

func TestTheProfileTellsHowOneSignsIn(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	kim := r.Of(t, u)
	kim.Get(profile).Want(200, "1 active: Firefox on Linux (this one).", "None yet. A passkey signs you in", "None. A token lets a program", "!Sign out others")
	r.Of(t, u)
	a := kim.Get(profile)
	a.Want(200, "2 active: Firefox on Linux (this one), Firefox on Linux.", "Sign out others")
	if strings.Count(a.Body, "<h1") != 1 {
		t.Error("not one heading")
	}
}
