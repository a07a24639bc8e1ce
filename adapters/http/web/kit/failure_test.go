package kit_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/tenant"
)

var dialog = map[string]string{"HX-Request": "true", "X-Dialog": "1", "Accept": "*/*"}

// Each failure looks as where it is shown: a page for people, a fragment in the dialog, JSON for programs.
func TestFailures(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Viewer)
	for _, c := range []struct {
		method, path string
		status       int
		title, code  string
	}{
		{"GET", "/dashboard/nothing", 404, "That page is not here", "not_found"},
		{"GET", "/nothing", 404, "That page is not here", "not_found"},
		{"POST", "/nothing", 404, "That page is not here", "not_found"},
		{"GET", "/dashboard/things/not-an-id", 404, "That page is not here", "not_found"},
		{"GET", "/dashboard/things/%00", 404, "That page is not here", "not_found"},
		{"GET", "/dashboard/owners", 403, "That is not open to you", "forbidden"},
		{"DELETE", "/dashboard/owners", 405, "That did not work", "method_not_allowed"},
		{"GET", "/dashboard/echo", 405, "That did not work", "method_not_allowed"},
		{"GET", "/dashboard?a=%zz", 400, "That did not work", "malformed"},
		{"GET", "/dashboard?a=%00", 400, "That did not work", "malformed"},
		{"GET", "/dashboard?a=%ff", 400, "That did not work", "malformed"},
		{"GET", "/dashboard/broken", 500, "Something broke on our side", "internal"},
		{"GET", "/dashboard/panic", 500, "Something broke on our side", "internal"},
	} {
		what := c.method + " " + c.path
		page := kim.Do(c.method, c.path, nil, nil)
		page.Want(c.status, "<!doctype html>", c.title, "!"+c.code+`"`, "!PANICTEXT", "!unexpected EOF")
		if c.path != "/dashboard/panic" { // nobody is looked up then: that may be what fails
			page.Want(c.status, `class="app"`, "Sign out")
		}
		kim.Do(c.method, c.path, nil, dialog).Want(c.status, "!<html", `<div class="dlg">`, c.title)
		program := kim.Do(c.method, c.path, nil, map[string]string{"Accept": "application/json"})
		program.Want(c.status, `{"error":"`, `"code":"`+c.code+`"`, "!PANICTEXT", "!<")
		if program.Header.Get("Content-Type") != "application/json" || page.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %v %v", what, program.Header, page.Header)
		}
		for _, a := range []http.Header{page.Header, program.Header} {
			if !strings.Contains(strings.Join(a.Values("Vary"), ","), "Accept,") && a.Get("Vary") != "Accept" {
				t.Errorf("%s: Vary %q", what, a.Values("Vary"))
			}
			if allow := a.Get("Allow"); (c.status == 405) != (allow != "") {
				t.Errorf("%s: Allow %q", what, allow)
			}
		}
	}
	if a := kim.Do("DELETE", "/dashboard/fresh", nil, nil).Header.Get("Allow"); a != "GET, HEAD, POST" {
		t.Errorf("Allow: %q", a)
	}
}

func TestFailuresOfStrangers(t *testing.T) {
	r := local(t)
	far := r.Stranger(t)
	for path, status := range map[string]int{"/nothing": 404, "/dashboard/nothing": 404, "/sign-in?a=%zz": 400} {
		far.Get(path).Want(status, "<!doctype html>", `class="plain"`, `href="/sign-in"`, "!Sign out", "!Test workspace")
		far.Do("GET", path, nil, dialog).Want(status, "!<html", `<div class="dlg">`)
		far.Do("GET", path, nil, map[string]string{"Accept": "*/*"}).Want(status, `{"error":"`)
	}
	far.Do("DELETE", "/dashboard", nil, nil).Want(405, "<!doctype html>", `class="plain"`)
	// What is there and what is not look the same to who may not see either, and an id is not told from another.
	far.Get("/dashboard/owners").WantGo("/sign-in?next=%2Fdashboard%2Fowners")
	far.Do("GET", "/dashboard/owners", nil, dialog).Want(http.StatusNoContent)
}

var reference = regexp.MustCompile(`inc_[0-9A-Za-z]+`)

// What broke is in the log alone, under the reference that the page shows.
func TestAnIncidentIsFoundInTheLog(t *testing.T) {
	r := local(t)
	s := serve(t, r, config{base: "http://localhost:8080", extra: pages})
	sid := cookieOf(t, s.ask("POST", "/sign-in", credentials(r.NewPerson(t, r.Tenant, tenant.Viewer))), "sid")
	for path, cause := range map[string]string{"/dashboard/panic": "kit_test.pages", "/dashboard/broken": "unexpected EOF"} {
		seen := map[string]bool{}
		for _, header := range [][]string{{"Accept", "text/html"}, {"Accept", "*/*"}, {"Accept", "*/*", "HX-Request", "true", "X-Dialog", "1"}} {
			w := s.ask("GET", path, "", append(header, "Cookie", "sid="+sid.Value)...)
			ref := reference.FindString(w.Body.String())
			if w.Code != 500 || ref == "" || seen[ref] || strings.Contains(w.Body.String(), cause) || strings.Contains(w.Body.String(), "goroutine") {
				t.Errorf("%s %v: %d %s", path, header, w.Code, w.Body)
			}
			seen[ref] = true
			line := ""
			for l := range strings.Lines(s.log.String()) {
				if strings.Contains(l, ref) {
					line = l
				}
			}
			if !strings.Contains(line, "level=ERROR") || !strings.Contains(line, cause) {
				t.Errorf("%s: the log says %q of %s", path, line, ref)
			}
		}
	}
	for _, secret := range []string{sid.Value, "correct horse", "PANICTEXT"} { // what panics say may be of anything
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(s.log.String(), `route="GET /dashboard/panic"`) {
		t.Error("requests are not in the log by route")
	}
}

func TestARouteWithoutAnActionIsNotRegistered(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a page that names no action was registered")
		}
	}()
	kit.New(kit.Deps{BaseURL: "http://localhost"}).Get("/dashboard/x", "", "", nil)
}
