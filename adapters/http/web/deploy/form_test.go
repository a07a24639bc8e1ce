package deploy_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const newPath = "/dashboard/push/new"

func TestOnlyPluginsThatAreReadyAreOffered(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	r.plugins.others = []plugin.Info{
		{ID: "deploy.off", Kind: plugin.KindDeploy, Title: "Switched off", State: plugin.StateDisabled},
		{ID: "deploy.bad", Kind: plugin.KindDeploy, Title: "Broken one", State: plugin.StateFailed},
		{ID: "dns.x", Kind: plugin.KindDNS, Title: "Some DNS", State: plugin.StateReady},
	}
	kim := r.As(t, tenant.Editor)
	kim.Get(newPath).Want(http.StatusOK, "HTTPS pull", "Linux by SSH", "We copy the files", "!Switched off", "!Broken one", "!Some DNS", "The token is shown once")
	kim.Get(newPath+"?type=deploy.device").Want(http.StatusOK, "Linux by SSH", "Test connection", ">Connection</h3>", "!The token is shown once")
	kim.Get(newPath+"?type=deploy.off").Want(http.StatusOK, "The token is shown once") // as if there were no such type
	kim.Post(newPath, with(filled("www"), "type", "deploy.off")).Want(http.StatusUnprocessableEntity)
	a := kim.Do(http.MethodGet, newPath+"?type=deploy.device&name=typed&group=www", nil, map[string]string{"HX-Request": "true", "HX-Target": "new"})
	a.Want(http.StatusOK, `value="typed"`, "!<html")
	r.Device.Set(func() { r.Device.Away = true })
	kim.Get(newPath).Want(http.StatusOK, "HTTPS pull", "!Linux by SSH")
}

func TestATargetIsMadeOfWhatTheSchemaSays(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	kim := r.As(t, tenant.Editor)
	kim.Get(newPath+"?type=deploy.device").Want(http.StatusOK,
		`name="settings.host"`, `name="settings.port"`, `value="22"`, `<select class="select" id="f-s-auth"`, `data-when="settings.auth"`, `name="settings.keep"`,
		`name="settings.jump.password"`, "Counts only when “Sign in with” is Private key.", "A server to connect through.")
	path := r.make(t, "settings.keep", "true", "settings.jump.host", "jump.example.com", "settings.jump.password", "jump secret", "recheck", "30 3 * * *")
	tg := r.target(t, path)
	s := tg.Deploy.Settings
	jump, _ := s["jump"].(map[string]any)
	if s["host"] != "web1.example.com" || s["keep"] != true || jump["host"] != "jump.example.com" || s["private_key"] != nil || tg.Deploy.Schedule != "30 3 * * *" ||
		strings.Join(tg.Deploy.Secrets, " ") != "jump.password password" || len(tg.Tags) != 2 || tg.Deploy.Endpoints[0].Port != 443 {
		t.Errorf("%+v %v", tg, tg.Deploy)
	}
	r.WorkFor(t, minute)
	if r.target(t, path).State() != target.StateUpToDate || r.Device.Seen["jump.password"] != "jump secret" {
		t.Errorf("%s, %v", r.target(t, path).State(), r.Device.Seen)
	}
	kim.Get(path).Want(http.StatusOK, "web-eu-03", "up to date", "generation 1", "serves generation 1", "Jump host: Password", "stored", "!s3cret pass", "!jump secret",
		"Every", "!Waiting for the first fetch")
}

func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	kim := r.As(t, tenant.Editor)
	for field, c := range map[string]struct{ value, advice string }{
		"settings.host": {"not a host", "host"}, "settings.port": {"2222x", "Give a whole number from 1 to 65535."}, "settings.mode": {"9", "Give a file mode in octal"},
		"settings.path": {"relative", "Give the whole path"}, "settings.console": {"http://x", "https://"}, "settings.wait": {"soon", "Give a time as 30s"},
		"settings.password": {"", "Fill this in."}, "settings.jump.host": {"x_!", ""}, "endpoints": {"www!example", "Give an endpoint as"}, "sni": {"a b", "Give a DNS name"},
		"name": {"", "Give it a name."}, "group": {"nosuch", "name of a group of this workspace"},
	} {
		a := kim.Post(newPath, with(filled("www"), field, c.value))
		a.Want(http.StatusUnprocessableEntity, c.advice, "!s3cret pass")
		id := "f-" + strings.ReplaceAll(strings.Replace(field, "settings.", "s-", 1), ".", "-")
		if !regexp.MustCompile(`id="` + id + `"[^>]*aria-invalid="true"`).MatchString(strings.ReplaceAll(a.Body, "\n", " ")) {
			t.Errorf("%s is not marked", field)
		}
		if field != "name" && !strings.Contains(a.Body, `value="web-eu-03"`) {
			t.Errorf("%s: what was typed is lost", field)
		}
	}
	kim.Post(newPath, with(filled("www"), "recheck", "own", "schedule", "every day")).Want(http.StatusUnprocessableEntity, "Give five fields", `value="every day"`)
	kim.Post(newPath, with(filled("www"), "settings.host", "refused.example.com")).Want(http.StatusUnprocessableEntity, "Not this one.")
	kim.Get("/dashboard/push").Want(http.StatusOK, "!web-eu-03")
}

func TestTheFormOfANewTargetIsGoodOnce(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	kim := r.As(t, tenant.Editor)
	once := regexp.MustCompile(`name="once" value="([A-Z0-9]+)"`).FindStringSubmatch(kim.Get(newPath + "?type=deploy.device").Body)
	if once == nil {
		t.Fatal("the form has no nonce")
	}
	first := kim.Post(newPath, with(filled("www"), "once", once[1]))
	first.Want(http.StatusSeeOther)
	kim.Post(newPath, with(filled("www"), "once", once[1])).WantGo(first.Header.Get("Location"))
	page, err := r.Push.List(ctx, r.Owner, target.Query{})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%d targets, %v", len(page.Items), err)
	}
}

func TestSettingsAreChangedAndSecretsStay(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "settings.jump.host", "jump.example.com", "settings.jump.password", "jump secret")
	r.WorkFor(t, minute)
	kim := r.As(t, tenant.Editor)
	seen := func() string {
		m := regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`).FindStringSubmatch(kim.Get(path + "/settings").Body)
		if m == nil {
			t.Fatal("the form says not what it shows")
		}
		return m[1]
	}
	kim.Get(path+"/settings").Want(http.StatusOK, `value="web1.example.com"`, `value="22"`, "Stored. Leave it blank to keep it.", "!s3cret pass", "!jump secret", ">a\nb</textarea>", `<details class="object" open`)
	same := func(pairs ...string) url.Values {
		f := with(filled("www"), "settings.password", "", "settings.jump.host", "jump.example.com", "seen", seen())
		return with(f, pairs...)
	}
	kim.Post(path+"/settings", same("settings.reload_command", "reload it", "settings.tries", "5")).WantGo(path)
	tg := r.target(t, path)
	if tg.Deploy.Settings["reload_command"] != "reload it" || len(tg.Deploy.Secrets) != 2 {
		t.Errorf("%v %v", tg.Deploy.Settings, tg.Deploy.Secrets)
	}

	// Another destination: the stored secrets are asked for again.
	kim.Post(path+"/settings", same("settings.host", "web2.example.com")).Want(http.StatusUnprocessableEntity, "only ever sent to the destination it was given for")
	kim.Post(path+"/settings", same("settings.host", "web2.example.com", "settings.password", "another", "settings.jump.password", "again")).WantGo(path)

	// An object that is made empty is gone, with its secret.
	kim.Post(path+"/settings", with(same(), "settings.host", "web2.example.com", "settings.jump.host", "", "settings.password", "another")).WantGo(path)
	tg = r.target(t, path)
	if tg.Deploy.Settings["jump"] != nil || strings.Join(tg.Deploy.Secrets, " ") != "password" {
		t.Errorf("%v %v", tg.Deploy.Settings, tg.Deploy.Secrets)
	}

	// What somebody else changed meanwhile is asked about once.
	form := same("settings.host", "web2.example.com", "settings.jump.host", "", "seen", "0123456789abcdef")
	a := kim.Post(path+"/settings", with(form, "name", "mine"))
	a.Want(http.StatusConflict, "Somebody else changed this target", `value="mine"`)
	if r.target(t, path).Name != "web-eu-03" {
		t.Error("it was changed")
	}
	kim.Post(path+"/settings", with(form, "name", "mine", "seen", seen())).WantGo(path)
	if r.target(t, path).Name != "mine" {
		t.Error("it was not changed")
	}
}

func TestAStoredSecretThatIsNotNeededCanBeRemoved(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t, "settings.auth", "key", "settings.private_key", "-----BEGIN KEY-----\nx\n", "settings.passphrase", "open it", "settings.password", "")
	kim := r.As(t, tenant.Owner)
	page := kim.Get(path + "/settings")
	page.Want(http.StatusOK, `name="drop.passphrase"`, `!name="drop.private_key"`, "!BEGIN KEY", "!open it")
	seen := regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`).FindStringSubmatch(page.Body)[1]
	form := with(filled("www"), "settings.auth", "key", "settings.password", "", "drop.passphrase", "on", "seen", seen)
	kim.Post(path+"/settings", form).WantGo(path)
	if got := r.target(t, path).Deploy.Secrets; len(got) != 1 || got[0] != "private_key" {
		t.Errorf("%v", got)
	}
}

func TestWhileThePluginDoesNotRunItsSettingsStay(t *testing.T) {
	r := serve(t)
	r.issue(t, "www")
	path := r.make(t)
	r.WorkFor(t, minute)
	before := r.target(t, path)
	r.Device.Set(func() { r.Device.Away = true })
	kim := r.As(t, tenant.Editor)
	kim.Get(path).Want(http.StatusOK, "does not run", "It ended at once.", "!Test connection")
	page := kim.Get(path + "/settings")
	page.Want(http.StatusOK, "The plugin does not run", "!settings.host")
	seen := regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`).FindStringSubmatch(page.Body)[1]
	kim.Post(path+"/settings", url.Values{"name": {"renamed"}, "group": {before.Group}, "endpoints": {"www.example.com"}, "seen": {seen}}).WantGo(path)
	after := r.target(t, path)
	if after.Name != "renamed" || after.Deploy.Settings["host"] != "web1.example.com" || len(after.Deploy.Secrets) != 1 {
		t.Errorf("%+v %v", after, after.Deploy)
	}
	kim.Post(path+"/test", nil).Want(http.StatusOK, "The plugin does not run now.")
	kim.Post(path+"/plan", nil).Want(http.StatusOK, "The plugin does not run now.")
}

func TestAScheduleSaysWhenItFires(t *testing.T) {
	r := serve(t)
	kim := r.As(t, tenant.Viewer)
	get := func(q string) string {
		a := kim.Do(http.MethodGet, "/dashboard/push/firings?"+q, nil, fromHtmx)
		a.Want(http.StatusOK, "!<html")
		return a.Body
	}
	if got := get("recheck=30+3+*+*+*"); strings.Count(got, "<time") != 3 || !strings.Contains(got, "03:30") {
		t.Errorf("every night: %s", got)
	}
	if got := get("recheck=own&schedule=0+12+*+*+1"); strings.Count(got, "<time") != 3 || !strings.Contains(got, "12:00") {
		t.Errorf("its own: %s", got)
	}
	if got := get("recheck=own&schedule=nonsense"); !strings.Contains(got, "Give five fields") {
		t.Errorf("nonsense: %s", got)
	}
	if got := get("recheck=&schedule=0+12+*+*+1"); strings.Contains(got, "<time") {
		t.Errorf("never: %s", got)
	}
}
