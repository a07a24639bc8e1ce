package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// outcome is what a request is answered with.
type outcome struct {
	status  int
	to      string // where the browser is sent begins so; "*" for anywhere but to the sign-in and the like
	confirm bool   // the answer asks who somebody is
}

func (o outcome) String() string { return fmt.Sprintf("%d %s confirm %v", o.status, o.to, o.confirm) }

// wanted is the outcome of one cell, and whether the person is let through to what the route does. It is worked out of the
// action of the route and the table of the policy.
func wanted(c comer, r kit.Route, a aim, at *things) (out outcome, reached bool) {
	out, reached = asked(c, r, a, at)
	if out.status == http.StatusSeeOther && out.to == "" {
		out.to = "*"
	}
	if a.script && out.confirm {
		out = outcome{status: http.StatusForbidden, confirm: true}
	}
	if a.script && out.status == http.StatusSeeOther {
		out.status = http.StatusNoContent
	}
	return out, reached
}

func asked(c comer, r kit.Route, a aim, at *things) (out outcome, reached bool) {
	if r.Action == tenant.Open {
		return openTo(c, r, done(c, r, a)), true
	}
	if c.who.Principal == "" || c.reads && r.Method == http.MethodPost && r.Path != "/sign-out" {
		if r.Poll { // the page that asks stays as it is
			return outcome{status: kit.StopPolling}, false
		}
		return outcome{status: http.StatusSeeOther, to: "/sign-in"}, false
	}
	if c.must != "" && !r.Unfinished {
		if c.must == signin.MustWorkspace {
			return outcome{status: http.StatusSeeOther, to: "/dashboard/welcome"}, false
		}
		return outcome{status: http.StatusSeeOther, to: "/dashboard/settings/security"}, false
	}
	if err := c.who.Allow(r.Action); err != nil {
		return refusal(r, err), false
	}
	switch {
	case a.own && c.who.User != at.owner.User, !a.own && (a.thing != nil || a.names) && c.who.Tenant != at.owner.Tenant:
		out = outcome{status: http.StatusNotFound}
		if a.field {
			out.status = http.StatusUnprocessableEntity
		}
		return out, false
	case a.export && c.who.Allow(tenant.ArtifactExport) != nil:
		return refusal(r, c.who.Allow(tenant.ArtifactExport)), false
	case a.proof && !c.who.Fresh:
		return refusal(r, tenant.NotFresh), false
	}
	return done(c, r, a), true
}

// done is the outcome of what the route does.
func done(c comer, r kit.Route, a aim) outcome {
	out := outcome{status: a.ok}
	if a.okFor != nil {
		out.status = a.okFor(c)
	}
	if out.status == 0 {
		out.status = http.StatusOK
		if r.Method == http.MethodPost {
			out.status = http.StatusSeeOther
		}
	}
	return out
}

// openTo is the outcome of a route that everybody may use. The pages on which people come in send on who is in.
func openTo(c comer, r kit.Route, out outcome) outcome {
	in := c.who.Principal != ""
	switch r.Pattern() {
	case "GET /sign-in", "GET /sign-up", "GET /sign-in/code":
		if in {
			return outcome{status: http.StatusSeeOther, to: "/dashboard"}
		}
	}
	if r.Pattern() == "GET /sign-in/code" && c.name == "pending second factor" {
		return outcome{status: http.StatusOK}
	}
	return out
}

func refusal(r kit.Route, err error) outcome {
	switch {
	case fault.KindOf(err) == fault.NotFound: // it is not there for them
		return outcome{status: http.StatusNotFound}
	case !tenant.NotProved(err):
		return outcome{status: http.StatusForbidden}
	case r.Method == http.MethodPost:
		return outcome{status: http.StatusForbidden, confirm: true}
	default:
		return outcome{status: http.StatusSeeOther, to: "/dashboard/confirm?next=", confirm: true}
	}
}

// got is the outcome of an answer, as far as want says what is looked at.
func got(r reply, want outcome) outcome {
	out := outcome{status: r.status, to: r.header.Get("Location") + r.header.Get("HX-Redirect"), confirm: r.header.Get("X-Confirm") == "1"}
	if want.to == "*" && out.to != "" && !strings.HasPrefix(out.to, "/dashboard/confirm") {
		out.to = "*"
	} else if want.to != "" && strings.HasPrefix(out.to, want.to) {
		out.to = want.to
	}
	if want.confirm && out.to == want.to && out.to != "" {
		out.confirm = true // the address says so
	}
	return out
}

func routeOf(t *testing.T, routes []kit.Route, name string) kit.Route {
	t.Helper()
	parts := strings.Fields(name)
	for _, r := range routes {
		if r.Method == parts[0] && r.Path == parts[1] {
			return r
		}
	}
	t.Fatalf("%s is no route", name)
	return kit.Route{}
}

// matrix is a run of all cells in one world.
type matrix struct {
	*world
	t            *testing.T
	ours, theirs *things
	comers       []comer
	was          state
	made         bool // something since then, by no request
	cells        int
}

// TestMatrix runs every route as everybody against their own things and another workspace's.
func TestMatrix(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		m := &matrix{world: w, t: t}
		m.ours = w.furnish(w.Owner, "ours-7f3a", "Test workspace")
		m.theirs = w.furnish(w.NewTenant(t, "Workspace theirs-9c1e"), "theirs-9c1e", "Workspace theirs-9c1e")
		m.comers = w.comers(m.ours, m.theirs)
		aimed := map[string]bool{}
		for _, a := range aims {
			r := routeOf(t, w.web.Routes(), a.route)
			aimed[r.Pattern()] = true
			m.row(a.route, r, a.aim)
		}
		for _, n := range nested {
			m.inside(n)
		}
		for _, r := range w.web.Routes() {
			if !aimed[r.Pattern()] {
				t.Errorf("%s is not in the matrix", r.Pattern())
			}
		}
		t.Logf("%d routes, %d aims, %d people, %d cells", len(w.web.Routes()), len(aims), len(m.comers), m.cells)
	})
}

// row runs a route: first everybody who is refused, after whom nothing may have changed, then everybody who is not.
func (m *matrix) row(name string, r kit.Route, a aim) {
	at := []*things{m.ours, m.theirs}
	if a.thing == nil && !a.names {
		at = at[:1]
	}
	m.settle()
	for _, o := range at {
		for _, c := range m.comers {
			if want, reached := wanted(c, r, a, o); !reached {
				m.cell(name, r, a, c, o, want)
			}
		}
	}
	m.unchanged("refused calls of "+name, nil)
	for _, o := range at {
		for _, c := range m.comers {
			if _, reached := wanted(c, r, a, o); reached {
				m.reached(name, r, a, c, o)
			}
		}
	}
	if r.Method == http.MethodGet {
		m.unchanged(name, nil)
	}
}

// reached runs a cell of somebody who may: nothing of anybody else may change, and nothing at all with a page or a refusal.
func (m *matrix) reached(name string, r kit.Route, a aim, c comer, o *things) {
	if a.self && c.again != nil {
		c, m.made = c.again(), true
	}
	if a.thing != nil && a.thing.make != nil && r.Method == http.MethodPost {
		fresh := *a.thing
		id := fresh.make(m.world, o)
		m.made = true
		fresh.at = func(*things) string { return id }
		a.thing = &fresh
	}
	m.settle()
	want, _ := wanted(c, r, a, o)
	m.cell(name, r, a, c, o, want)
	what := name + " as " + c.name
	switch {
	case a.told:
		m.unchanged(what, func(key string) bool {
			table, _, _ := strings.Cut(key, " ")
			return !m.foreign(c, key) && slices.Contains([]string{"audit", "audit_heads", "forms", "group_passwords", "sessions", "authenticators"}, table)
		})
	case r.Method == http.MethodGet: // row looks when everybody has had the page
	case want.status >= http.StatusBadRequest:
		m.unchanged(what, nil)
	case r.Action == tenant.Open:
		m.unchanged(what, func(key string) bool { return strings.HasPrefix(key, "ceremonies ") })
	default:
		m.unchanged(what, func(key string) bool { return !m.foreign(c, key) })
	}
}

// foreign says whether a row is of a workspace that c is not in, or of a person in one.
func (m *matrix) foreign(c comer, key string) bool {
	_, owner, _ := strings.Cut(key, " ")
	if owner == "" || owner == string(c.who.Tenant) || owner == string(c.who.User) {
		return false
	}
	if c.name == "pending second factor" { // the trail of the workspace that they would begin in is told of wrong codes
		return owner != string(m.ours.owner.Tenant) && !strings.HasPrefix(owner, "usr_")
	}
	if c.who.Tenant == "" {
		return true
	}
	if strings.HasPrefix(owner, "usr_") { // a colleague's session ends when their role changes
		_, is := m.was["members "+string(c.who.Tenant)]
		return !is || !strings.Contains(m.was["members "+string(c.who.Tenant)], owner)
	}
	return true
}

// settle takes the state as it is for the one to compare with.
func (m *matrix) settle() {
	if m.made || m.was == nil {
		m.was, m.made = m.witness.look(), false
	}
}

// unchanged compares with the state before; may says which keys may differ.
func (m *matrix) unchanged(what string, may func(key string) bool) {
	m.t.Helper()
	now := m.witness.look()
	for _, key := range changed(m.was, now) {
		if key == "auth_epoch " && may != nil {
			continue
		}
		if may == nil || !may(key) {
			m.t.Errorf("%s changed %s%s", what, key, difference(m.was[key], now[key]))
		}
	}
	m.was = now
}

// request is what a comer asks of a route.
func (m *matrix) request(r kit.Route, a aim, c comer, o *things) call {
	id := ""
	if a.thing != nil {
		id = a.thing.at(o)
	}
	req := call{method: r.Method, path: strings.NewReplacer("{id}", id, "{n}", "1", "{page}", a.page, "{deployment}", o.ran, "{$}", "").Replace(r.Path), cookie: c.cookie, bearer: c.bearer}
	if a.query != nil {
		req.path += "?" + a.query(o, id).Encode()
	}
	if a.form != nil {
		req.body = a.form(m.world, o, id).Encode()
	}
	if a.by != nil {
		req.body = a.by(m.world, c).Encode()
	}
	if a.body != nil {
		req.contentType, req.body = a.body(m.world, o)
	}
	if a.script {
		req.headers = map[string]string{"HX-Request": "true"}
	}
	return req
}

func (m *matrix) cell(name string, r kit.Route, a aim, c comer, o *things, want outcome) {
	m.t.Helper()
	m.judge(fmt.Sprintf("%s as %s at %s", name, c.name, o.marker), m.request(r, a, c, o), c, want)
}

// judge makes the call and holds the answer against what it must be: nobody reads a word of a workspace they are not in, and
// somebody who has something to do first reads no word of what is in theirs.
func (m *matrix) judge(what string, req call, c comer, want outcome) {
	m.t.Helper()
	m.cells++
	answer := m.ask(req)
	sent, _ := url.QueryUnescape(req.path + req.body) // a file is found as it is
	sent += req.body
	if g := got(answer, want); g != want {
		m.t.Errorf("%s: %s, want %s: %.200s", what, g, want, words(answer.body))
	}
	for _, o := range []*things{m.ours, m.theirs} {
		if c.who.Principal != "" && c.who.Tenant == o.owner.Tenant && c.must == "" {
			continue
		}
		hidden := *o
		if c.who.Tenant == o.owner.Tenant && c.who.Tenant != "" { // its name and its own id they may know
			hidden.name, hidden.owner.Tenant = "\x00", "\x00"
		}
		if leak := hidden.foundIn(answer.text(), sent); leak != "" {
			m.t.Errorf("%s: the answer holds %s: %.200s", what, leak, words(answer.body))
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// words answers what a page says without its frame, to be read in a failure.
func words(page string) string {
	if i := strings.Index(page, "<main"); i >= 0 {
		page = page[i:]
	}
	return strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " ")
}
