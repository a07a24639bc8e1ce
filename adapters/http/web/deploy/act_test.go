package deploy_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

func noFields() url.Values { return url.Values{} }

// steps does jobs one by one until the target has left the state, and calls look before each.
func (r *rig) steps(t testing.TB, look func()) {
	t.Helper()
	for range 50 {
		look()
		if !r.Work(t) {
			at, ok := r.Queue.Next()
			if !ok {
				return
			}
			r.Pass(at.Sub(r.Now()))
		}
	}
	t.Fatal("there is no end")
}

func TestStepsAreSeenAsTheyHappen(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	kim := r.As(t, tenant.Viewer)
	page := kim.Get(path)
	page.Want(http.StatusOK, "never deployed", "The first deployment is about to begin", `hx-trigger="every 2s"`, "!Deploying generation")
	address := func(body string) string {
		m := regexp.MustCompile(`hx-get="(/dashboard/push/[^"]+/live[^"]+)"`).FindStringSubmatch(body)
		if m == nil {
			return ""
		}
		return strings.ReplaceAll(m[1], "&amp;", "&")
	}
	at := address(page.Body)
	var seen []string
	ended := false
	r.steps(t, func() {
		if ended {
			return
		}
		a := kim.Do(http.MethodGet, at, nil, fromHtmx)
		switch a.Status {
		case http.StatusNoContent:
			return
		case http.StatusOK:
			seen = append(seen, strings.Join(regexp.MustCompile(`(Look at what|Bring the new|Put them in|Check the|Reload the|Look whether|Clean up)`).FindAllString(a.Body, -1), ","))
			at = address(a.Body)
			a.Want(http.StatusOK, `id="target-state"`, `hx-swap-oob="true"`, "deploying", "!<html")
		case 286:
			ended = true
			a.Want(286, "up to date", "!hx-get", "served", "generation 1")
		default:
			t.Fatalf("%d: %s", a.Status, a.Body)
		}
		a.Want(a.Status, "!Deploy now", "!<form")
	})
	if !ended || len(seen) < 5 || !strings.Contains(seen[len(seen)-1], "Look whether") {
		t.Errorf("ended %v, seen %q", ended, seen)
	}
	kim.Do(http.MethodGet, path+"/live", nil, fromHtmx).Want(286)
	kim.Get(path + "/live").WantGo(path)
}

// A page that is left open looks no more when nothing comes of it.
func TestThePageLooksNotForEver(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	kim := r.As(t, tenant.Editor)
	since := fmt.Sprint(r.Now().Unix())
	r.Pass(6 * time.Minute)
	kim.Do(http.MethodGet, path+"/live?every=2&since="+since, nil, fromHtmx).Want(http.StatusOK, "every 20s")
	r.Pass(time.Hour)
	kim.Do(http.MethodGet, path+"/live?every=20&since="+since, nil, fromHtmx).Want(286, "!hx-get")
}

func TestDeployPauseAndResume(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Editor)
	kim.Get(path).Want(http.StatusOK, "Deploy now", "!Retry now", "Make a token")
	kim.Post(path+"/deploy", nil).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "Deployment started.", "deploying", "!Deploy now<")
	r.WorkFor(t, minute)
	kim.Get(path).Want(http.StatusOK, "nothing to do", "started by")

	kim.Post(path+"/pause", nil).WantGo(path)
	kim.Get(path).Want(http.StatusOK, ">paused<", "Nothing is deployed to this device", "Resume", "!Deploy now")
	kim.Get("/dashboard/push?state=paused").Want(http.StatusOK, "web-eu-03")
	kim.Post(path+"/deploy", nil).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "This target is paused. Resume it first.")
	r.issue(t, "www")
	r.WorkFor(t, minute)
	if r.target(t, path).Deploy.Status.Observed != 1 {
		t.Error("a paused target was deployed to")
	}
	kim.Post(path+"/resume", nil).WantGo(path)
	r.WorkFor(t, minute)
	kim.Get(path).Want(http.StatusOK, "up to date", "generation 2", "Resumed.")
}

func TestWhatWentWrongIsSaidAndHowItGoesOn(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Owner)

	r.Device.Stuck = true
	r.issue(t, "www")
	r.WorkFor(t, minute)
	a := kim.Get(path)
	a.Want(http.StatusOK, "Rolled back: the previous certificate is served", "It is tried again", "Retry now", "serves generation 1 of the group", "rolled back")
	kim.Get("/dashboard/push").Want(http.StatusOK, "rolled back", "has 1, wants 2", "next try in")
	kim.Get("/dashboard/push?state=rolled_back").Want(http.StatusOK, "web-eu-03")
	kim.Get("/dashboard/groups/"+r.target(t, path).Group).Want(http.StatusOK, "web-eu-03 is rolled back", "Open target")
	link := regexp.MustCompile(`href="(/dashboard/push/[^"]+/deployments/[^"]+)"`).FindStringSubmatch(a.Body)
	if link == nil {
		t.Fatal("no deployment is listed")
	}
	kim.Get(link[1]).Want(http.StatusOK, "Put the previous files back", "Look whether the previous certificate is served again", "doing swap", "The previous certificate is served again.", "generation 1")
	kim.Get(path+"/deployments").Want(http.StatusOK, "rolled back", "served")

	r.Device.Stuck = false
	kim.Post(path+"/deploy", nil).WantGo(path)
	r.WorkFor(t, minute)
	kim.Get(path).Want(http.StatusOK, "up to date", "!Retry now")

	r.Device.Down = true
	r.issue(t, "www")
	for range 20 {
		if r.WorkFor(t, 30*time.Second); r.target(t, path).State() != target.StateDeploying {
			break
		}
	}
	if s := r.target(t, path).State(); s != target.StateUnreachable && s != target.StateRolledBack {
		t.Errorf("%s", s)
	}
	kim.Get(path).Want(http.StatusOK, "Nothing listens there.")
}

// What a device says is foreign: tags and signs that turn a line round are shown as what they are.
func TestATranscriptIsInert(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	evil := "</pre><script>alert(1)</script>\u202egnp.exe\x1b[31m"
	r.Device.Fail["check"] = []error{&ports.PluginProblem{Code: "check_failed", Message: evil, Final: true}}
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Viewer)
	d := r.target(t, path).Deploy.Status.Deployment
	for _, at := range []string{path, path + "/deployments", path + "/deployments/" + d, "/dashboard/push"} {
		a := kim.Get(at)
		a.Want(http.StatusOK, "!<script>alert", "!\u202e", "!\x1b")
	}
	kim.Get(path).Want(http.StatusOK, "&lt;/pre&gt;&lt;script&gt;", `\u{202E}`)
	kim.Get(path+"/deployments/"+d).Want(http.StatusOK, "&lt;/pre&gt;&lt;script&gt;", `\u{202E}`)
	kim.Get(path + "/deployments/dep_nosuch").Want(http.StatusNotFound)
}

func TestATokenIsMadeOnlyWhenAskedFor(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	kim := r.As(t, tenant.Editor)
	if len(r.target(t, path).Tokens) != 0 {
		t.Fatal("a target that we deploy to got a token")
	}
	kim.Get(path+"/rotate").Want(http.StatusOK, "Make a token for web-eu-03?", "!The old token")
	kim.Post(path+"/rotate", url.Values{"grace": {"0"}}).Want(http.StatusOK, "pt_", "The device can fetch with it", "!has stopped working")
	kim.Get(path).Want(http.StatusOK, "Rotate token", "With a token the device can fetch as well.")
	kim.Get(path+"/delete").Want(http.StatusOK, "stops")
	kim.Post(path+"/delete", nil).WantGo("/dashboard/push")
	r.WorkFor(t, minute)
	kim.Get(path).Want(http.StatusNotFound)
}

func TestViewersSeeAndChangeNothing(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Viewer)
	kim.Get(path).Want(http.StatusOK, "up to date", "serves generation 1", "!Deploy now", "!Test connection", "!"+path+"/settings", "!Delete", "!target-menu", `!action="`+path)
	kim.Get(path + "/recipe").WantGo(path)
	kim.Get(path + "/deployments").Want(http.StatusOK)
	kim.Get(path + "/host-key").Want(http.StatusForbidden)
	for _, at := range []string{"/deploy", "/pause", "/resume", "/plan", "/test", "/settings/test", "/settings", "/host-key", "/delete", "/rotate"} {
		kim.Post(path+at, with(filled("www"), "key", testdevice.HostKey)).Want(http.StatusForbidden)
	}
	kim.Post(newPath+"/test", filled("www")).Want(http.StatusForbidden)
	if r.Device.Count("test")+r.Device.Count("plan") != 0 {
		t.Error("the device was asked")
	}
}

func TestTargetsOfOthersAreNotThere(t *testing.T) {
	r := serve(t)
	other := r.NewTenant(t, "Other workspace")
	r.issueFor(t, other, "theirs")
	theirs := r.put(t, other, "their device", "theirs")
	r.WorkFor(t, minute)
	path := "/dashboard/push/" + theirs.ID
	kim := r.As(t, tenant.Owner)
	for _, at := range []string{"", "/settings", "/host-key", "/recipe", "/deployments", "/deployments/" + theirs.Deploy.Status.Deployment + "x", "/delete"} {
		kim.Get(path+at).Want(http.StatusNotFound, "!their device")
	}
	kim.Do(http.MethodGet, path+"/live", nil, fromHtmx).Want(http.StatusNotFound)
	for _, at := range []string{"/deploy", "/pause", "/resume", "/plan", "/test", "/settings/test", "/settings", "/host-key", "/delete"} {
		kim.Post(path+at, with(filled("www"), "key", testdevice.HostKey)).Want(http.StatusNotFound, "!their device")
	}
	// A deployment of somebody else below a target of one's own.
	r.issue(t, "www")
	mine := r.make(t)
	got, err := r.Deploy.Target(ctx, other, theirs.ID)
	if err != nil {
		t.Fatal(err)
	}
	kim.Get(mine + "/deployments/" + got.Deploy.Status.Deployment).Want(http.StatusNotFound)
}

func TestWhatBringsAKeyToADeviceAsksWhoIsThere(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Editor)
	r.Pass(tenant.FreshFor + time.Second)
	kim.Get(newPath + "?type=deploy.device").WantGo("/dashboard/confirm?next=" + url.QueryEscape(newPath+"?type=deploy.device"))
	seen := regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`).FindStringSubmatch(kim.Get(path + "/settings").Body)[1]
	for at, form := range map[string]url.Values{
		newPath: filled("www"), path + "/settings": with(filled("www"), "seen", seen, "settings.reload_command", "rm -rf /"),
		path + "/host-key": with(noFields(), "key", "SHA256:x", "settings.password", "p"), path + "/delete": {}, path + "/rotate": {"grace": {"0"}},
	} {
		a := kim.Do(http.MethodPost, at, form, fromHtmx)
		a.Want(http.StatusForbidden, "Confirm that it is you")
		if a.Header.Get("X-Confirm") != "1" {
			t.Errorf("%s: the script is not told to ask", at)
		}
	}
	// Without our script nothing repeats the form: it comes again as it was typed, but for its secrets.
	typed := with(filled("www"), "name", "web-eu-09", "seen", seen, "settings.reload_command", "rm -rf /", "settings.password", "s3cret typed")
	for at, words := range map[string][]string{
		newPath: {`value="web-eu-09"`, `value="rm -rf /"`}, path + "/settings": {`value="web-eu-09"`, `value="rm -rf /"`, `value="` + seen + `"`},
	} {
		kim.Post(at, typed).Want(http.StatusForbidden, append(words, "Confirm in another tab", "/dashboard/confirm?next=", "!s3cret typed")...)
	}
	kim.Post(path+"/host-key", with(noFields(), "key", testdevice.HostKey, "settings.password", "s3cret typed")).
		Want(http.StatusForbidden, "Confirm in another tab", `value="`+testdevice.HostKey+`"`, "!s3cret typed")
	got := r.target(t, path)
	if got.Deploy.Settings["reload_command"] != "reload" || r.list(t) != 1 {
		t.Errorf("%v", got.Deploy.Settings)
	}
	// A name is no such thing.
	kim.Post(path+"/settings", with(filled("www"), "seen", seen, "settings.password", "", "name", "renamed")).WantGo(path)
}
