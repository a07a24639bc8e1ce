package kit_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func password(next string) url.Values {
	return url.Values{"password": {webtest.Password}, "next": {next}}
}

// A page that needs a recent proof is gone to by way of the question, and is there after it.
func TestAStalePageAsksAndComesBack(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	kim.Get("/dashboard/fresh?a=1").Want(200)
	r.Pass(tenant.FreshFor)
	kim.Get("/dashboard/fresh?a=1").Want(200) // to the second
	r.Pass(time.Second)
	kim.Get("/dashboard/fresh?a=1").WantGo("/dashboard/confirm?next=%2Fdashboard%2Ffresh%3Fa%3D1")
	kim.Do("HEAD", "/dashboard/fresh?a=1", nil, nil).WantGo("/dashboard/confirm?next=%2Fdashboard%2Ffresh%3Fa%3D1")
	kim.Get("/dashboard").Want(200)
	kim.Get("/dashboard/confirm?next=%2Fdashboard%2Ffresh%3Fa%3D1").Want(200, "Confirm that it is you", `value="/dashboard/fresh?a=1"`, `action="/dashboard/confirm"`)
	kim.Post("/dashboard/confirm", url.Values{"password": {"wrong"}, "next": {"/dashboard/fresh?a=1"}}).Want(http.StatusUnprocessableEntity, `value="/dashboard/fresh?a=1"`, "!wrong\"")
	kim.Get("/dashboard/fresh").WantGo("/dashboard/confirm?next=%2Fdashboard%2Ffresh")
	kim.Post("/dashboard/confirm", password("/dashboard/fresh?a=1")).WantGo("/dashboard/fresh?a=1")
	kim.Get("/dashboard/fresh?a=1").Want(200)
}

// What changes something is answered with the question; nothing is done before it.
func TestAStaleChangeIsAskedForFirst(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	r.Pass(tenant.FreshFor + time.Second)
	a := kim.Post("/dashboard/fresh", url.Values{"name": {"SENT"}})
	a.Want(http.StatusForbidden, "<!doctype html>", "Confirm that it is you", `name="next" value="/dashboard/fresh"`, "!SENT")
	b := kim.Do("POST", "/dashboard/fresh", url.Values{"name": {"SENT"}}, map[string]string{"HX-Request": "true", "HX-Current-URL": r.URL + "/dashboard/things/x?b=2"})
	b.Want(http.StatusForbidden, "!<html", `name="again" value="1"`, `name="next" value="/dashboard/things/x?b=2"`, "!SENT")
	c := kim.Do("GET", "/dashboard/fresh", nil, dialog)
	c.Want(http.StatusForbidden, "!<html", `name="again" value="1"`)
	d := kim.Do("POST", "/dashboard/only-post", nil, map[string]string{"Referer": r.URL + "/dashboard/things/y"})
	d.Want(http.StatusForbidden, `name="next" value="/dashboard/things/y"`)
	for _, a := range []webtest.Answer{a, b, c, d} {
		if a.Header.Get("X-Confirm") != "1" {
			t.Errorf("%v", a.Header)
		}
	}
	kim.Get("/dashboard").Want(200, "!Done:")
	again := kim.Do("POST", "/dashboard/confirm", url.Values{"password": {webtest.Password}, "again": {"1"}}, map[string]string{"HX-Request": "true"})
	if again.Status != http.StatusNoContent || again.Header.Get("X-Confirmed") != "1" || again.Header.Get("HX-Redirect") != "" {
		t.Errorf("%d %v", again.Status, again.Header)
	}
	kim.Post("/dashboard/fresh", url.Values{"name": {"SENT"}}).WantGo("/dashboard")
	kim.Get("/dashboard").Want(200, "Done: SENT")
}

// Who may not do it is not asked who they are.
func TestTheRoleCountsBeforeTheProof(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Viewer)
	r.Pass(tenant.FreshFor + time.Second)
	for _, a := range []webtest.Answer{kim.Get("/dashboard/fresh"), kim.Post("/dashboard/fresh", nil)} {
		a.Want(http.StatusForbidden, "That is not open to you", `!name="password"`)
		if a.Header.Get("X-Confirm") != "" {
			t.Error("a viewer is asked to confirm")
		}
	}
}

// A form that another site sends does nothing, whoever is signed in.
func TestFormsOfOtherSites(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "x"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
		{"Origin": "http://localhost"}, {"Origin": "http://localhost:1"}, {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
	} {
		for _, path := range []string{"/dashboard/fresh", "/sign-in", "/sign-out", "/dashboard/theme", "/dashboard/confirm"} {
			a := kim.Do("POST", path, credentialsOf(kim), header)
			a.Want(http.StatusForbidden, "sent from another site")
			if len(a.Header.Values("Set-Cookie")) > 0 || a.Header.Get("X-Confirm") != "" {
				t.Errorf("%s with %v: %v", path, header, a.Header)
			}
		}
		kim.Do("GET", "/dashboard", nil, header).Want(200, "!Done:") // a link from elsewhere is welcome
	}
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": r.URL}, {"Sec-Fetch-Site": "cross-site", "Origin": r.URL}, nil} {
		kim.Do("POST", "/dashboard/fresh", nil, header).WantGo("/dashboard")
	}
}

func credentialsOf(p *webtest.Person) url.Values {
	return url.Values{"email": {p.User.Email}, "password": {webtest.Password}}
}
