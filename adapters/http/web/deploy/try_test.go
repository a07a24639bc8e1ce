package deploy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

func TestAConnectionIsTestedBeforeItIsSaved(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	r.Device.Live = strings.Repeat("ab", 32)
	kim := r.As(t, tenant.Editor)
	test := func(texts ...string) func(pairs ...string) {
		return func(pairs ...string) {
			t.Helper()
			a := kim.Do(http.MethodPost, newPath+"/test", with(filled("www"), pairs...), fromHtmx)
			a.Want(a.Status, append(texts, "!<html", "!<form", "!s3cret pass")...)
		}
	}
	test("Connection works", "signed in", "www.example.com:443 at 192.0.2.1:443 serves a certificate with SHA-256 abab", "!Pin this key")()
	test("The device shows this key", testdevice.HostKey, `data-fill="settings.host_key"`, "Nothing was sent to it yet", "!Connection works")("settings.host_key", "")
	test("Nothing was tried", `href="#f-s-port"`, `id="e-s-port" data-slot="settings.port" data-tone="bad" hx-swap-oob="true"><span class="error">`)("settings.port", "x")
	if r.Device.Seen["password"] != "s3cret pass" || r.Device.Told["host"] != "web1.example.com" {
		t.Errorf("the test was given %v, %v", r.Device.Seen, r.Device.Told)
	}
	r.Device.Fail["test"] = []error{&ports.PluginProblem{Code: "wrong_credentials", Message: "No <b>entry</b>\u202e.", Field: "password", Final: true}}
	test("The device does not let us in", "No &lt;b&gt;entry&lt;/b&gt;\\u{202E}.", `id="e-s-password"`, "!Connection works", "!\u202e")()
	if r.list(t) != 0 {
		t.Error("a test made a target")
	}

	// Without our script the whole form comes again, with what is wrong at its field; the key is taken over by the server.
	a := kim.Post(newPath+"/test", with(filled("www"), "settings.host_key", ""))
	a.Want(http.StatusOK, "The device shows this key", `name="pin.host_key" value="`+testdevice.HostKey, `formaction="/dashboard/push/new/test"`, `value="web-eu-03"`, "!s3cret pass")
	a = kim.Post(newPath+"/test", with(filled("www"), "settings.host_key", "", "pin.host_key", testdevice.HostKey))
	a.Want(http.StatusOK, `value="`+testdevice.HostKey+`"`, `value="web-eu-03"`, "!Pin this key", "!s3cret pass")
	r.Device.Fail["test"] = []error{&ports.PluginProblem{Code: "wrong_credentials", Message: "No entry.", Field: "password", Final: true}}
	kim.Post(newPath+"/test", filled("www")).Want(http.StatusOK, `id="f-s-password-e"`, "No entry.")
}

func (r *rig) list(t testing.TB) int {
	t.Helper()
	page, err := r.Push.List(ctx, r.Owner, target.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func TestStoredSettingsAreTested(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "settings.host_key", "")
	kim := r.As(t, tenant.Editor)
	kim.Do(http.MethodPost, path+"/test", nil, dialog).Want(http.StatusOK, "Test of web-eu-03", "The device shows this key", path+"/host-key", "!<html", "!Pin this key")
	kim.Post(path+"/test", nil).Want(http.StatusOK, "<html", "The device shows this key", "Back to the target")
	// What is typed over them, with the stored secret.
	a := kim.Do(http.MethodPost, path+"/settings/test", with(filled("www"), "settings.password", ""), fromHtmx)
	a.Want(http.StatusOK, "Connection works")
	if r.Device.Seen["password"] != "s3cret pass" {
		t.Errorf("%v", r.Device.Seen)
	}
	// Never to another destination.
	a = kim.Do(http.MethodPost, path+"/settings/test", with(filled("www"), "settings.password", "", "settings.host", "evil.example.com"), fromHtmx)
	a.Want(a.Status, "Nothing was tried", "only ever sent to the destination it was given for")
	if r.Device.Told["host"] == "evil.example.com" {
		t.Error("the device was asked")
	}
	kim.Post(path+"/settings/test", with(filled("www"), "settings.password", "", "name", "typed")).Want(http.StatusOK, "Settings of web-eu-03", "Connection works", `value="typed"`)
}

func TestWhatWouldHappenIsShown(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	kim := r.As(t, tenant.Editor)
	kim.Do(http.MethodPost, path+"/plan", nil, dialog).Want(http.StatusOK, "/etc/www.pem", "replace", "0600", "Nothing was changed", "Deploy now", "!<html")
	r.WorkFor(t, minute)
	kim.Post(path+"/plan", nil).Want(http.StatusOK, "<html", "Nothing would be changed")
	r.Device.Fail["plan"] = []error{testdevice.Problem("unreachable")}
	kim.Post(path+"/plan", nil).Want(http.StatusOK, "The device could not be asked", "It says unreachable.")
}

// A device that shows another key than the confirmed one gets nothing before somebody confirms it and gives the secret again.
func TestAChangedHostKeyIsAcceptedByAPerson(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "settings.host_key", "SHA256:old")
	changed := &ports.PluginProblem{Code: "host_key_changed", Message: "It shows another key.", Field: "host_key", Final: true}
	r.Device.Fail["stage"] = []error{changed}
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Editor)
	kim.Get(path).Want(http.StatusOK, "failed", "The device shows another key than the one that was confirmed", "Look at the key", "not tried again by itself", "Retry now")
	kim.Get("/dashboard/push").Want(http.StatusOK, ">failed<")
	kim.Get(path+"/host-key").Want(http.StatusOK, "SHA256:old", "Ask the device", "!"+testdevice.HostKey)
	a := kim.Do(http.MethodPost, path+"/host-key", with(noFields(), "field", "host_key"), dialog)
	a.Want(http.StatusOK, "SHA256:old", testdevice.HostKey, "Find out why it changed", "Keep the old one", `name="settings.password"`, "!s3cret pass", "!<html")
	a = kim.Post(path+"/host-key", with(noFields(), "field", "host_key", "key", testdevice.HostKey))
	a.Want(http.StatusUnprocessableEntity, "only ever sent to the destination it was given for")
	if got := r.target(t, path).Deploy.Settings["host_key"]; got != "SHA256:old" {
		t.Errorf("the key became %v without the secret", got)
	}
	kim.Post(path+"/host-key", with(noFields(), "field", "host_key", "key", testdevice.HostKey, "settings.password", "s3cret pass")).WantGo(path)
	r.WorkFor(t, minute)
	if got := r.target(t, path); got.Deploy.Settings["host_key"] != testdevice.HostKey || got.State() != target.StateUpToDate {
		t.Errorf("%s, %v", got.State(), got.Deploy.Settings)
	}
	kim.Post(path+"/host-key", nil).Want(http.StatusOK, "It is the confirmed key")
}

// The first key is confirmed without the secret: it has gone nowhere before.
func TestTheFirstHostKeyIsConfirmed(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "settings.host_key", "")
	kim := r.As(t, tenant.Owner)
	kim.Post(path+"/host-key", nil).Want(http.StatusOK, testdevice.HostKey, "Confirm this key", "Is it the device you mean?", `!name="settings.password"`)
	kim.Post(path+"/host-key", with(noFields(), "key", testdevice.HostKey)).WantGo(path)
	if got := r.target(t, path); got.Deploy.Settings["host_key"] != testdevice.HostKey || len(got.Deploy.Secrets) != 1 {
		t.Errorf("%v", got.Deploy)
	}
}
