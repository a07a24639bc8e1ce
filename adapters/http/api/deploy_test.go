package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

const deviceBody = `{"name":"web 1","type":"deploy.device","group":"g","endpoints":["www.example.com"],"sni":"www.example.com",` +
	`"schedule":"0 3 * * *","tags":["prod"],"settings":{"host":"web1.example.com","host_key":"SHA256:abc","password":"` + canary + `","reload_command":"reload"}}`

// told answers a body as an object.
func (r reply) told(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(r.body), &m); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return m
}

// part answers a member of a body as JSON.
func (r reply) part(t *testing.T, name string) string {
	t.Helper()
	v, ok := r.told(t)[name]
	if !ok {
		t.Fatalf("no %s: %s", name, r.body)
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// device makes a group and a target that is deployed to, and answers the path of that.
func (w *world) device(tok string) string {
	w.t.Helper()
	w.put(w.Owner, "g", "g.pem", pair(w.t, "g.example.com"))
	return "/targets/" + field(w.t, w.json("POST", "/targets", tok, deviceBody).want(w.t, 201, "").body, "id")
}

func TestADeployTargetFromFirstToLast(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
		made := w.keyed("POST", "/targets", tok, deviceBody, "k").want(t, 201, "")
		if again := w.keyed("POST", "/targets", tok, deviceBody, "k").want(t, 201, ""); again.body != made.body || w.targetCount() != 1 {
			t.Errorf("made twice: %s", again.body)
		}
		for name, want := range map[string]string{
			"settings":  `{"host":"web1.example.com","host_key":"SHA256:abc","password":{"set":true},"port":22,"reload_command":"reload"}`,
			"endpoints": `["www.example.com:443"]`, "sni": `"www.example.com"`, "schedule": `"0 3 * * *"`, "tags": `["prod"]`, "state": `"never"`,
			"wanted": `1`, "observed": `null`, "served": `[]`, "last_deployment": `null`, "tokens": `[]`, "paused": `false`, "type": `"deploy.device"`,
		} {
			if got := made.part(t, name); got != want {
				t.Errorf("%s: %s", name, got)
			}
		}
		if _, there := made.told(t)["token"]; there || made.part(t, "next_check_at") == "null" {
			t.Errorf("%s", made.body)
		}
		path := "/targets/" + field(t, made.body, "id")
		w.work()
		now := w.json("GET", path, tok, "").want(t, 200, "")
		const served = `"address":"192.0.2.1:443"`
		if got := now.part(t, "served"); !strings.Contains(got, served) || !strings.Contains(got, `"generation":1`) || !strings.Contains(got, w.dev.Live) {
			t.Errorf("%s", got)
		}
		if now.part(t, "state") != `"up_to_date"` || now.part(t, "observed") != "1" || now.part(t, "reason") != "null" {
			t.Errorf("%s", now.body)
		}
		if list := w.json("GET", "/targets?state=up_to_date", tok, "").want(t, 200, ""); !strings.Contains(list.body, strings.TrimSpace(now.body)) {
			t.Errorf("the list says something else: %s\n%s", list.body, now.body)
		}
		run := w.json("POST", path+"/deploy", tok, "").want(t, 202, "")
		if again := w.keyed("POST", path+"/deploy", tok, "{}", "d").want(t, 202, ""); field(t, again.body, "id") != field(t, run.body, "id") {
			t.Errorf("another deployment: %s", again.body)
		}
		if run.part(t, "state") != `"running"` || run.part(t, "trigger") != `"hand"` || run.part(t, "ended_at") != "null" || run.part(t, "steps") != "[]" {
			t.Errorf("%s", run.body)
		}
		w.json("GET", "/targets?state=deploying", tok, "").want(t, 200, "")
		if o := w.json("GET", "/overview", tok, "").want(t, 200, ""); !strings.Contains(o.part(t, "targets"), `"deploying":1`) {
			t.Errorf("%s", o.body)
		}
		w.work()
		done := w.json("GET", path+"/deployments/"+field(t, run.body, "id"), tok, "").want(t, 200, "")
		if done.part(t, "state") != `"unchanged"` || !strings.Contains(done.part(t, "transcript"), "doing stage") || !strings.Contains(done.part(t, "steps"), `"name":"verify"`) {
			t.Errorf("%s", done.body)
		}
		ids, requests := w.pages(tok, path+"/deployments", 1, "id")
		if len(ids) != 2 || requests != 2 || ids[0] != field(t, run.body, "id") {
			t.Errorf("%v in %d requests", ids, requests)
		}
		if list := w.json("GET", path+"/deployments", tok, ""); strings.Count(list.body, `"transcript":null`) != 2 {
			t.Errorf("%s", list.body)
		}
		if r := w.json("POST", path+"/rotate", tok, `{"grace":1}`).want(t, 200, ""); !strings.HasPrefix(field(t, r.body, "token"), "pt_") {
			t.Errorf("%s", r.body)
		}
		if now = w.json("GET", path, tok, ""); strings.Count(now.body, `"ptk_`) != 1 {
			t.Errorf("%s", now.body)
		}
		w.json("DELETE", path, tok, "").want(t, 204, "")
		w.json("GET", path+"/deployments", tok, "").want(t, 404, "not_found")
	})
}

func TestAPauseByTheAPI(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	path := w.device(tok)
	w.work()
	paused := w.json("POST", path+"/pause", tok, "").want(t, 200, "")
	if paused.part(t, "state") != `"paused"` || paused.part(t, "paused") != "true" || paused.part(t, "next_check_at") != "null" {
		t.Errorf("%s", paused.body)
	}
	w.json("POST", path+"/pause", tok, "{}").want(t, 200, "")
	w.json("POST", path+"/deploy", tok, "").want(t, 409, "target_paused")
	w.put(w.Owner, "g", "g2.pem", pair(t, "g.example.com"))
	w.json("POST", "/groups/"+groupOf(t, paused)+"/generations/2/activate", tok, "").want(t, 200, "")
	w.work()
	if now := w.json("GET", path, tok, ""); now.part(t, "state") != `"paused"` || now.part(t, "observed") != "1" || now.part(t, "wanted") != "2" {
		t.Errorf("%s", now.body)
	}
	w.json("POST", path+"/resume", tok, "").want(t, 200, "")
	w.work()
	if now := w.json("GET", path, tok, ""); now.part(t, "state") != `"up_to_date"` || now.part(t, "observed") != "2" {
		t.Errorf("%s", now.body)
	}
}

func groupOf(t *testing.T, r reply) string {
	t.Helper()
	id, _ := r.told(t)["group"].(map[string]any)["id"].(string)
	return id
}

func TestMergePatchOfADeployTarget(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		path := w.device(tok)
		w.work()
		was, entries := w.json("GET", path, tok, ""), w.trail()
		for _, same := range []string{
			`{}`, `{"settings":{}}`, `{"name":"web 1","settings":` + was.part(t, "settings") + `,"endpoints":["www.example.com:443"],"schedule":"0 3 * * *"}`,
		} {
			if r := w.json("PATCH", path, tok, same).want(t, 200, ""); r.body != was.body {
				t.Errorf("%s: %s", same, r.body)
			}
		}
		if n := w.trail() - entries; n != 0 {
			t.Errorf("%d entries for nothing", n)
		}
		r := w.json("PATCH", path, tok, `{"settings":{"reload_command":null,"groups":["a"],"password":"other"},"endpoints":null,"sni":null,"schedule":null,"tags":null}`).want(t, 200, "")
		if got := r.part(t, "settings"); got != `{"groups":["a"],"host":"web1.example.com","host_key":"SHA256:abc","password":{"set":true},"port":22}` {
			t.Error(got)
		}
		if r.part(t, "endpoints")+r.part(t, "sni")+r.part(t, "schedule")+r.part(t, "tags")+r.part(t, "next_check_at") != `[]nullnull[]null` {
			t.Error(r.body)
		}
		for body, want := range map[string]string{
			`{"settings":null}`:                        `{"settings.host":"Fill this in.","settings.password":"Give this again: what is stored is only ever sent to the destination it was given for."}`,
			`{"settings":{"host":"evil.example.com"}}`: `{"settings.password":"Give this again: what is stored is only ever sent to the destination it was given for."}`,
			`{"settings":{"password":null}}`:           `{"settings.password":"Fill this in."}`,
			`{"settings":{"port":"x"}}`:                `{"settings.port":`,
			`{"settings":{"hots":"x"}}`:                `{"settings.hots":`,
			`{"schedule":"never"}`:                     `{"schedule":`,
			`{"schedule":5}`:                           `{"schedule":`,
			`{"endpoints":["a b"]}`:                    `{"endpoints":`,
			`{"sni":"192.0.2.1"}`:                      `{"sni":`,
			`{"name":null}`:                            `{"name":`,
			`{"settings":"x"}`:                         `{"settings":`,
			`{"settings":["x"]}`:                       `{"settings":`,
		} {
			if r := w.json("PATCH", path, tok, body).want(t, 422, ""); !strings.Contains(r.body, `"fields":`+want) {
				t.Errorf("%s: %s", body, r.body)
			}
		}
		w.json("PATCH", path, tok, `{"settings":{"host":"web2.example.com","password":"for web2"}}`).want(t, 200, "")
		w.work()
		if w.dev.Seen["password"] != "for web2" || w.dev.Told["host"] != "web2.example.com" {
			t.Errorf("%v %v", w.dev.Seen, w.dev.Told)
		}
		w.dev.Set(func() { w.dev.Away = true })
		w.json("PATCH", path, tok, `{"settings":{"reload_command":"x"}}`).want(t, 503, "plugin_unavailable")
		if r := w.json("PATCH", path, tok, `{"name":"renamed"}`).want(t, 200, ""); r.part(t, "name") != `"renamed"` || !strings.Contains(r.body, `"password":{"set":true}`) {
			t.Error(r.body)
		}
	})
}

func TestConnectionsAreTested(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		path := w.device(tok)
		w.work()
		r := w.json("POST", path+"/test", tok, "").want(t, 200, "")
		if r.part(t, "ok")+r.part(t, "problem")+r.part(t, "confirmed")+r.part(t, "identity")+r.part(t, "lines") != `truenulltrue"SHA256:abc"["signed in"]` {
			t.Error(r.body)
		}
		if !strings.Contains(r.part(t, "served"), `"generation":1`) {
			t.Error(r.body)
		}
		w.dev.Fail["test"] = []error{&ports.PluginProblem{Code: "wrong_credentials", Message: "The device refused the password.", Field: "password", Final: true}}
		r = w.json("POST", path+"/test", tok, `{"settings":{"reload_command":"x"},"endpoints":[]}`).want(t, 200, "")
		if r.part(t, "ok")+r.part(t, "problem")+r.part(t, "served") !=
			`false{"code":"wrong_credentials","error":"The device refused the password.","field":"settings.password","final":true}[]` {
			t.Error(r.body)
		}
		w.json("POST", path+"/test", tok, `{"settings":{"host":"evil.example.com"}}`).want(t, 422, "bad_settings")
		// As in PATCH, null takes all settings away.
		if r := w.json("POST", path+"/test", tok, `{"settings":null}`).want(t, 422, "bad_settings"); !strings.Contains(r.body, `"settings.host":"Fill this in."`) {
			t.Error(r.body)
		}
		if r = w.json("POST", "/targets/test", tok, deviceBody).want(t, 200, ""); r.part(t, "ok") != "true" || w.targetCount() != 1 {
			t.Error(r.body)
		}
		r = w.json("POST", "/targets/test", tok, `{"type":"deploy.device","settings":{"host":"web1.example.com","password":"p"}}`).want(t, 200, "")
		if r.part(t, "ok")+r.part(t, "confirmed")+r.part(t, "identity") != `falsefalse"SHA256:abc"` || !strings.Contains(r.body, `"code":"host_key_not_confirmed"`) ||
			!strings.Contains(r.body, `"field":"settings.host_key"`) {
			t.Error(r.body)
		}
		w.json("POST", "/targets/test", tok, `{"type":"deploy.device","settings":{"host":"web1.example.com"}}`).want(t, 422, "bad_settings")
		w.json("POST", "/targets/test", tok, `{"type":"pull"}`).want(t, 422, "bad_type")
		w.json("POST", "/targets/test", tok, `{"settings":{}}`).want(t, 422, "invalid")
		w.dev.Set(func() { w.dev.Away = true })
		if r = w.json("POST", path+"/test", tok, "").want(t, 503, "plugin_unavailable"); r.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
}

func TestPlansByTheAPI(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	path := w.device(tok)
	r := w.json("POST", path+"/plan", tok, "").want(t, 200, "")
	if r.part(t, "ok")+r.part(t, "unchanged")+r.part(t, "present")+r.part(t, "changes") !=
		`truefalsenull[{"action":"replace","detail":"0600","what":"/etc/www.pem"},{"action":"run","detail":"","what":"reload"}]` {
		t.Error(r.body)
	}
	w.work()
	if r = w.json("POST", path+"/plan", tok, "{}").want(t, 200, ""); r.part(t, "unchanged")+r.part(t, "present") != `true"`+w.dev.Live+`"` {
		t.Error(r.body)
	}
	w.dev.Fail["plan"] = []error{testdevice.Problem("unreachable")}
	r = w.json("POST", path+"/plan", tok, "").want(t, 200, "")
	if r.part(t, "ok")+r.part(t, "problem") != `false{"code":"unreachable","error":"It says unreachable.","field":null,"final":false}` {
		t.Error(r.body)
	}
	pull, _ := w.target(w.Owner, "g", "pull")
	for _, what := range []string{"deploy", "plan", "test", "pause", "resume"} {
		w.json("POST", "/targets/"+pull.ID+"/"+what, tok, "").want(t, 422, "not_deployed")
	}
	w.json("GET", "/targets/"+pull.ID+"/deployments", tok, "").want(t, 422, "not_deployed")
}

func TestTargetsByState(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		path := w.device(tok)
		w.target(w.Owner, "g", "pull")
		w.dev.Set(func() { w.dev.Fail["stage"] = []error{testdevice.Problem("unreachable")} })
		w.work()
		for _, s := range target.AllStates {
			r := w.json("GET", "/targets?state="+string(s), tok, "").want(t, 200, "")
			want := map[target.State]int{target.StateUnreachable: 1, target.StateNever: 1}[s]
			if got := len(r.told(t)["items"].([]any)); got != want {
				t.Errorf("%d in %s: %s", got, s, r.body)
			}
		}
		w.json("GET", "/targets?state=other", tok, "").want(t, 422, "invalid")
		r := w.json("GET", path, tok, "").want(t, 200, "")
		if r.part(t, "reason") != `"It says unreachable."` || r.part(t, "next_attempt_at") == "null" {
			t.Error(r.body)
		}
		if o := w.json("GET", "/overview", tok, ""); !strings.Contains(o.part(t, "targets"), `"unreachable":1`) {
			t.Error(o.body)
		}
	})
}

func TestPluginsAreDescribed(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	r := w.json("GET", "/plugins", tok, "").want(t, 200, "")
	for _, want := range []string{
		`"id":"deploy.device","kind":"deploy","title":"Device"`, `"health":"ok"`, `"name":"port","type":"port"`, `"default":22`,
		`"secret":true`, `"destination":true`, `"capabilities":["test","plan",`, `"id":"pull"`, `"name":"pfx_preset","type":"enum"`,
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("no %s in %s", want, r.body)
		}
	}
	jump := r.told(t)["items"].([]any)[1].(map[string]any)["schema"].([]any)[7].(map[string]any)
	if inner := jump["fields"].([]any); len(inner) != 2 || inner[1].(map[string]any)["secret"] != true {
		t.Errorf("%v", jump)
	}
	w.dev.Set(func() { w.dev.Away = true })
	r = w.json("GET", "/plugins", tok, "").want(t, 200, "")
	if !strings.Contains(r.body, `"schema":[],"capabilities":`) || !strings.Contains(r.body, `"health":"failed"`) {
		t.Error(r.body)
	}
	w.json("POST", "/targets", tok, `{"name":"x","type":"deploy.device","group":"g","settings":{}}`).want(t, 503, "plugin_unavailable")
	w.json("POST", "/targets", tok, `{"name":"x","type":"deploy.other","group":"g","settings":{}}`).want(t, 422, "bad_type")
}

// A deployment is found below its own target alone.
func TestDeploymentsOfOthers(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	ours := w.furnish(w.Owner, "ours", "Test workspace")
	theirs := w.furnish(w.NewTenant(t, "Other"), "theirs", "Other")
	other := w.deployed(w.Owner, ours.group, "another")
	for _, path := range []string{
		ours.deploy + "/deployments/" + theirs.run, other + "/deployments/" + ours.run, theirs.deploy + "/deployments/" + theirs.run,
		ours.deploy + "/deployments/nonsense", ours.deploy + "/deployments/%00", ours.target + "/deployments/" + ours.run,
	} {
		w.json("GET", "/targets/"+path, tok, "").want(t, 404, "not_found")
	}
	w.json("GET", "/targets/"+ours.deploy+"/deployments/"+ours.run, tok, "").want(t, 200, "")
}

// What was submitted as a secret comes out of no answer, be it of a success or a refusal, of no list, and of no log.
func TestSecretsOfTargetsStayInside(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		path := w.device(tok)
		w.work()
		w.dev.Set(func() { w.dev.Fail["stage"] = []error{testdevice.Problem("wrong_credentials")} })
		secret := func(v string) string { return strings.ReplaceAll(v, "SECRET", canary) }
		for _, c := range [][3]string{
			{"PATCH", path, `{"settings":{"password":"SECRET2","reload_command":"x"}}`}, {"POST", path + "/deploy", `{}`},
			{"PATCH", path, `{"settings":{"password":"SECRET\n"}}`}, {"PATCH", path, `{"settings":{"password":["SECRET"]}}`},
			{"PATCH", path, `{"settings":{"SECRET":"SECRET"}}`}, {"PATCH", path, `{"settings":{"host":"SECRET/","port":"SECRET"}}`},
			{"PATCH", path, `{"settings":{"jump":{"host":"j.example.com","password":"SECRET with blanks"}}}`},
			{"PATCH", path, `{"settings":{"jump":{"SECRET":1}}}`}, {"PATCH", path, `{"endpoints":["SECRET:x"],"sni":"SECRET!","schedule":"SECRET"}`},
			{"POST", "/targets/test", `{"type":"deploy.device","settings":{"host":"a.example.com","password":"SECRET"}}`},
			{"POST", "/targets/test", `{"type":"SECRET","settings":{"host":"SECRET","password":"SECRET"}}`},
			{"POST", "/targets", `{"name":"x","type":"deploy.device","group":"SECRET","settings":{"host":"a.example.com","password":"SECRET"}}`},
			{"POST", path + "/test", `{"settings":{"password":"SECRET"},"endpoints":["SECRET SECRET"]}`}, {"POST", path + "/plan", ``},
			{"GET", path, ``}, {"GET", "/targets", ``}, {"GET", path + "/deployments", ``}, {"GET", "/audit", ``}, {"GET", "/overview", ``}, {"GET", "/plugins", ``},
		} {
			r := w.json(c[0], c[1], tok, secret(c[2]))
			if r.status >= 500 || strings.Contains(r.body, canary[:8]) {
				t.Errorf("%s %s %s: %d %s", c[0], c[1], c[2], r.status, r.body)
			}
			w.work()
		}
		ids, _ := w.pages(tok, path+"/deployments", 50, "id")
		for _, id := range ids {
			if r := w.json("GET", path+"/deployments/"+id, tok, "").want(t, 200, ""); strings.Contains(r.body, canary[:8]) {
				t.Error(r.body)
			}
		}
		if len(ids) < 2 || w.dev.Seen["password"] != canary+"2" {
			t.Errorf("%d deployments, the device got %v", len(ids), w.dev.Seen)
		}
		if strings.Contains(w.log.String(), canary[:8]) {
			t.Error("the log holds it")
		}
	})
}
