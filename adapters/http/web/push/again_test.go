package push_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

var aNonce = regexp.MustCompile(`name="once" value="([A-Z2-7]{20,})"`)

// onceOf answers the nonce of the form on a page.
func onceOf(t *testing.T, a webtest.Answer) string {
	t.Helper()
	m := aNonce.FindStringSubmatch(a.Body)
	if m == nil {
		t.Fatalf("no nonce: %s", a.Body)
	}
	return m[1]
}

// A reload of the page that shows a token sends the form again.
func TestAFormThatIsSentAgainMakesNoSecondTarget(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	kim := r.As(t, tenant.Editor)
	f := newForm("web", "www")
	f.Set("once", onceOf(t, kim.Get("/dashboard/push/new")))
	wrong := url.Values{"once": f["once"], "type": {"pull"}, "name": {""}, "group": {"www"}, "preset": {"modern"}}
	kim.Post("/dashboard/push/new", wrong).Want(http.StatusUnprocessableEntity) // a refusal uses nothing up
	tok, path := made(t, kim.Post("/dashboard/push/new", f))
	for range 2 {
		kim.Post("/dashboard/push/new", f).Want(http.StatusConflict, "Already made", "shown once", `href="`+path+`"`, "!"+tok)
	}
	if n := strings.Count(kim.Get("/dashboard/push").Body, `title="web"`); n != 1 {
		t.Errorf("there are %d targets", n)
	}
	if !r.fetch(t, tok) {
		t.Error("the token that was shown does not work")
	}
	f.Set("once", onceOf(t, kim.Get("/dashboard/push/new")))
	f.Set("name", "another")
	made(t, kim.Post("/dashboard/push/new", f))
	made(t, r.As(t, tenant.Editor).Post("/dashboard/push/new", f)) // the nonce is one of this session's alone
}

func TestARotationThatIsSentAgainEndsNoToken(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	d, _ := r.device(t, r.Owner, "web", "www")
	kim := r.As(t, tenant.Editor)
	path := "/dashboard/push/" + d.ID
	f := url.Values{"grace": {"0"}, "once": {onceOf(t, kim.Get(path+"/rotate"))}}
	tok, _ := made(t, kim.Post(path+"/rotate", f))
	kim.Post(path+"/rotate", f).Want(http.StatusConflict, "Already made", `href="`+path+`"`, "!"+tok)
	if !r.fetch(t, tok) {
		t.Error("the second sending ended the token that was shown")
	}
}

func settingsForm(d target.Target, name, group string) url.Values {
	f := url.Values{"preset": {"modern"}, "was.preset": {"modern"}}
	for _, field := range []string{"tags", "networks", "expires"} {
		f.Set(field, "")
		f.Set("was."+field, "")
	}
	f.Set("name", name)
	f.Set("was.name", d.Name)
	f.Set("group", group)
	f.Set("was.group", d.Group)
	return f
}

// What a colleague changed while the form was open is not put back.
func TestSettingsLeaveAloneWhatTheFormDidNotChange(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	r.keyed(t, r.Owner, "edge")
	d, _ := r.device(t, r.Owner, "web", "www")
	kim, lee := r.As(t, tenant.Editor), r.As(t, tenant.Editor)
	path := "/dashboard/push/" + d.ID
	kim.Get(path+"/settings").Want(http.StatusOK, `name="was.name" value="web"`, `name="was.group" value="`+d.Group+`"`)
	lee.Post(path+"/settings", settingsForm(d, "renamed", "edge")).WantGo(path)
	f := settingsForm(d, "web", d.Group)
	f.Set("tags", "dmz")
	kim.Post(path+"/settings", f).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "renamed", "dmz", "edge")

	f = settingsForm(d, "mine", d.Group)
	f.Set("tags", "dmz")
	f.Set("was.tags", "dmz")
	kim.Post(path+"/settings", f).Want(http.StatusConflict, "Somebody else changed this target", "It is now: renamed", `name="name" type="text" value="mine"`,
		`name="was.name" value="renamed"`, ">edge</option>")
	kim.Get(path).Want(http.StatusOK, "renamed", "!mine")
	f.Set("was.name", "renamed")
	f.Del("group")
	f.Del("was.group")
	f.Set("group", "edge")
	kim.Post(path+"/settings", f).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "mine", "edge")
}

func TestNoGroupIsChosenThatNobodyChose(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	kim := r.As(t, tenant.Editor)
	kim.Get("/dashboard/push/new").Want(http.StatusOK, "selected>www<") // there is but one
	r.keyed(t, r.Owner, "edge")
	kim.Get("/dashboard/push/new").Want(http.StatusOK, `<option value="" selected>Choose a group</option>`, "!selected>www<", "!selected>edge<")
	half, err := r.Vault.CreateGroup(ctx, r.Owner, "half", secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	kim.Get("/dashboard/push/new?group="+half.ID).Want(http.StatusOK, "The group half has no current certificate", "!selected>www<")
	kim.Get("/dashboard/push/new?group=nosuch").Want(http.StatusOK, "There is no such group")
}

// Where there are more groups than a list holds, the filter is typed into and asks the server.
func TestTheFilterFindsEveryGroup(t *testing.T) {
	r := serve(t)
	for i := range 51 {
		r.keyed(t, r.Owner, "fleet-"+strings.Repeat("i", i+1))
	}
	r.keyed(t, r.Owner, "zulu")
	d, _ := r.device(t, r.Owner, "last", "zulu")
	r.device(t, r.Owner, "first", "fleet-i")
	kim := r.As(t, tenant.Viewer)
	kim.Get("/dashboard/push").Want(http.StatusOK, `list="list-group-names"`, `hx-get="/dashboard/groups/names"`, "!<select class=\"select\" id=\"list-group\"")
	kim.Do(http.MethodGet, "/dashboard/groups/names?group=zu", nil, fromHtmx).Want(http.StatusOK, `value="zulu"`, "!fleet")
	for _, chosen := range []string{"zulu", d.Group} {
		kim.Get("/dashboard/push?group="+chosen).Want(http.StatusOK, ">last<", `value="zulu" placeholder="All groups"`, "!>first<")
	}
}
