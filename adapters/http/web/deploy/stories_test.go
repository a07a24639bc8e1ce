package deploy

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// hostile tries to be markup, ends quotes, turns the line round and colours a terminal.
const hostile = `"><script>alert(1)</script>'` + "\u202etxt.exe\x1b[31m"

var long = strings.Repeat("very-long-name-without-a-break", 6)

func ago(d time.Duration) time.Time { return story.Now.Add(-d) }

func as(role tenant.Role) view.View {
	v := story.View(role)
	v.Current, v.Path = section, home
	for i := range v.Sections {
		v.Sections[i].Docs = "/docs/" + v.Sections[i].ID
	}
	return v
}

func inDialog() view.View {
	v := as(tenant.Owner)
	v.Dialog, v.Script = true, true
	return v
}

// everyType has a field of each type, with all that a field may have.
var everyType = schema.Schema{Fields: []schema.Field{
	{Name: "host", Title: "Host", Section: "Connection", Type: schema.Host, Required: true, Destination: true, Placeholder: "web1.example.com"},
	{Name: "port", Title: "Port", Section: "Connection", Type: schema.Port, Default: int64(22), Destination: true},
	{Name: "host_key", Title: "Host key", Section: "Connection", Type: schema.String, Destination: true, MaxLen: 50, Pattern: "SHA256:.*", Help: "Its fingerprint."},
	{Name: "auth", Title: "Sign in with", Section: "Sign in", Type: schema.Enum, Default: "key", Options: []schema.Option{
		{Value: "key", Title: "Private key"}, {Value: "password", Title: "Password"}}},
	{Name: "password", Title: "Password", Section: "Sign in", Type: schema.String, Secret: true, Required: true,
		When: &schema.Condition{Field: "auth", In: []string{"password"}}},
	{Name: "private_key", Title: "Private key", Section: "Sign in", Type: schema.Text, Secret: true, Required: true, Placeholder: "-----BEGIN OPENSSH PRIVATE KEY-----",
		When: &schema.Condition{Field: "auth", In: []string{"key"}}},
	{Name: "passphrase", Title: "Passphrase", Section: "Sign in", Type: schema.String, Secret: true, When: &schema.Condition{Field: "auth", In: []string{"key"}}},
	{Name: "path", Title: "File", Section: "Files", Type: schema.Path},
	{Name: "mode", Title: "Mode", Section: "Files", Type: schema.Mode, Default: "0600"},
	{Name: "keep", Title: "Keep old files", Section: "Files", Type: schema.Bool, Help: "Beside the new ones."},
	{Name: "days", Title: "Days to keep them", Section: "Files", Type: schema.Int, When: &schema.Condition{Field: "keep", In: []string{"true"}}},
	{Name: "names", Title: "Further names", Section: "Files", Type: schema.Strings},
	{Name: "format", Title: "Format", Section: "Files", Type: schema.Enum, Options: []schema.Option{{Value: "pem", Title: "PEM"}, {Value: "der", Title: "DER"}}},
	{Name: "reload_command", Title: "Reload command", Section: "Service", Type: schema.Command},
	{Name: "wait", Title: "Wait", Section: "Service", Type: schema.Duration, Default: "5s", When: &schema.Condition{Field: "reload_command", In: []string{"*"}}},
	{Name: "console", Title: "Console", Section: "Service", Type: schema.URL, Destination: true},
	{Name: "note", Title: "Note", Section: "Service", Type: schema.Text},
	{Name: "jump", Title: "Jump host", Section: "Jump host", Type: schema.Object, Help: "A server to connect through.", Fields: []schema.Field{
		{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
		{Name: "password", Title: "Password", Type: schema.String, Secret: true, Required: true},
	}},
}}

func ssh() kind {
	return kind{plugin.Info{
		ID: "deploy.ssh", Kind: plugin.KindDeploy, Title: "Linux or Unix by SSH", Summary: "We copy the files and run your reload command.", Icon: "server",
		Version: "0.1.0", State: plugin.StateReady, Capabilities: []string{"test", "plan", "stage", "swap", "check", "reload", "restore", "clean"},
	}, everyType, true}
}

func away() kind {
	k := kind{Info: ssh().Info}
	k.State, k.Reason = plugin.StateFailed, "Its bytes are not those of the manifest."
	return k
}

func both() part.Kinds {
	return part.Kinds{{Type: target.TypePull, Title: "HTTPS pull", Text: "The device asks for it.", Icon: "globe"}, kindOf(ssh().Info)}
}

// device answers a target in a state of its last deployment, which wants generation 7.
func device(state deploy.State, observed int) target.Target {
	endpoint, _ := target.ParseEndpoint("shop.aldermoor.example")
	t := target.Target{
		ID: "tgt_1", Name: "web-eu-02", Type: "deploy.ssh", Group: "grp_storefront", GroupName: "storefront", Wanted: 7, CreatedAt: ago(90 * 24 * time.Hour),
		Tags: []string{"eu", "dmz"}, Deploy: &target.Deploy{
			Settings: map[string]any{"host": "10.20.4.12", "port": float64(22), "host_key": "SHA256:vR8m", "auth": "password", "keep": true, "days": float64(3),
				"names": []any{"a", "b"}, "mode": "0600", "reload_command": "sudo -n systemctl reload nginx", "jump": map[string]any{"host": "jump.example.com"}},
			Secrets: []string{"jump.password", "password"}, Endpoints: []target.Endpoint{endpoint}, SNI: "shop.aldermoor.example", Schedule: "30 3 * * *",
			Status: target.Status{Observed: observed, ObservedAt: ago(2 * time.Hour), Deployment: "dep_1", Generation: 7, State: state, Served: []deploy.Served{
				{Endpoint: "shop.aldermoor.example:443", Address: "10.20.4.12:443", Fingerprint: strings.Repeat("ab", 32), Generation: observed, CheckedAt: ago(2 * time.Hour)},
			}},
		},
	}
	if observed == 0 {
		t.Deploy.Status.Served = nil
	}
	return t
}

func failedAs(state deploy.State, code, reason string, observed int, again time.Duration) target.Target {
	t := device(state, observed)
	st := &t.Deploy.Status
	st.Code, st.Reason, st.Attempts = code, reason, 2
	if again > 0 {
		st.NextAttemptAt = story.Now.Add(again)
	}
	return t
}

func journal(state deploy.State, names ...deploy.StepName) deploy.Deployment {
	d := deploy.Deployment{
		ID: "dep_1", Target: "tgt_1", Generation: 7, Before: 6, State: state, Trigger: deploy.TriggerChange, Attempt: 1, StartedAt: ago(2 * time.Minute),
		Transcript: "doing stage\n\t1 file staged\ndoing swap\n",
	}
	for i, n := range names {
		at := d.StartedAt.Add(time.Duration(i) * 1500 * time.Millisecond)
		d.Steps = append(d.Steps, deploy.Step{Seq: i + 1, Name: n, State: deploy.StepDone, Attempt: 1, StartedAt: at, EndedAt: at.Add(time.Second), Message: "done " + string(n)})
	}
	if state.Final() {
		d.EndedAt = ago(time.Minute)
		return d
	}
	last := &d.Steps[len(d.Steps)-1]
	last.State, last.EndedAt, last.Message, last.Attempt = deploy.StepBegun, time.Time{}, "", 2
	return d
}

func back() deploy.Deployment {
	d := journal(deploy.RolledBack, deploy.StepObserve, deploy.StepStage, deploy.StepSwap, deploy.StepCheck, deploy.StepRestore, deploy.StepReloadOn, deploy.StepReverify)
	d.Code, d.Reason, d.Trigger, d.By = "check_failed", "nginx: [emerg] cannot load certificate", deploy.TriggerHand, "mara@aldermoor.example"
	d.Steps[3].State, d.Steps[3].Code, d.Steps[3].Message = deploy.StepFailed, d.Code, d.Reason
	return d
}

func detail(t target.Target, list ...deploy.Deployment) targetPage {
	p := targetPage{Target: t, Group: t.GroupName, Kind: ssh(), History: list, Fires: fires{At: []time.Time{story.Now.Add(18 * time.Hour), story.Now.Add(42 * time.Hour)}}}
	if len(list) > 0 {
		p.Last, p.HasLast = list[0], true
	}
	p.Poll = p.wait(story.Now, story.Now)
	return p
}

func targets() []story.Story {
	owner, viewer := as(tenant.Owner), as(tenant.Viewer)
	served := journal(deploy.Serving, deploy.StepObserve, deploy.StepStage, deploy.StepSwap, deploy.StepReload, deploy.StepVerify, deploy.StepClean)
	running := journal(deploy.Running, deploy.StepObserve, deploy.StepStage, deploy.StepSwap)
	never := device("", 0)
	never.Deploy.Status = target.Status{}
	paused := device(deploy.Serving, 6)
	paused.Deploy.Paused = true
	behind := device(deploy.Serving, 6)
	behind.Deploy.Status.Generation = 6
	nothing := device(deploy.Serving, 6)
	nothing.Wanted = 0
	bare := device(deploy.Delivered, 7)
	bare.Deploy.Endpoints, bare.Deploy.Status.Served, bare.Deploy.Schedule = nil, nil, ""
	gone := failedAs(deploy.Unreachable, "unreachable", "10.20.4.12:22 does not answer.", 6, 5*time.Minute)
	gone.Deploy.Status.Served[0] = deploy.Served{Endpoint: "shop.aldermoor.example:443", Code: "connect_timeout", Error: "It did not answer within 6 s.", CheckedAt: ago(time.Minute)}
	other := failedAs(deploy.ServingOther, "serves_other", "shop.aldermoor.example:443 serves generation 6, not 7.", 0, time.Hour)
	other.Deploy.Status.Served = device(deploy.Serving, 6).Deploy.Status.Served
	stopped := detail(device(deploy.Serving, 7), served)
	stopped.Kind = away()
	tokened := device(deploy.Serving, 7)
	tokened.Tokens = []target.Token{{ID: "ptk_1", Display: "pt_…9dG1", LastAt: ago(time.Hour)}}
	return []story.Story{
		{Name: "target-never", Component: targetDetail(owner, detail(never))},
		{Name: "target-deploying", Component: targetDetail(owner, detail(device(deploy.Running, 6), running))},
		{Name: "target-deploying-viewer", Component: targetDetail(viewer, detail(device(deploy.Running, 6), running))},
		{Name: "target-up-to-date", Component: targetDetail(owner, detail(device(deploy.Serving, 7), served, back()))},
		{Name: "target-delivered", Component: targetDetail(owner, detail(bare, served))},
		{Name: "target-behind", Component: targetDetail(owner, detail(behind, served))},
		{Name: "target-serving-other", Component: targetDetail(owner, detail(other, back()))},
		{Name: "target-unreachable", Component: targetDetail(owner, detail(gone, back()))},
		{Name: "target-rolled-back", Component: targetDetail(owner, detail(failedAs(deploy.RolledBack, "check_failed", "nginx -t says no.", 6, 30*time.Second), back()))},
		{Name: "target-failed", Component: targetDetail(owner, detail(failedAs(deploy.Failed, "wrong_credentials", "It does not take the password.", 6, 0), back()))},
		{Name: "target-host-key", Component: targetDetail(owner, detail(failedAs(deploy.Failed, "host_key_changed", "It shows another key.", 6, 0), back()))},
		{Name: "target-paused", Component: targetDetail(owner, detail(paused, served))},
		{Name: "target-nothing-wanted", Component: targetDetail(owner, detail(nothing, served))},
		{Name: "target-plugin-away", Component: targetDetail(owner, stopped)},
		{Name: "target-token", Component: targetDetail(owner, detail(tokened, served))},
		{Name: "target-viewer", Component: targetDetail(viewer, detail(device(deploy.Serving, 7), served))},
		{Name: "target-hostile", Component: targetDetail(owner, detail(wild(), wildDeployment()))},
		{Name: "live-running", Component: liveAnswer(owner, detail(device(deploy.Running, 6), running))},
		{Name: "live-ended", Component: liveAnswer(owner, detail(device(deploy.Serving, 7), served))},
		{Name: "deployments", Component: history(owner, historyPage{device(deploy.Serving, 7), []deploy.Deployment{served, back(), running}})},
		{Name: "deployments-none", Component: history(owner, historyPage{never, nil})},
		{Name: "deployment-served", Component: oneDeployment(viewer, deploymentPage{device(deploy.Serving, 7), served})},
		{Name: "deployment-rolled-back", Component: oneDeployment(owner, deploymentPage{device(deploy.RolledBack, 6), back()})},
		{Name: "deployment-hostile", Component: oneDeployment(owner, deploymentPage{wild(), wildDeployment()})},
	}
}

// wild is a target whose device says what it likes, at many addresses.
func wild() target.Target {
	t := failedAs(deploy.Failed, hostile, hostile+long, 6, 0)
	t.Name, t.GroupName, t.Tags = `"><script>alert(1)</script>`+long, `<b>`+long, []string{strings.Repeat("w", target.TagRunes)}
	for i := range 30 {
		t.Deploy.Status.Served = append(t.Deploy.Status.Served, deploy.Served{Endpoint: long + ":443", Address: "[2001:db8::" + strconv.Itoa(i) + "]:443", Error: hostile + long, CheckedAt: ago(time.Hour)})
	}
	t.Deploy.Settings["reload_command"] = `"><script>alert(1)</script>` + long // the schema lets no sign in that does not show
	return t
}

func wildDeployment() deploy.Deployment {
	d := back()
	d.Reason, d.By, d.Code = hostile+long, hostile, hostile
	for i := range d.Steps {
		d.Steps[i].Message = hostile + long
	}
	d.Transcript = "</pre>" + hostile + "\n" + strings.Repeat(long, 20) + "\n"
	return d
}

func choices() part.Groups {
	return part.Groups{Items: []group.Group{{ID: "grp_storefront", Name: "storefront"}, {ID: "grp_api", Name: "api"}}}
}

func forms() []story.Story {
	owner := as(tenant.Owner)
	fresh := newPage{Kinds: both(), Kind: ssh(), Form: blank("deploy.ssh", everyType), Groups: choices()}
	wrong := fresh
	wrong.Form.Name, wrong.Form.Preset, wrong.Form.Schedule = "web-eu-03", own, "every day"
	wrong.Form.Values = valuesOf(everyType, map[string]any{"host": "10.20.4.13", "auth": "password"})
	wrong.Form.Values["port"] = []string{"2222x"}
	wrong.Error = fault.New(fault.Invalid, "bad_settings", "The settings of the target are not usable.").Field("settings.port", "Give a whole number from 1 to 65535.").
		Field("settings.password", "Fill this in.").Field("settings.jump.host", "Fill this in.").Field("schedule", "Give five fields.").Field("settings.unheard", "There is no such setting here.")
	wrong.Fires = fires{Error: fault.New(fault.Invalid, "bad_schedule", "Give five fields.").Field("schedule", "Give five fields.")}
	timed := fresh
	timed.Form.Preset, timed.Fires = "30 3 * * *", fires{At: []time.Time{story.Now.Add(18 * time.Hour)}}
	t := device(deploy.Serving, 7)
	t.Deploy.Secrets = append(t.Deploy.Secrets, "passphrase")
	change := editPage{Target: t, Kind: ssh(), Form: formOf(t, everyType), Groups: choices().Choose("grp_storefront")}
	changed := change
	changed.Error = errMeanwhile
	stopped := change
	stopped.Kind = away()
	evil := change
	evil.Target = wild()
	evil.Form = formOf(wild(), everyType)
	tried := fresh
	tried.Tested = &tested{Schema: everyType, Identity: "SHA256:vR8m", Pin: hostKey, Lines: []string{"nothing was sent"}, Action: newPath + "/test"}
	unproved := timed
	unproved.Prove = true
	return []story.Story{
		{Name: "new", Component: newTarget(owner, fresh)},
		{Name: "new-proof-wanted", Component: newBody(owner, unproved)},
		{Name: "new-wrong", Component: newTarget(owner, wrong)},
		{Name: "new-scheduled", Component: newBody(owner, timed)},
		{Name: "new-no-group", Component: newTarget(owner, newPage{Kinds: both(), Kind: ssh()})},
		{Name: "new-tested-without-script", Component: newTarget(owner, tried)},
		{Name: "settings", Component: edit(owner, change)},
		{Name: "settings-meanwhile", Component: edit(owner, changed)},
		{Name: "settings-plugin-away", Component: edit(owner, stopped)},
		{Name: "settings-hostile", Component: edit(owner, evil)},
		{Name: "firings", Component: nextFirings(owner, timed.Fires)},
		{Name: "firings-wrong", Component: nextFirings(owner, wrong.Fires)},
	}
}

func answers() []story.Story {
	owner, d := as(tenant.Owner), inDialog()
	t := device(deploy.Serving, 7)
	works := tested{Schema: everyType, Identity: "SHA256:vR8m", Confirmed: true, Grouped: true, Pin: hostKey, Lines: []string{"signed in as deploy", "/etc/nginx/certs can be written"}, Served: t.Deploy.Status.Served}
	pin := tested{Schema: everyType, Identity: "SHA256:vR8m", Pin: hostKey}
	wrong := tested{Schema: everyType, Title: "Nothing was tried", Problem: "The settings of the target are not usable.", Wrong: map[string]string{
		"settings.port": "Give a whole number from 1 to 65535.", "endpoints": "Give an endpoint as www.example.com:443."}}
	changed := tested{Schema: everyType, Title: problemTitle("host_key_changed"), Problem: "It shows another key.", Field: "jump.host_key", Pin: "jump.host_key", Identity: "SHA256:new"}
	evil := tested{Schema: everyType, Title: problemTitle(hostile), Problem: shown(hostile + long), Field: "password", Wrong: map[string]string{"settings.password": shown(hostile)}, Lines: []string{shown(hostile + long)}}
	stored := func(r tested) tested { r.Target = t; return r }
	changes := usecase.Planned{DeployPlan: ports.DeployPlan{Changes: []ports.DeployChange{
		{What: "/etc/nginx/certs/www.crt", Action: "replace", Detail: "0644"}, {What: hostile + long, Action: "create", Detail: hostile}, {What: "reload", Action: "run"}}}}
	bare := device(deploy.Delivered, 7)
	bare.Deploy.Endpoints = nil
	return []story.Story{
		{Name: "tested", Component: testAnswer(owner, works)},
		{Name: "tested-pin", Component: testResult(owner, pin)},
		{Name: "tested-wrong", Component: testAnswer(owner, wrong)},
		{Name: "tested-changed", Component: testResult(owner, changed)},
		{Name: "tested-hostile", Component: testAnswer(owner, evil)},
		{Name: "test-dialog", Component: testPage(d, stored(works))},
		{Name: "test-page-unpinned", Component: testPage(owner, stored(pin))},
		{Name: "plan-dialog", Component: planned(d, planPage{Target: t, Kind: ssh(), Plan: changes})},
		{Name: "plan-unchanged", Component: planned(owner, planPage{Target: t, Kind: ssh(), Plan: usecase.Planned{DeployPlan: ports.DeployPlan{Unchanged: true}}})},
		{Name: "plan-no-endpoint", Component: planned(d, planPage{Target: bare, Kind: ssh(), Plan: changes})},
		{Name: "plan-problem", Component: planned(d, planPage{Target: t, Kind: ssh(), Plan: usecase.Planned{Problem: &ports.PluginProblem{Code: "unreachable", Message: hostile}}})},
		{Name: "plan-refused", Component: planned(d, planPage{Target: t, Kind: ssh(), Error: fault.New(fault.Invalid, "no_plan", "Targets of this type cannot be planned.")})},
	}
}

func keys() []story.Story {
	d, t := inDialog(), device(deploy.Failed, 6)
	ask := keyPage{Target: t, Kind: ssh(), Field: hostKey, Old: "SHA256:old"}
	differs := ask
	differs.New = "SHA256:new"
	differs.demand()
	same := ask
	same.New, same.Same = ask.Old, true
	first := keyPage{Target: t, Kind: ssh(), Field: hostKey, New: "SHA256:new"}
	refused := differs
	refused.Error = fault.New(fault.Invalid, "bad_settings", "The settings of the target are not usable.").Field("settings.password", "Give this again.")
	down := ask
	down.Problem = "10.20.4.12:22 does not answer."
	return []story.Story{
		{Name: "host-key", Component: hostKeyQuestion(d, ask)},
		{Name: "host-key-differs", Component: hostKeyQuestion(d, differs)},
		{Name: "host-key-page", Component: hostKeyQuestion(as(tenant.Owner), differs)},
		{Name: "host-key-same", Component: hostKeyQuestion(d, same)},
		{Name: "host-key-first", Component: hostKeyQuestion(d, first)},
		{Name: "host-key-refused", Component: hostKeyQuestion(d, refused)},
		{Name: "host-key-unreachable", Component: hostKeyQuestion(d, down)},
	}
}

func recipes(t *testing.T) []story.Story {
	of := func(system script.System, server script.Server, d script.Device) recipePage {
		r := recipePage{System: string(system), Server: string(server)}
		if r.Recipe, r.Error = script.Prepare(system, server, d); r.Error != nil {
			t.Fatal(r.Error)
		}
		return r
	}
	haproxy := of(script.RedHat, script.HAProxy, script.Device{})
	haproxy.Target = device(deploy.Serving, 7)
	haproxy.Notes = []string{"The target's reload command is “x”. What this recipe allows is for “y”."}
	none := recipePage{System: "debian", Server: "nginx", Error: fault.New(fault.Invalid, "bad_dest", "There is no recipe for this path.")}
	return []story.Story{
		{Name: "recipe-page", Component: recipe(as(tenant.Viewer), of(script.Debian, script.Nginx, script.Device{}))},
		{Name: "recipe-dialog", Component: recipe(inDialog(), of(script.Debian, script.Apache, script.Device{Target: hostile + long}))},
		{Name: "recipe-target", Component: recipe(as(tenant.Owner), haproxy)},
		{Name: "recipe-none", Component: recipe(inDialog(), none)},
	}
}

func TestStories(t *testing.T) {
	story.Check(t, slices.Concat(targets(), forms(), answers(), keys(), recipes(t)))
}
