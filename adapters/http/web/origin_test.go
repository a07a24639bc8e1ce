package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// TestFormsOfOtherSites sends every form as an owner would, from a page of another site: none does anything.
func TestFormsOfOtherSites(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		m := &matrix{world: w, t: t}
		m.ours = w.furnish(w.Owner, "ours-7f3a", "Test workspace")
		m.theirs = m.ours
		owner := w.ownerOf("owner", m.ours, strong)
		before, sent := w.witness.look(), map[string]bool{}
		for _, a := range aims {
			r := routeOf(t, w.web.Routes(), a.route)
			for _, header := range []map[string]string{
				{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:9090"},
				{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
			} {
				if r.Method != http.MethodPost {
					continue
				}
				sent[r.Pattern()] = true
				req := m.request(r, a.aim, owner, m.ours)
				req.headers = header
				got := w.ask(req)
				if got.status != http.StatusForbidden || !strings.Contains(got.body, "sent from another site") {
					t.Errorf("%s with %v: %d %.200s", a.route, header, got.status, words(got.body))
				}
				if leak := m.ours.foundIn(got.text(), req.path+req.body); leak != "" || got.header.Get("Set-Cookie") != "" {
					t.Errorf("%s with %v: the answer holds %q, cookie %q", a.route, header, leak, got.header.Get("Set-Cookie"))
				}
			}
		}
		for _, key := range changed(before, w.witness.look()) {
			t.Errorf("a form of another site changed %s", key)
		}
		for _, r := range w.web.Routes() {
			if r.Method == http.MethodPost && !sent[r.Pattern()] {
				t.Errorf("%s was not tried", r.Pattern())
			}
		}
	})
}

// TestPagesChangeNothing asks for every page as an owner. What is handed out with a key in it is told to the trail; beside
// that not a row differs.
func TestPagesChangeNothing(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		m := &matrix{world: w, t: t}
		m.ours = w.furnish(w.Owner, "ours-7f3a", "Test workspace")
		m.theirs = m.ours
		owner := w.ownerOf("owner", m.ours, strong)
		before, pages := w.witness.look(), 0
		for _, a := range aims {
			r := routeOf(t, w.web.Routes(), a.route)
			if r.Method != http.MethodGet || a.export {
				continue
			}
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				req := m.request(r, a.aim, owner, m.ours)
				req.method = method
				want, _ := wanted(owner, r, a.aim, m.ours)
				if got := w.ask(req); got.status != want.status {
					t.Errorf("%s %s: %d, want %d", method, a.route, got.status, want.status)
				}
				pages++
			}
		}
		for _, key := range changed(before, w.witness.look()) {
			t.Errorf("a page changed %s", key)
		}
		if pages < 120 {
			t.Errorf("only %d pages", pages)
		}
	})
}

// TestSignUpRoutes has the routes that are there only where anybody may sign up.
func TestSignUpRoutes(t *testing.T) {
	w := newWorld(t, "sqlite:"+t.TempDir()+"/x.db", true)
	closed := map[string]bool{}
	for _, a := range aims {
		closed[strings.Join(strings.Fields(a.route)[:2], " ")] = true
	}
	extra := ""
	for _, r := range w.web.Routes() {
		if !closed[r.Pattern()] {
			extra += r.Pattern() + ";"
		}
	}
	if extra != "GET /sign-up;POST /sign-up;POST /dashboard/welcome;" {
		t.Errorf("with open sign-up there are also %s", extra)
	}
	if got := w.ask(call{method: "GET", path: "/sign-up"}); got.status != http.StatusOK {
		t.Errorf("%d", got.status)
	}
	form := "name=Lee&email=lee%40example.com&password=correct+horse+battery+staple"
	before := w.witness.look()
	for _, c := range []call{
		{method: "POST", path: "/sign-up", body: form, headers: map[string]string{"Sec-Fetch-Site": "cross-site"}},
		{method: "POST", path: "/sign-up", body: "name=Lee&email=lee%40example.com&password=short"},
	} {
		if got := w.ask(c); got.status != http.StatusForbidden && got.status != http.StatusUnprocessableEntity || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%d %v", got.status, got.header)
		}
	}
	if keys := changed(before, w.witness.look()); len(keys) > 0 {
		t.Errorf("a refused sign-up changed %v", keys)
	}
	w.welcomes(t)
	if got := w.ask(call{method: "POST", path: "/sign-up", body: form}); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Set-Cookie"), "sid=") {
		t.Errorf("%d %s", got.status, words(got.body))
	}
}

// welcomes has somebody who was taken out of their last workspace make one of their own, and nobody else by that way.
func (w *world) welcomes(t *testing.T) {
	t.Helper()
	before := w.witness.look()
	for name, c := range map[string]call{
		"a stranger": {}, "an owner": {cookie: w.seated("owner", w.Tenant, kind{role: tenant.Owner}).cookie},
		"another site": {cookie: w.removed("removed member", w.Tenant, "").cookie, headers: map[string]string{"Sec-Fetch-Site": "cross-site"}},
	} {
		c.method, c.path = "POST", "/dashboard/welcome"
		if got := w.ask(c); got.status == http.StatusOK || got.header.Get("Location") == "/dashboard/settings/profile" {
			t.Errorf("%s: %d %s", name, got.status, words(got.body))
		}
	}
	after := w.witness.look()
	if len(tenants(after)) != len(tenants(before)) {
		t.Errorf("somebody made a workspace who may not: %v", changed(before, after))
	}
	c := w.removed("removed member", w.Tenant, "")
	if got := w.ask(call{method: "POST", path: "/dashboard/welcome", cookie: c.cookie}); got.status != http.StatusSeeOther || len(tenants(w.witness.look())) != len(tenants(after))+1 {
		t.Errorf("%d %s", got.status, words(got.body))
	}
}

func tenants(s state) (out []string) {
	for k := range s {
		if strings.HasPrefix(k, "tenants ") {
			out = append(out, k)
		}
	}
	return out
}
