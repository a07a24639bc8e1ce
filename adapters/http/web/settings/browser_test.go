package settings_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestMain(m *testing.M) { browser.Main(m) }

// window is the browser of somebody who is signed in.
func window(t *testing.T, r *webtest.Rig, who *webtest.Person, o browser.Options) *browser.Page {
	t.Helper()
	p := browser.Open(t, r.URL, o)
	p.SetCookie(who.Cookie())
	return p
}

func TestEveryPageOfTheSettingsIsAccessible(t *testing.T) {
	r := webtest.New(t, register)
	const nasty = `"><script>document.title='x'</script>' very-long-name-without-any-break-at-all-that-reaches`
	owner := r.As(t, tenant.Owner)
	if _, err := r.Account.ChangeProfile(ctx, r.Owner, account.ProfileChange{Name: new(nasty)}); err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("W", 100)
	if _, err := r.Account.ChangeWorkspace(ctx, r.Owner, account.WorkspaceChange{Name: &name}); err != nil {
		t.Fatal(err)
	}
	owner.Post(members+"/invite", form("emails", "lena@example.com", "role", "editor"))
	for _, name := range []string{nasty, "grafana"} {
		owner.Post(tokens+"/new", form("name", name, "scopes", "read", "scopes", "write", "days", "30"))
	}
	r.Of(t, owner.User)
	hostileDialogs(t, r, owner)
	for _, who := range []*webtest.Person{owner, r.As(t, tenant.Editor), r.As(t, tenant.Viewer)} {
		p := window(t, r, who, browser.Options{})
		for _, path := range []string{profile, preferences, members, tokens, security} {
			p.Goto(path)
			p.Accessible()
			if p.Count("h1") != 1 || !strings.HasSuffix(p.Title(), " · Ignisfox") || p.Title() == "x" {
				t.Errorf("%s: %d headings, title %q", path, p.Count("h1"), p.Title())
			}
		}
	}
}

// hostileDialogs opens what names something in its heading.
func hostileDialogs(t *testing.T, r *webtest.Rig, owner *webtest.Person) {
	t.Helper()
	p := window(t, r, owner, browser.Narrow)
	for _, one := range [][2]string{{profile, "a[href$='settings/delete']"}, {members, "a[href$='/remove']"}, {tokens, "tr:has(.two b[title^='\"']) a[href$='/delete']"}} {
		p.Goto(one[0])
		p.Click(one[1])
		p.WaitFor("#dialog[open] h2")
		p.Axe()
		p.NoSideScroll()
		if w := p.Eval("() => { const b = document.querySelector('#dialog'); return b.scrollWidth > b.clientWidth }"); w != false {
			t.Errorf("the dialog of %s scrolls sideways", one[0])
		}
	}
}

func TestOwnersLookAfterTheWorkspaceInTheBrowser(t *testing.T) {
	r := webtest.New(t, register)
	lee := r.NewPerson(t, r.Tenant, tenant.Viewer)
	owner := r.As(t, tenant.Owner)
	p := window(t, r, owner, browser.Options{})
	p.Goto(profile)
	p.Fill("Your name", "")
	p.Fill("Organisation", "Aldermoor")
	p.Fill("Time zone", "Europe/Stockholm")
	p.WaitTrue("() => document.querySelector('#profile').noValidate = true")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Save changes")
	p.WaitText("Give it a name.")
	p.WaitTrue("() => document.activeElement.id === 'f-name'")
	p.Fill("Your name", "Mara")
	p.ClickText("button", "Save changes")
	p.WaitText("Profile saved.")

	p.Goto(members)
	p.Fill("Role of Kim viewer", "editor")
	p.ClickText("button", "Save the role of Kim viewer")
	p.WaitText("Kim viewer is an editor now.")
	p.ClickText("link", "Remove Kim viewer")
	p.WaitText("Remove Kim viewer?")
	p.Axe()
	p.In("#dialog").ClickText("button", "Keep them")
	p.WaitGone("#dialog[open]")
	p.ClickText("link", "Remove Kim viewer")
	p.In("#dialog").ClickText("button", "Remove")
	p.WaitText("Kim viewer is removed.")
	p.WaitNoText(lee.Email)

	// A proof that is too old is asked for in the dialog, and what was typed is sent after it.
	r.Pass(tenant.FreshFor + time.Second)
	p.Goto(members)
	p.Fill("E-mail addresses", "lena@example.com")
	p.Expect(http.StatusForbidden, http.StatusUnprocessableEntity)
	p.ClickText("button", "Make the link")
	p.WaitText("Confirm that it is you")
	p.In("#dialog").Fill("Password", "wrong")
	p.In("#dialog").ClickText("button", "Confirm")
	p.WaitText("The password is wrong.")
	p.Axe()
	p.In("#dialog").Fill("Password", webtest.Password)
	p.In("#dialog").ClickText("button", "Confirm")
	p.WaitText("1 invite link")
	p.Check("I have stored the link", true)
	p.ClickText("button", "Done")
	p.ClickText("link", "New link for lena@example.com")
	p.WaitText("The link from before stops working")
	p.In("#dialog").ClickText("button", "Make the link")
	p.WaitText("1 invite link")
	p.WaitFor("#dialog[closedby=none]")
	p.Press("Escape")
	if !p.Sees("#link-0") {
		t.Error("a link that is shown once goes with a key")
	}
	p.In("#dialog").Check("I have stored the link", true)
	p.In("#dialog").ClickText("button", "Done")
	p.WaitGone("#dialog[open]")
	p.ClickText("link", "Cancel the invite of lena@example.com")
	p.In("#dialog").ClickText("button", "Cancel the invite")
	p.WaitText("is cancelled")

	p.Goto(profile)
	p.ClickText("link", "Delete workspace")
	p.WaitText("This cannot be undone.")
	p.Axe()
	p.Fill("Type Aldermoor to confirm", "Alder")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Delete for good")
	p.WaitText("Repeat the name of the workspace exactly.")
	p.Fill("Type Aldermoor to confirm", "Aldermoor")
	p.ClickText("button", "Delete for good")
	p.WaitText("You are in no workspace")
}

func TestTokensInTheBrowser(t *testing.T) {
	r := webtest.New(t, register)
	p := window(t, r, r.As(t, tenant.Editor), browser.Options{})
	p.Goto(tokens)
	p.ClickText("link", "New token")
	p.WaitFor("#new-token")
	p.Axe()
	p.Fill("Name", "grafana")
	p.Click("input[value=read]")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Make the token")
	p.WaitText("Choose at least one.")
	p.Axe()
	p.Click("input[value=read]")
	p.ClickText("button", "Make the token")
	p.WaitText("Copy the token of grafana now")
	p.Axe()
	raw := p.Text("#token")
	if _, err := r.Account.Authenticate(ctx, raw, netip.Addr{}); err != nil {
		t.Error(err)
	}
	p.ClickText("button", "Done")
	if !p.Sees("#token") {
		t.Error("Done leaves before anybody said that the token is stored")
	}
	p.Check("I have stored the token", true)
	p.ClickText("button", "Done")
	p.WaitText("1 token")
	if strings.Contains(p.Content("body"), raw) {
		t.Error("the token is shown again")
	}
	p.ClickText("link", "Delete grafana")
	p.WaitText("refused from the next request on")
	p.In("#dialog").ClickText("button", "Delete")
	p.WaitText("grafana is deleted.")
}

func TestSecurityInTheBrowser(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Owner)
	kim := r.Of(t, u)
	r.Of(t, u)
	p := window(t, r, kim, browser.Options{})
	p.Goto(security)
	p.WaitText("2 sessions")
	p.ClickText("link", "Change your password")
	p.WaitFor("#password")
	p.Axe()
	p.Fill("Current password", "wrong")
	p.Fill("New password", "another long password")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Change it")
	p.WaitText("The password is wrong.")
	p.Fill("Current password", webtest.Password)
	p.Fill("New password", "another long password")
	p.ClickText("button", "Change it")
	p.WaitText("Password changed.")
	p.WaitText("1 session")

	p.Expect(http.StatusConflict)
	p.ClickText("button", "Require")
	p.WaitText("You have no second factor yourself")
	p.ClickText("link", "Add an authenticator app")
	p.ClickText("button", "Show the key")
	key := p.Text("#key")
	p.Axe()
	p.Fill("Code", code(t, r, key))
	p.ClickText("button", "Add the app")
	p.WaitText("Store your recovery codes")
	if p.Has("#enrol") || p.Count("#dialog h2") != 1 {
		t.Error("the picture is still there beside the codes")
	}
	p.In("#dialog").Check("I have stored the codes", true)
	p.In("#dialog").ClickText("button", "Done")
	p.WaitText("10 of 10 left")
	p.ClickText("button", "Require")
	p.WaitText("A second factor is required.")
	p.Accessible()

	lee := window(t, r, r.As(t, tenant.Editor), browser.Options{})
	lee.Goto(members)
	lee.WaitText("Add a second factor to go on")
	lee.Accessible()
}

func TestTheMainFormsWorkWithoutScript(t *testing.T) {
	r := webtest.New(t, register)
	r.NewPerson(t, r.Tenant, tenant.Viewer)
	p := window(t, r, r.As(t, tenant.Owner), browser.Options{NoScript: true})
	p.Goto(profile)
	p.Fill("Your name", "Mara")
	p.ClickText("button", "Save changes")
	p.WaitText("Profile saved.")
	p.ClickText("link", "Preferences")
	p.Fill("Date format", "iso")
	p.Click("input[value=dark]")
	p.Check("Compact tables", true)
	p.ClickText("button", "Save changes")
	p.WaitText("Preferences saved.")
	if p.Attr("html", "data-theme") != "dark" || p.Attr("html", "data-density") != "compact" {
		t.Error("theme and density were not kept")
	}
	p.Goto(members)
	p.Fill("Role of Kim viewer", "editor")
	p.ClickText("button", "Save the role of Kim viewer")
	p.WaitText("Kim viewer is an editor now.")
	p.ClickText("link", "Remove Kim viewer")
	p.WaitText("Remove Kim viewer?")
	p.NoSideScroll()
	p.ClickText("link", "Keep them")
	p.WaitURL(members)

	r.Pass(tenant.FreshFor + time.Second)
	p.Goto(tokens)
	p.ClickText("link", "New token")
	p.WaitText("Confirm that it is you")
	p.Fill("Password", webtest.Password)
	p.ClickText("button", "Confirm")
	p.WaitURL(tokens + "/new")
	p.Fill("Name", "grafana")
	p.ClickText("button", "Make the token")
	p.WaitText("Copy the token of grafana now")
	p.Check("I have stored the token", true)
	p.ClickText("button", "Done")
	p.WaitText("1 token")

	p.Goto(members)
	p.Fill("E-mail addresses", "lena@example.com, not an address")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Make the link")
	p.WaitText("Nobody was invited.")
	p.Fill("E-mail addresses", "lena@example.com")
	p.ClickText("button", "Make the link")
	p.WaitText("1 invite link")
}

// On the narrowest telephone what a setting says is read in lines, not in a column of one word each.
func TestSettingsAreReadOnATelephone(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	enrol(t, r, owner)
	p := window(t, r, owner, browser.Narrow)
	for _, path := range []string{security, profile, preferences} {
		p.Goto(path)
		squeezed := p.Eval(`() => [...document.querySelectorAll(".setting > :first-child")].filter((e) => e.offsetWidth < 160).map((e) => e.innerText).join()`)
		if squeezed != "" {
			t.Errorf("%s: squeezed: %v", path, squeezed)
		}
		p.NoSideScroll()
	}
}

// Who presses Done goes to the page itself: its address ends in no question mark.
func TestDoneLeadsToTheAddressOfThePage(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	p := window(t, r, owner, browser.Options{})
	p.Goto(members + "/invite")
	p.Fill("E-mail addresses", "lena@example.com")
	p.ClickText("button", "Make the link")
	p.WaitText("1 invite link")
	p.Check("I have stored the link", true)
	p.ClickText("button", "Done")
	p.WaitText("lena@example.com")
	if at := p.URL(); !strings.HasSuffix(at, members) {
		t.Errorf("at %s", at)
	}
}

func TestWhatOthersSeeInTheBrowser(t *testing.T) {
	r := webtest.New(t, register)
	for _, role := range []tenant.Role{tenant.Editor, tenant.Viewer} {
		p := window(t, r, r.As(t, role), browser.Options{})
		p.Goto(members)
		if p.Has("select") || p.Has("#invite") || p.Has(".members .btn, .members .btn-icon") {
			t.Errorf("a %s sees controls of owners", role)
		}
		p.Goto(profile)
		if p.Has("input[name=organisation]:not([readonly])") || p.HasText("link", "Delete workspace") {
			t.Errorf("a %s sees controls of owners", role)
		}
		p.Goto(tokens)
		if got := p.HasText("link", "New token"); got != (role == tenant.Editor) {
			t.Errorf("a %s sees New token: %v", role, got)
		}
		p.Goto(security)
		if p.HasText("button", "Require") {
			t.Errorf("a %s sees what owners require", role)
		}
	}
}
