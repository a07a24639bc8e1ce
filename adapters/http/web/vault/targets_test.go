package vault

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func deviceOf(name string, st target.Status, ends ...target.Endpoint) target.Target {
	return target.Target{ID: "tgt_" + name, Name: name, Type: "deploy.ssh", Wanted: 7, Deploy: &target.Deploy{Status: st, Endpoints: ends}}
}

func pageOf(list ...target.Target) vault.GroupPage {
	return vault.GroupPage{Group: group.Group{Targets: len(list)}, Targets: list}
}

// Who fetches gets something with the next fetch; whoever we deploy to gets it at once, and never a 404.
func TestWhenDevicesGetIt(t *testing.T) {
	pull, ours := target.Target{Name: "fetches"}, deviceOf("ours", target.Status{})
	for _, c := range []struct {
		page       vault.GroupPage
		before, on string
	}{
		{pageOf(pull), "Its one target gets it with its next fetch.", "Devices get it with their next fetch."},
		{pageOf(ours), "Its one target is deployed to at once.", "It is deployed now."},
		{pageOf(ours, ours), "Its 2 targets are deployed to at once.", "It is deployed now."},
		{pageOf(pull, pull), "Its 2 targets get it with their next fetch.", "Devices get it with their next fetch."},
		{pageOf(pull, ours), "Its 2 targets get it: those that we deploy to at once, the others with their next fetch.",
			"Devices get it: those that we deploy to now, the others with their next fetch."},
	} {
		if got := getsIt(c.page); got != c.before {
			t.Errorf("%q, want %q", got, c.before)
		}
		if got := getNow(c.page); got != c.on {
			t.Errorf("%q, want %q", got, c.on)
		}
	}
	for want, l := range map[string]vault.GroupLoss{
		"fetches gets 404 at the next fetch.":                    {What: intake.LostGeneration, Targets: []target.Target{pull}, Bound: 1},
		"ours keeps what it has, and nothing is deployed to it.": {What: intake.LostGeneration, Targets: []target.Target{ours}, Bound: 1},
		"ours is deployed to, with what is left of the chain.":   {What: intake.LostLink, Targets: []target.Target{ours}, Bound: 1},
		"fetches gets the certificate alone; key, bundle and PFX are answered with 404. ours keeps what it has, and nothing is deployed to it. So it is with 3 more.": {
			What: intake.LostKey, Targets: []target.Target{pull, ours}, Bound: 5},
	} {
		if got := lossText(l); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What is told of a device is about what is wanted of it now, and no more than is known.
func TestWhatIsToldOfDevices(t *testing.T) {
	v := at(tenant.Owner)
	stale := deviceOf("behind", target.Status{State: deploy.Failed, Generation: 6, Deployment: "dep_1", Reason: "an old story"})
	some, _ := needs(v, []target.Target{stale})
	if len(some) != 1 || some[0].Text != "Generation 7 is current and not on the device yet." {
		t.Errorf("%+v", some)
	}
	failed := deviceOf("web", target.Status{State: deploy.Failed, Generation: 7, Deployment: "dep_1"})
	if some, _ = needs(v, []target.Target{failed}); len(some) != 1 || some[0].title() != "web could not be deployed to" {
		t.Errorf("%+v", some)
	}
	lost := deviceOf("lost", target.Status{State: deploy.Failed, Generation: 7, Deployment: "dep_1", ObservedAt: story.Now.Add(-time.Hour)})
	if got := has(lost, nil).Text; got != "not known" {
		t.Errorf("a device of which nobody knows has %q", got)
	}
	if got := has(deviceOf("new", target.Status{}), nil).Text; got != "nothing yet" {
		t.Errorf("a new device has %q", got)
	}
	good := target.Status{State: deploy.Delivered, Generation: 7, Deployment: "dep_1", Observed: 7}
	if got := targetState(deviceOf("blind", good)).Text; got != "delivered" {
		t.Errorf("what nobody can look at is %q", got)
	}
	good.State = deploy.Serving
	if got := targetState(deviceOf("seen", good, target.Endpoint{Host: "www.example.com", Port: 443})).Text; got != "served" {
		t.Errorf("what was seen is %q", got)
	}
}
