package push_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
)

func TestMain(m *testing.M) { browser.Main(m) }

// window is a browser of somebody with that role.
func (r *rig) window(t *testing.T, role tenant.Role, o browser.Options) *browser.Page {
	t.Helper()
	kim := r.As(t, role)
	p := browser.Open(t, r.URL, o)
	p.SetCookie(kim.Cookie())
	return p
}

func TestATargetFromItsTokenToItsEndInTheBrowser(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	for _, role := range []tenant.Role{tenant.Owner, tenant.Editor} {
		t.Run(string(role), func(t *testing.T) {
			p := r.window(t, role, browser.Options{})
			p.Goto("/dashboard/push")
			p.WaitText("No device fetches from here yet")
			p.In(".page-head").ClickText("link", "New target")
			p.Fill("Name", "web-dmz-01")
			p.Fill("Allowed networks (optional)", "everywhere")
			p.Expect(http.StatusUnprocessableEntity)
			p.ClickText("button", "Save target")
			p.WaitText("Give networks such as")
			p.Fill("Allowed networks (optional)", "")
			p.ClickText("button", "Save target")
			p.WaitText("Copy its token now")
			if p.Title() != "web-dmz-01 · Ignisfox" || !strings.Contains(p.Text(".crumbs"), "web-dmz-01") {
				t.Errorf("the page is still called %q, under %q", p.Title(), p.Text(".crumbs"))
			}
			tok := p.Text("#tok")
			script := p.Download(func() { p.In("#once-script-linux-cron").ClickText("button", "Save script") })
			if script.Name != "ignisfox-pull-www.sh" || !strings.Contains(string(script.Body), "push_token='"+tok+"'") {
				t.Errorf("%s is saved without the token", script.Name)
			}
			p.ClickText("tab", "PowerShell")
			p.WaitFor("#once-script-windows")
			p.ClickText("button", "Done")
			if p.Has("#facts-t") {
				t.Error("Done leaves before anybody said that the token is stored")
			}
			p.WaitText("Waiting for the first fetch")
			if !r.fetch(t, tok) {
				t.Fatal("the token opens nothing")
			}
			p.WaitText("The device has fetched")
			if got := p.Text("[id^=waiting-]"); !strings.Contains(got, "203.0.113.9: bundle, generation 1. It is up to date.") {
				t.Errorf("the strip says %q", got)
			}
			p.Check("I have stored the token", true)
			p.ClickText("button", "Done")
			p.WaitFor("#facts-t")
			if strings.Contains(p.Content("main"), tok) {
				t.Error("the token is shown again")
			}
			r.rotateInTheDialog(t, p, tok)
			changeInTheDialog(p)
			p.ClickText("link", "Delete")
			p.WaitText("stops working at once")
			p.In("#dialog").ClickText("button", "Keep it")
			p.WaitGone("#dialog[open]")
			p.ClickText("link", "Delete")
			p.In("#dialog").ClickText("button", "Delete target")
			p.WaitURL("/dashboard/push")
			p.WaitText("Target deleted. Its tokens have stopped working.")
		})
	}
}

func (r *rig) rotateInTheDialog(t *testing.T, p *browser.Page, old string) {
	t.Helper()
	p.ClickText("link", "Rotate token")
	p.WaitText("Once it stops, that device gets 401")
	p.In("#dialog").ClickText("button", "Rotate token")
	p.WaitText("The old token has stopped working")
	p.WaitFor("#dialog[closedby=none]")
	p.Press("Escape")
	tok := p.Text("#tok") // still there: it is shown this once
	p.In("#dialog").ClickText("tab", "bash, systemd timer")
	file := p.Download(func() { p.In("#dialog").ClickText("button", "Save script") }) // the one of the tab
	if !strings.Contains(string(file.Body), "push_token='"+tok+"'") || !strings.Contains(string(file.Body), "a systemd service and timer") {
		t.Errorf("%s is another script", file.Name)
	}
	if tok == old || r.fetch(t, old) || !r.fetch(t, tok) {
		t.Error("the old token is not replaced by the new one")
	}
	p.Check("I have stored the token", true)
	p.ClickText("button", "Done")
	p.WaitFor("#facts-t")
}

func changeInTheDialog(p *browser.Page) {
	p.In(".page-head").ClickText("link", "Settings")
	p.In("#dialog").Fill("Name", "web-dmz-02")
	p.In("#dialog").Fill("Expires (optional)", "2020-01-01T00:00")
	p.Expect(http.StatusUnprocessableEntity)
	p.In("#dialog").ClickText("button", "Save settings")
	p.WaitText("Give a time in the future")
	p.In("#dialog").Fill("Expires (optional)", "2999-12-31T18:00")
	p.In("#dialog").ClickText("button", "Save settings")
	p.WaitText("Settings saved.")
	p.WaitText("31 Dec 2999, 18:00")
}

func TestTheProofIsAskedForInTheDialogAndTheWorkGoesOn(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	p := r.window(t, tenant.Editor, browser.Options{})
	p.Goto("/dashboard/push/new")
	p.Fill("Name", "web-dmz-01")
	r.Pass(tenant.FreshFor + time.Second)
	p.Expect(http.StatusForbidden)
	p.ClickText("button", "Save target")
	p.WaitText("Confirm that it is you")
	if p.Value("#f-name") != "web-dmz-01" {
		t.Error("what was typed is lost")
	}
}

func TestTargetsWithoutScript(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	p := r.window(t, tenant.Owner, browser.Options{NoScript: true})
	p.Goto("/dashboard/push/new")
	p.Fill("Name", "web-dmz-01")
	p.Fill("Tags (optional)", strings.Repeat("x", target.TagRunes+1))
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Save target")
	p.WaitText("A tag has 1 to 50")
	p.Fill("Tags (optional)", "dmz")
	p.ClickText("button", "Save target")
	tok := p.Text("#tok")
	file := p.Download(func() { p.In("#once-script-windows").ClickText("button", "Save script") })
	if !strings.Contains(string(file.Body), tok) {
		t.Error("the script is saved without the token")
	}
	p.Check("I have stored the token", true)
	p.ClickText("button", "Done")
	r.Pass(time.Second)
	p.ClickText("link", "Rotate token")
	p.Fill("The old token", "Works for 24 hours more")
	p.ClickText("button", "Rotate token")
	p.WaitText("1 older token still working")
	p.Check("I have stored the token", true)
	p.ClickText("button", "Done")
	p.WaitText("in grace")
	p.In(".page-head").ClickText("link", "Settings")
	p.Fill("Name", "web-dmz-02")
	p.ClickText("button", "Save settings")
	p.WaitText("Settings saved.")
	p.In("#nav").ClickText("link", "Push to devices")
	p.Fill("Search targets", "nosuch")
	p.ClickText("button", "Show")
	p.WaitText("No target fits")
	p.ClickText("link", "Show all targets")
	p.ClickText("link", "web-dmz-02")
	p.ClickText("link", "Delete")
	p.ClickText("button", "Delete target")
	p.WaitText("No device fetches from here yet")
}

func TestTheListIsSearchedAsOneTypes(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	r.device(t, r.Owner, "edge-1", "www")
	_, tok := r.device(t, r.Owner, "edge-2", "www")
	r.fetch(t, tok.Reveal())
	p := r.window(t, tenant.Viewer, browser.Options{})
	p.Goto("/dashboard/push")
	p.Press("/")
	p.Type("edge-2")
	p.WaitNoText("edge-1")
	p.WaitURL("/dashboard/push?search=edge-2")
	p.Fill("State", "Never fetched (1)")
	p.WaitText("No target fits")
	p.ClickText("link", "Show all targets")
	p.WaitText("edge-1")
	if p.HasText("link", "New target") || p.Has("[aria-label^=Actions]") {
		t.Error("a viewer is offered changes")
	}
	p.ClickText("link", "edge-2")
	p.WaitText("Save script")
	if p.HasText("link", "Rotate token") || p.HasText("link", "Delete") {
		t.Error("a viewer is offered changes")
	}
	p.ClickText("tab", "bash, systemd timer")
	file := p.Download(func() { p.In("#script-linux-systemd").ClickText("link", "Save script") })
	if !strings.Contains(string(file.Body), "PASTE_THE_PUSH_TOKEN_HERE") {
		t.Error("no placeholder in the script")
	}
}

// One thing that is typed or chosen is one request: leaving the search tells the browser of a change too.
func TestTheListAsksOncePerChange(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	for i := range 51 { // so many that the group is typed
		r.keyed(t, r.Owner, "fleet-"+strings.Repeat("i", i+1))
	}
	r.device(t, r.Owner, "edge-1", "www")
	r.device(t, r.Owner, "edge-2", "fleet-i")
	p := r.window(t, tenant.Viewer, browser.Options{})
	p.Goto("/dashboard/push")
	p.Eval(`() => {
		window.asked = 0;
		document.addEventListener("htmx:beforeRequest", (e) => { if (e.target.matches("form.toolbar")) window.asked++; });
	}`)
	for i, step := range []struct{ label, value, shown, gone string }{
		{"Search targets", "edge-2", "edge-2", "edge-1"},
		{"State", "Never fetched (2)", "edge-2", "edge-1"},
		{"Search targets", "edge-1", "edge-1", "edge-2"},
		{"State", "Any state", "edge-1", "edge-2"},
	} {
		p.Fill(step.label, step.value)
		p.WaitText(step.shown)
		p.WaitNoText(step.gone)
		p.Press("Tab")
		p.WaitTrue("() => !document.querySelector('.htmx-request')")
		if asked := p.Eval("() => window.asked"); asked != float64(i+1) {
			t.Fatalf("%v requests after %s %s, want %d", asked, step.label, step.value, i+1)
		}
	}
	p.Fill("Group", "fleet-i")
	p.Press("Tab")
	p.WaitText("No target fits")
	p.WaitTrue("() => !document.querySelector('.htmx-request')")
	if asked := p.Eval("() => window.asked"); asked != float64(5) {
		t.Errorf("%v requests after a group was typed, want 5", asked)
	}
}

func TestRotationByKeyboardAlone(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	r.device(t, r.Owner, "web-1", "www")
	p := r.window(t, tenant.Editor, browser.Options{})
	p.Goto("/dashboard/push")
	p.TabTo("button", "Actions for web-1")
	p.Press("Enter")
	p.TabTo("link", "Rotate token")
	p.Press("Enter")
	p.WaitText("Rotate the token of web-1?")
	p.TabTo("button", "Rotate token")
	p.Press("Enter")
	p.WaitText("New token of web-1")
	p.WaitFor("#dialog[closedby=none]")
	p.TabTo("checkbox", "I have stored the token")
	p.Press("Space")
	p.TabTo("button", "Done")
	p.Press("Enter")
	p.WaitFor("#facts-t")
}

// hostile tries to be markup and ends quotes; it is as long as a name may be and has no place to break.
var hostile = (`"><script>alert(1)</script><img src=x onerror=alert(2)>'` + strings.Repeat("long", 60))[:target.NameRunes]

func TestThePagesAreForEverybodyAndHostileNamesAreText(t *testing.T) {
	r := serve(t)
	p := r.window(t, tenant.Owner, browser.Options{})
	look := func(name string) {
		t.Helper()
		p.Accessible()
		if dir := os.Getenv("IGNISFOX_SHOTS"); dir != "" {
			p.Shots(dir, name)
		}
	}
	p.Goto("/dashboard/push")
	look("push-empty")
	p.Goto("/dashboard/push/new")
	look("push-new-none")
	r.keyed(t, r.Owner, "storefront")
	r.keyed(t, r.Owner, hostile)
	d, tok := r.device(t, r.Owner, "web-dmz-01", "storefront")
	r.device(t, r.Owner, "as2-gateway", "storefront")
	odd, _, err := r.Push.Create(ctx, r.Owner, push.NewTarget{Name: hostile, Type: target.TypePull, Group: hostile, Tags: []string{hostile[:50]}})
	if err != nil {
		t.Fatal(err)
	}
	r.fetch(t, tok.Reveal())
	r.keyed(t, r.Owner, "storefront")
	p.Goto("/dashboard/push")
	look("push-list")
	p.Goto("/dashboard/push?search=nosuch")
	look("push-filtered")
	p.Goto("/dashboard/push/" + d.ID)
	look("push-target")
	p.Goto("/dashboard/push/" + odd.ID)
	look("push-hostile")
	if got := p.Text("h1"); got != hostile {
		t.Errorf("the heading is %q", got)
	}
	p.In(".page-head").ClickText("link", "Settings")
	p.WaitFor("#dialog[open] #settings")
	look("push-settings")
	p.Goto("/dashboard/push/" + odd.ID + "/delete")
	look("push-delete-page")
	p.Goto("/dashboard/push/" + d.ID)
	r.Pass(time.Second)
	p.ClickText("link", "Rotate token")
	p.WaitFor("#dialog[open] #rotate")
	look("push-rotate")
	p.In("#dialog").Fill("The old token", "Works for 72 hours more")
	p.In("#dialog").ClickText("button", "Rotate token")
	p.WaitText("1 older token still working")
	look("push-rotated")
	p.Goto("/dashboard/push/" + d.ID)
	look("push-grace")
	p.Goto("/dashboard/push/new")
	look("push-new")
	p.Fill("Name", hostile)
	p.Fill("Certificate group", hostile)
	p.Fill("Expires (optional)", "2020-01-01T00:00")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Save target")
	p.WaitText("Give a time in the future")
	look("push-new-wrong")
	p.Fill("Expires (optional)", "")
	p.ClickText("button", "Save target")
	p.WaitText("Copy its token now")
	look("push-made")
}

// What is typed into the filter is completed by the server, where there are more groups than a list holds.
func TestTheFilterIsCompletedWhileOneTypes(t *testing.T) {
	r := serve(t)
	for i := range 51 {
		r.keyed(t, r.Owner, "fleet-"+strings.Repeat("i", i+1))
	}
	r.keyed(t, r.Owner, "zulu")
	r.device(t, r.Owner, "last", "zulu")
	r.device(t, r.Owner, "first", "fleet-i")
	p := r.window(t, tenant.Viewer, browser.Options{})
	p.Goto("/dashboard/push")
	p.Fill("Group", "zu")
	p.WaitTrue(`() => document.querySelector("#list-group-names option[value=zulu]") !== null`)
	p.Fill("Group", "zulu")
	p.Press("Tab")
	p.WaitURL("/dashboard/push?group=zulu")
	p.WaitText("last")
	p.WaitNoText("first")
}
