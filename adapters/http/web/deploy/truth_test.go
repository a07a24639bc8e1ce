package deploy_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

// Without an endpoint nobody has seen what is served after a roll back either: no page says that somebody has.
func TestARollBackThatNobodySawIsNotCalledServed(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "endpoints", "")
	r.WorkFor(t, minute)
	r.Device.Set(func() {
		r.Device.Fail["check"] = []error{&ports.PluginProblem{Code: "check_failed", Message: "It does not like it.", Final: true}}
	})
	r.issue(t, "www")
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Viewer)
	kim.Get(path).Want(http.StatusOK, "rolled back", "nothing proves what is served", "!the previous certificate is served")
	kim.Get(path+"/deployments/"+r.target(t, path).Deploy.Status.Deployment).
		Want(http.StatusOK, "The previous files are back.", "no endpoint that could prove", "!served again")
}

// Whoever saves before the key was confirmed is told so, and led to the key.
func TestAKeyThatNobodyConfirmedIsLedTo(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	r.Device.Set(func() {
		r.Device.Fail["stage"] = []error{&ports.PluginProblem{Code: "host_key_not_confirmed", Message: "It shows SHA256:x.", Field: "host_key", Final: true}}
	})
	path := r.make(t, "settings.host_key", "")
	r.WorkFor(t, minute)
	r.As(t, tenant.Editor).Get(path).Want(http.StatusOK, "Nobody has confirmed the key of the device yet", "Look at the key", path+"/host-key", "!The last deployment failed")
	r.As(t, tenant.Viewer).Get(path).Want(http.StatusOK, "Nobody has confirmed the key of the device yet", "!Look at the key")
}

// Without our script the field of a schedule of one's own is sent whatever is chosen: never is never.
func TestNeverToLookAgainIsNever(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "recheck", "own", "schedule", "5 4 * * *")
	kim := r.As(t, tenant.Owner)
	seen := func() string {
		return regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`).FindStringSubmatch(kim.Get(path + "/settings").Body)[1]
	}
	save := func(pairs ...string) {
		t.Helper()
		kim.Post(path+"/settings", with(with(filled("www"), "settings.password", "", "seen", seen()), pairs...)).WantGo(path)
	}
	save("recheck", "", "schedule", "5 4 * * *")
	if got := r.target(t, path).Deploy.Schedule; got != "" {
		t.Errorf("never became %q", got)
	}
	save("recheck", "own", "schedule", "6 4 * * *")
	if got := r.target(t, path).Deploy.Schedule; got != "6 4 * * *" {
		t.Errorf("a schedule of one's own became %q", got)
	}
}

// Before a target is made no group is looked at: a test says what is served, and nothing of a group.
func TestATestWithoutATargetSpeaksOfNoGroup(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Owner)
	for _, header := range []map[string]string{nil, fromHtmx} {
		kim.Do(http.MethodPost, newPath+"/test", filled("www"), header).
			Want(http.StatusOK, "serves a certificate with SHA-256", "!none of the group", "!of the group")
	}
	kim.Post(path+"/test", url.Values{}).Want(http.StatusOK, "serves generation 1 of the group")
	kim.Post(path+"/settings/test", with(filled("www"), "settings.host_key", testdevice.HostKey)).Want(http.StatusOK, "serves generation 1 of the group")
}

// Delivered and served are two facts, in the list too.
func TestTheListTellsDeliveredFromServed(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	r.make(t, "name", "seen")
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Viewer)
	kim.Get("/dashboard/push").Want(http.StatusOK, "generation 1, served", "!delivered")
	r.make(t, "name", "blind", "endpoints", "")
	r.WorkFor(t, minute)
	kim.Get("/dashboard/push").Want(http.StatusOK, "generation 1, served", "generation 1, delivered")
}
