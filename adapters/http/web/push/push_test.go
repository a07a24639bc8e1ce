package push_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestANewTargetShowsItsTokenOnce(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	for _, role := range []tenant.Role{tenant.Owner, tenant.Editor} {
		kim := r.As(t, role)
		kim.Get("/dashboard/push/new").Want(http.StatusOK, "New target", "HTTPS pull", ">www</option>")
		f := newForm("web "+string(role), "www")
		f.Set("tags", "eu, dmz,eu")
		f.Set("networks", "203.0.113.0/24\r\n2001:db8::1")
		f.Set("expires", "2999-12-31T18:00")
		f.Set("preset", "legacy")
		tok, path := made(t, kim.Post("/dashboard/push/new", f))
		if !r.fetch(t, tok) {
			t.Error("the token opens nothing")
		}
		for _, p := range []string{path, "/dashboard/push", path + "/settings", path + "/script?os=linux-cron"} {
			kim.Get(p).Want(http.StatusOK, "!"+tok)
		}
		kim.Get(path).Want(http.StatusOK, "web "+string(role), "up to date", "generation 1", "203.0.113.0/24, 2001:db8::1/128", "31 Dec 2999, 18:00",
			"Legacy", ">dmz<", "PASTE_THE_PUSH_TOKEN_HERE")
	}
}

func TestARefusedTargetKeepsWhatWasTyped(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	r.upload(t, r.Owner, "half", testcert.SelfSigned("half.example.com").CertPEM)
	kim := r.As(t, tenant.Editor)
	for field, c := range map[string]struct{ value, advice string }{
		"networks": {"10.0.0.0/8 here", "Give networks such as"},
		"expires":  {"2020-01-01T00:00", "Give a time in the future"},
		"name":     {"", "Give it a name."},
		"tags":     {strings.Repeat("x", target.TagRunes+1), "A tag has 1 to 50"},
		"group":    {"half", "Upload the certificate and its key"},
		"type":     {"ssh", "Use pull"},
	} {
		f := newForm("kept name", "www")
		f.Set("tags", "kept-tag")
		f.Set(field, c.value)
		a := kim.Post("/dashboard/push/new", f)
		a.Want(http.StatusUnprocessableEntity, c.advice, "!pt_")
		if field != "name" {
			a.Want(http.StatusUnprocessableEntity, `value="kept name"`)
		}
	}
	all := newForm("", "www")
	all.Set("networks", "10.0.0.0/8 here")
	all.Set("expires", "2020-01-01T00:00")
	kim.Post("/dashboard/push/new", all).Want(http.StatusUnprocessableEntity, "Give networks such as", "Give a time in the future", "Give it a name.")
	for _, expires := range []string{"tomorrow", "31.12.2026"} {
		f := newForm("web", "www")
		f.Set("expires", expires)
		kim.Post("/dashboard/push/new", f).Want(http.StatusUnprocessableEntity, "Give day and time such as")
	}
	kim.Post("/dashboard/push/new", newForm("web", "nosuch")).Want(http.StatusUnprocessableEntity, "name of a group of this workspace")
	kim.Get("/dashboard/push").Want(http.StatusOK, "No device fetches from here yet")
}

func TestOnlyGroupsWithAKeyAreOffered(t *testing.T) {
	r := serve(t)
	kim := r.As(t, tenant.Editor)
	r.upload(t, r.Owner, "half", testcert.SelfSigned("half.example.com").CertPEM)
	kim.Get("/dashboard/push/new").Want(http.StatusOK, "No group has a certificate with its key", "!<form class=\"stack")
	r.keyed(t, r.Owner, "www")
	kim.Get("/dashboard/push/new").Want(http.StatusOK, ">www</option>", "!>half</option>")
	for i := range 51 {
		r.keyed(t, r.Owner, "fleet-"+strings.Repeat("i", i+1))
	}
	kim.Get("/dashboard/push/new").Want(http.StatusOK, `list="f-group-names"`, `<option value="fleet-i">`, "!<option value=\"www\">")
	kim.Do(http.MethodGet, "/dashboard/groups/names?keyed=1&group=WW", nil, fromHtmx).Want(http.StatusOK, `<option value="www">`, "!fleet", "!half", "!<html")
	made(t, kim.Post("/dashboard/push/new", newForm("typed", "WWW")))
}

func TestTheScriptHoldsTheTokenOnlyForWhomItIsShown(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	kim := r.As(t, tenant.Editor)
	tok, path := made(t, kim.Post("/dashboard/push/new", newForm("web", "www")))
	for system, name := range map[string]string{
		"linux-cron": "ignisfox-pull-www.sh", "linux-systemd": "ignisfox-pull-www.sh", "windows": "ignisfox-pull-www.ps1",
	} {
		a := kim.Post(path+"/script", url.Values{"os": {system}, "token": {tok}})
		a.Want(http.StatusOK, tok, r.URL)
		if got := a.Header.Get("Content-Disposition"); !strings.Contains(got, name) || !strings.HasPrefix(got, "attachment") {
			t.Errorf("%s is sent as %q", system, got)
		}
		if !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s may be kept: %v", system, a.Header)
		}
		kim.Get(path+"/script?os="+system).Want(http.StatusOK, "PASTE_THE_PUSH_TOKEN_HERE", "!"+tok)
	}
	_, other := r.device(t, r.Owner, "other", "www")
	for _, wrong := range []string{"", "pt_x", other.Reveal(), "'; touch owned"} {
		a := kim.Post(path+"/script", url.Values{"os": {"linux-cron"}, "token": {wrong}})
		a.Want(http.StatusUnprocessableEntity, "That token opens this target no more", "!push_token=")
	}
	kim.Get(path+"/script?os=vms").Want(http.StatusUnprocessableEntity, "There is no script for this system")
}

func TestRotationAtOnceAndWithGrace(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	d, first := r.device(t, r.Owner, "web", "www")
	path := "/dashboard/push/" + d.ID
	kim := r.As(t, tenant.Editor)
	r.fetch(t, first.Reveal())
	kim.Get(path+"/rotate").Want(http.StatusOK, "Rotate the token of web?", "last used just now from 203.0.113.9", "Keep the old one")

	r.Pass(time.Second)
	a := kim.Post(path+"/rotate", url.Values{"grace": {"24"}})
	a.Want(http.StatusOK, "1 older token still working", "Last used from 203.0.113.9")
	second, _ := made(t, a)
	if !r.fetch(t, first.Reveal()) || !r.fetch(t, second) {
		t.Error("in grace both tokens open the target")
	}
	r.Pass(time.Minute)
	r.fetch(t, first.Reveal())
	kim.Get(path).Want(http.StatusOK, "in grace", "give that device the new token")

	a = kim.Post(path+"/rotate", url.Values{"grace": {"0"}})
	a.Want(http.StatusOK, "The old token has stopped working")
	third, _ := made(t, a)
	if r.fetch(t, first.Reveal()) || r.fetch(t, second) || !r.fetch(t, third) {
		t.Error("rotated at once, only the newest token opens the target")
	}
	kim.Get(path).Want(http.StatusOK, "!in grace", "!"+third)
	for _, grace := range []string{"73", "-1", "x", "", "99999999999999999999"} {
		kim.Post(path+"/rotate", url.Values{"grace": {grace}}).Want(http.StatusUnprocessableEntity, "Give whole hours from 0 to 72.", "!pt_"+third[3:])
	}
	for range target.MaxTokens - 1 {
		made(t, kim.Post(path+"/rotate", url.Values{"grace": {"72"}}))
	}
	kim.Post(path+"/rotate", url.Values{"grace": {"1"}}).Want(http.StatusConflict, "has 5 living tokens already")
}

func TestSettingsAreChangedAndWhatIsLeftAloneStays(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	r.keyed(t, r.Owner, "mail")
	r.upload(t, r.Owner, "half", testcert.SelfSigned("half.example.com").CertPEM)
	end := r.Now().Add(100*time.Hour + 7*time.Second)
	d, _, err := r.Push.Create(ctx, r.Owner, push.NewTarget{
		Name: "web", Type: target.TypePull, Group: "www", Tags: []string{"a, b"}, Settings: target.Settings{ExpiresAt: &end},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := "/dashboard/push/" + d.ID
	kim := r.As(t, tenant.Editor)
	f := url.Values{
		"name": {"web 2"}, "group": {d.Group}, "tags": {"a, b"}, "expires": {end.Format("2006-01-02T15:04")}, "preset": {"modern"}, "networks": {"10.0.0.0/8"},
	}
	kim.Post(path+"/settings", f).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "Settings saved.", "web 2")
	got := r.target(t, d.ID)
	if got.Name != "web 2" || !got.Settings.ExpiresAt.Equal(end) || len(got.Tags) != 1 || got.Tags[0] != "a, b" || len(got.Settings.AllowedCIDRs) != 1 {
		t.Errorf("%+v", got)
	}
	f.Set("group", "mail")
	f.Set("expires", "")
	f.Set("networks", "")
	f.Set("tags", "x,y")
	f.Set("preset", "legacy")
	kim.Post(path+"/settings", f).WantGo(path)
	got = r.target(t, d.ID)
	if got.GroupName != "mail" || got.Settings.ExpiresAt != nil || len(got.Settings.AllowedCIDRs) != 0 || len(got.Tags) != 2 || got.Settings.PFXPreset != cert.PresetLegacy {
		t.Errorf("%+v", got)
	}
	for field, c := range map[string][2]string{
		"group": {"half", "Upload the certificate and its key"}, "networks": {"all", "Give networks such as"}, "expires": {"2001-01-01T00:00", "Give a time in the future"},
	} {
		bad := url.Values{"name": {"typed"}, "group": {got.Group}, "tags": {"x, y"}, "preset": {"legacy"}}
		bad.Set(field, c[0])
		kim.Post(path+"/settings", bad).Want(http.StatusUnprocessableEntity, c[1], `value="typed"`)
	}
	all := url.Values{"name": {""}, "group": {got.Group}, "preset": {"legacy"}, "networks": {"all"}, "expires": {"tomorrow"}}
	kim.Post(path+"/settings", all).Want(http.StatusUnprocessableEntity, "Give networks such as", "Give day and time such as", "Give it a name.")
	if r.target(t, d.ID).Name != "web 2" {
		t.Error("a refused form changed something")
	}
}

func (r *rig) target(t *testing.T, id string) target.Target {
	t.Helper()
	d, err := r.Push.Get(ctx, r.Owner, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADeletedTargetIsGoneWithItsToken(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	d, tok := r.device(t, r.Owner, "web", "www")
	kim := r.As(t, tenant.Editor)
	path := "/dashboard/push/" + d.ID
	kim.Get(path+"/delete").Want(http.StatusOK, "Delete web?", "stops working at once", "keep the files they have", "Keep it")
	kim.Post(path+"/delete", nil).WantGo("/dashboard/push")
	kim.Get("/dashboard/push").Want(http.StatusOK, "Target deleted.", "No device fetches from here yet")
	kim.Get(path).Want(http.StatusNotFound)
	kim.Post(path+"/delete", nil).Want(http.StatusNotFound)
	if r.fetch(t, tok.Reveal()) {
		t.Error("the token of a deleted target opens something")
	}
}

func TestTheFirstFetchIsWaitedForAndNotForEver(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	kim := r.As(t, tenant.Editor)
	tok, path := made(t, kim.Post("/dashboard/push/new", newForm("web", "www")))
	look := func(query string) (status int, body string) {
		a := kim.Do(http.MethodGet, path+"/waiting?"+query, nil, fromHtmx)
		return a.Status, a.Body
	}
	d := r.onlyTarget(t)
	query := "token=" + d.Tokens[0].ID + "&since=" + itoa(r.Now().Unix()) + "&every="
	if status, body := look(query + "3"); status != http.StatusNoContent || body != "" {
		t.Errorf("nothing new: %d %s", status, body)
	}
	r.Pass(6 * time.Minute)
	status, body := look(query + "3")
	if status != http.StatusOK || !strings.Contains(body, `every 20s`) || strings.Contains(body, "<html") {
		t.Errorf("after minutes it is asked seldom: %d %s", status, body)
	}
	if status, _ := look(query + "20"); status != http.StatusNoContent {
		t.Errorf("seldom, nothing new: %d", status)
	}
	r.Pass(time.Hour)
	if status, body := look(query + "20"); status != 286 || strings.Contains(body, "hx-get") {
		t.Errorf("after an hour it ends: %d %s", status, body)
	}
	r.fetch(t, tok)
	if status, body := look(query + "20"); status != 286 || !strings.Contains(body, "The device has fetched") || !strings.Contains(body, "from 203.0.113.9: bundle, generation 1. It is up to date.") {
		t.Errorf("after the fetch: %d %s", status, body)
	}
	if status, body := look("token=ptk_nosuch&every=3"); status != 286 || !strings.Contains(body, "That token is no more") {
		t.Errorf("of a token that is gone: %d %s", status, body)
	}
	kim.Get(path + "/waiting").WantGo(path)
	kim.Get(path).Want(http.StatusOK, "!Waiting for the first fetch")
}

// The wait is asked for by the page, perhaps with nobody before it: it does not keep the session alive, and when that is over
// the token that is shown this once stays on the page.
func TestTheWaitKeepsNoSessionAlive(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	kim := r.As(t, tenant.Editor)
	_, path := made(t, kim.Post("/dashboard/push/new", newForm("web", "www")))
	d := r.onlyTarget(t)
	look := func() webtest.Answer {
		return kim.Do(http.MethodGet, path+"/waiting?token="+d.Tokens[0].ID+"&since="+itoa(r.Now().Unix())+"&every=3", nil, fromHtmx)
	}
	for left := tenant.SessionIdle; left > 0; left -= time.Hour {
		look().Want(http.StatusNoContent)
		if err := r.SignIn.FlushSeen(ctx); err != nil {
			t.Fatal(err)
		}
		r.Pass(time.Hour)
	}
	a := look()
	a.Want(286)
	if a.Header.Get("HX-Reswap") != "none" || a.Header.Get("HX-Redirect") != "" || a.Body != "" {
		t.Errorf("%v %s", a.Header, a.Body)
	}
	kim.Get(path).WantGo("/sign-in?next=" + url.QueryEscape(path))
}

func (r *rig) onlyTarget(t *testing.T) target.Target {
	t.Helper()
	page, err := r.Push.List(ctx, r.Owner, target.Query{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d targets, %v", len(page.Items), err)
	}
	return page.Items[0]
}

func TestATokenIsNeverInAnAddress(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	a := r.As(t, tenant.Editor).Post("/dashboard/push/new", newForm("web", "www"))
	tok, _ := made(t, a)
	for _, attr := range []string{"href=\"", "action=\"", "hx-get=\"", "hx-post=\"", "src=\""} {
		for _, part := range strings.Split(a.Body, attr)[1:] {
			if address, _, _ := strings.Cut(part, `"`); strings.Contains(address, tok) {
				t.Errorf("%s%s", attr, address)
			}
		}
	}
	if a.Header.Get("Location") != "" || a.Header.Get("HX-Redirect") != "" || strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), ""), tok) {
		t.Error("the token leaves the page", a.Header)
	}
}
