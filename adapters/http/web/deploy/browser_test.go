package deploy_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
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

func TestATargetFromItsTestToItsEndInTheBrowser(t *testing.T) {
	for _, role := range []tenant.Role{tenant.Owner, tenant.Editor} {
		t.Run(string(role), func(t *testing.T) {
			r := serve(t)
			r.issue(t, "www")
			p := r.window(t, role, browser.Options{})
			p.Goto("/dashboard/push/new")
			p.Click("input[value='deploy.device']") // first of all, with nothing typed yet
			p.WaitText("Test connection")
			p.Click("input[value='pull']")
			p.WaitText("The token is shown once")
			p.Fill("Name", "web-eu-03")
			p.Click("input[value='deploy.device']")
			p.WaitText("Test connection")
			if p.Value("Name") != "web-eu-03" {
				t.Error("what was typed is lost with the choice of the type")
			}
			r.conditions(t, p)
			r.testAndPin(t, p)
			p.ClickText("button", "Save target")
			p.WaitText("Its first deployment begins now.")
			p.WaitText("The first deployment is about to begin")
			r.watch(t, p)
			p.ClickText("button", "What would happen")
			p.WaitText("Nothing would be changed")
			p.In("#dialog .dlg-foot").ClickText("button", "Close")
			p.WaitGone("#dialog[open]")
			p.ClickText("button", "Test connection")
			p.WaitText("Connection works")
			p.In("#dialog .dlg-foot").ClickText("button", "Close")
			p.WaitGone("#dialog[open]")
			p.ClickText("button", "More actions")
			p.ClickText("button", "Pause")
			p.WaitText("Nothing is deployed to this device")
			p.ClickText("button", "Resume")
			p.WaitText("Resumed.")
			p.In("#target-actions").ClickText("link", "Settings")
			p.WaitText("Settings of web-eu-03")
			p.Fill("Reload command (optional)", "reload it")
			p.ClickText("button", "Save settings")
			p.WaitText("Settings saved.")
			p.ClickText("button", "More actions")
			p.ClickText("link", "Delete")
			p.In("#dialog").ClickText("button", "Delete target")
			p.WaitText("Nothing is deployed to it any more.")
		})
	}
}

// conditions chooses how to sign in: only the fields that apply are there.
func (r *rig) conditions(t *testing.T, p *browser.Page) {
	t.Helper()
	p.WaitGone("#f-s-password:not([disabled])")
	if p.Sees("#f-s-password") || !p.Sees("#f-s-private_key") || p.Sees("#f-schedule") || p.Sees(".scriptless") {
		t.Error("with a key, a password is asked for")
	}
	p.Fill("Sign in with", "Password")
	p.WaitFor("#f-s-password")
	if p.Sees("#f-s-private_key") || p.Sees("#f-s-passphrase") {
		t.Error("with a password, a key is asked for")
	}
	p.Fill("Look again", "Every night at 03:30")
	p.In("#firings").WaitText("03:30")
	p.Fill("Look again", "By a schedule of your own")
	p.WaitFor("#f-schedule")
	p.Fill("Schedule (optional)", "0 12 * * *")
	p.In("#firings").WaitText("12:00")
	p.Fill("Look again", "Never")
	p.WaitGone("#f-schedule:not([disabled])")
	p.WaitGone("#firings time")
}

// testAndPin tests what is typed until it is right. The secret that is typed stays where it is.
func (r *rig) testAndPin(t *testing.T, p *browser.Page) {
	t.Helper()
	p.Fill("#f-s-host", "web1.example.com")
	p.Fill("#f-s-port", "2222x")
	p.Fill("#f-s-password", "s3cret pass")
	p.Fill("Reload command (optional)", "reload")
	p.Fill("Endpoints (optional)", "www.example.com")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Test connection")
	p.In("#e-s-port").WaitText("Give a whole number from 1 to 65535.")
	p.WaitFor("#f-s-port[aria-invalid]")
	if p.Value("#f-s-password") != "s3cret pass" {
		t.Error("the secret is lost")
	}
	p.Fill("#f-s-port", "22")
	p.ClickText("button", "Test connection")
	p.WaitText("The device shows this key")
	p.WaitText("Nothing listens there.")
	p.WaitGone("#f-s-port[aria-invalid]")
	p.ClickText("button", "Pin this key")
	if p.Value("#f-s-host_key") != testdevice.HostKey {
		t.Errorf("the key is %q", p.Value("#f-s-host_key"))
	}
	p.ClickText("button", "Test connection")
	p.WaitText("Connection works")
}

// watch does the jobs of the deployment while its page is open.
func (r *rig) watch(t *testing.T, p *browser.Page) {
	t.Helper()
	for range 3 { // observe, stage, swap
		if !r.Work(t) {
			t.Fatal("nothing is due")
		}
	}
	p.WaitText("Put them in place")
	p.In("#target-state").WaitText("deploying")
	r.WorkFor(t, minute)
	p.In("#target-state").WaitText("up to date")
	p.WaitText("serves generation 1")
	p.WaitGone("[hx-trigger^='every']")
	p.In("#history").WaitText("served")
}

func TestTheHostKeyIsAcceptedInTheDialog(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "settings.host_key", "SHA256:old")
	r.Device.Fail["stage"] = []error{&ports.PluginProblem{Code: "host_key_changed", Message: "It shows another key.", Field: "host_key", Final: true}}
	r.WorkFor(t, minute)
	p := r.window(t, tenant.Editor, browser.Options{})
	p.Goto(path)
	p.ClickText("link", "Look at the key")
	p.In("#dialog").WaitText("SHA256:old")
	p.In("#dialog").ClickText("button", "Ask the device")
	p.In("#dialog").WaitText(testdevice.HostKey)
	p.Accessible()
	p.In("#dialog").Fill("Password", "s3cret pass")
	p.In("#dialog").ClickText("button", "Confirm the new key")
	p.WaitText("Key confirmed. The deployment goes on.")
	r.WorkFor(t, minute)
	p.In("#target-state").WaitText("up to date")
}

func TestTargetsWeDeployToWithoutScript(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	p := r.window(t, tenant.Owner, browser.Options{NoScript: true})
	p.Goto("/dashboard/push/new")
	p.Click("input[value='deploy.device']")
	p.ClickText("button", "Show its form")
	p.WaitText("Counts only when “Sign in with” is Password.")
	p.Fill("Name", "web-eu-03")
	p.Fill("Sign in with", "Password")
	p.Fill("#f-s-host", "web1.example.com")
	p.Fill("#f-s-password", "s3cret pass")
	p.Fill("#f-s-reload_command", "reload")
	p.Fill("Endpoints (optional)", "www.example.com")
	p.Fill("Look again", "Every hour")
	p.ClickText("button", "Test connection")
	p.WaitText("The device shows this key")
	p.ClickText("button", "Pin this key")
	if p.Value("#f-s-host_key") != testdevice.HostKey || p.Value("Name") != "web-eu-03" || p.Value("#f-s-password") != "" {
		t.Error("the key is not taken over, or the secret comes back")
	}
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Save target")
	p.WaitText("Fill this in.")
	p.Fill("#f-s-password", "s3cret pass")
	p.ClickText("button", "Save target")
	p.WaitText("The first deployment is about to begin")
	r.Work(t)
	p.ClickText("link", "Look again")
	p.WaitText("Look at what is served")
	r.WorkFor(t, minute)
	p.ClickText("link", "Look again")
	p.WaitText("serves generation 1")
	p.ClickText("button", "What would happen")
	p.WaitText("Nothing would be changed")
	p.ClickText("button", "Deploy now")
	p.WaitText("Deployment started.")
	r.WorkFor(t, minute)
	p.Reload()
	p.ClickText("link", "View all, Deployments")
	p.WaitText("nothing to do")
	p.In("#nav").ClickText("link", "Push to devices")
	p.Fill("State", "Up to date (1)")
	p.ClickText("button", "Show")
	p.WaitText("web-eu-03")
	p.ClickText("link", "web-eu-03")
	p.In("#target-actions").ClickText("link", "Settings")
	p.Fill("Name", "web-eu-04")
	p.ClickText("button", "Save settings")
	p.WaitText("Settings saved.")
}

// What each page looks like: in light and dark and on a telephone nobody is shut out, and nothing sticks out at 320 px.
func TestPagesAreAccessible(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "settings.jump.host", "jump.example.com", "settings.jump.password", "jump secret", "recheck", "30 3 * * *")
	r.WorkFor(t, minute)
	r.Device.Stuck = true
	r.issue(t, "www")
	r.WorkFor(t, minute)
	d := r.target(t, path).Deploy.Status.Deployment
	running := r.make(t, "name", "web-eu-04")
	r.Work(t)
	r.Work(t)
	p := r.window(t, tenant.Editor, browser.Options{})
	for name, at := range map[string]string{
		"new": newPath + "?type=deploy.device", "target": path, "running": running, "settings": path + "/settings", "deployments": path + "/deployments",
		"deployment": path + "/deployments/" + d, "host-key": path + "/host-key", "recipe": "/dashboard/push/recipe", "list": "/dashboard/push",
	} {
		for _, o := range []browser.Options{browser.Desktop, browser.DesktopDark, browser.Phone, {Width: 320, Height: 700}} {
			p.Look(o)
			p.Goto(at)
			p.NoSideScroll()
			p.Axe()
			if dir := os.Getenv("IGNISFOX_SCREENSHOTS"); dir != "" {
				p.Screenshot(filepath.Join(dir, name+"-"+o.String()+".png"))
			}
		}
	}
}

func TestViewersSeeInTheBrowser(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	p := r.window(t, tenant.Viewer, browser.Options{})
	p.Goto(path)
	r.WorkFor(t, minute)
	p.In("#target-state").WaitText("up to date")
	if p.Has("main form[method=post]") || p.HasText("link", "Test connection") {
		t.Error("a viewer is offered to change something")
	}
	p.In("#history").WaitText("served")
	p.In("#history").ClickText("link", "1 min ago")
	p.WaitText("doing swap")
	r.Pass(time.Second)
}
