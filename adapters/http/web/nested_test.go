package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// inner is a request about one's own things with somebody else's inside.
type inner struct {
	route string
	id    func(own *things) string
	query bool // what is sent is in the address
	send  func(own, foreign *things) url.Values
	group bool // an upload into the foreign group
	field bool // refused as a field of the form
	ok    int  // as in aim
	gone  bool // rows that are not there are passed over, as those are that went meanwhile
}

// nested are all places where an id can be hidden in a query or a form.
var nested = []inner{
	{route: "POST " + vaultPath + "/{id}/move", id: junkOf, field: true, send: func(_, f *things) url.Values { return url.Values{"group": {f.group}, "confirm": {"1"}} }},
	{route: "POST " + vaultPath + "/move", field: true, send: func(o, f *things) url.Values { return url.Values{"id": {o.junk}, "group": {f.group}, "confirm": {"1"}} }},
	{route: "POST " + vaultPath + "/move", gone: true, send: func(o, f *things) url.Values {
		return url.Values{"id": {o.junk, f.junk}, "out": {"1"}, "confirm": {"1"}}
	}},
	{route: "POST " + vaultPath + "/move", send: func(o, f *things) url.Values { return url.Values{"id": {f.junk}, "group": {o.group}, "confirm": {"1"}} }},
	{route: "GET " + vaultPath + "/move", query: true, gone: true, send: func(o, f *things) url.Values { return url.Values{"id": {o.junk, f.cert}} }},
	{route: "POST " + vaultPath + "/delete", field: true, send: func(o, f *things) url.Values {
		return url.Values{"id": {o.junk, f.junk}, "typed": {"delete 2"}}
	}},
	{route: "GET " + vaultPath + "/delete", query: true, gone: true, send: func(o, f *things) url.Values { return url.Values{"id": {o.junk, f.junk}} }},
	{route: "POST " + vaultPath + "/zip", gone: true, ok: 200, send: func(o, f *things) url.Values { return url.Values{"id": {o.cert, f.cert}} }},
	{route: "POST " + vaultPath + "/zip", gone: true, ok: 200, send: func(o, f *things) url.Values { return url.Values{"id": {o.cert, f.key}} }},
	{route: "POST " + vaultPath + "/upload", group: true},
	{route: "POST " + pushPath + "/new", field: true, send: func(_, f *things) url.Values { return settingsOf(nil, f, "") }},
	{route: "POST " + pushPath + "/{id}/settings", id: targetOf, field: true, send: func(o, f *things) url.Values {
		v := settingsOf(nil, o, "")
		v.Set("group", f.group)
		return v
	}},
	{route: "POST " + pushPath + "/new", field: true, send: func(_, f *things) url.Values { return servedOf(nil, f, "") }},
	{route: "POST " + pushPath + "/{id}/script", id: targetOf, field: true, send: func(o, f *things) url.Values {
		return url.Values{"os": {"windows"}, "token": {f.raw.push}}
	}},
	{route: "POST " + ingestPath + "/new", field: true, send: func(_, f *things) url.Values { return url.Values{"name": {"x"}, "group": {f.group}} }},
	{route: "POST /dashboard/workspace", send: func(_, f *things) url.Values { return url.Values{"workspace": {string(f.owner.Tenant)}} }},
	{route: "GET " + vaultPath, query: true, gone: true, send: func(_, f *things) url.Values { return url.Values{"group": {f.group}} }},
	{route: "GET " + vaultPath + ".csv", query: true, send: func(_, f *things) url.Values { return url.Values{"group": {f.group}} }},
}

func junkOf(o *things) string   { return o.junk }
func targetOf(o *things) string { return o.target }

// inside runs a request with foreign ids as everybody who may ask it of their own: it is as if there were no such thing.
func (m *matrix) inside(n inner) {
	r := routeOf(m.t, m.web.Routes(), n.route)
	for _, c := range m.comers {
		own, foreign := m.ours, m.theirs
		if c.who.Tenant == m.theirs.owner.Tenant {
			own, foreign = m.theirs, m.ours
		}
		if c.who.Tenant != own.owner.Tenant {
			continue
		}
		want, reached := wanted(c, r, aim{ok: n.ok}, own)
		if reached && !n.gone {
			want = outcome{status: http.StatusNotFound}
			if n.field {
				want.status = http.StatusUnprocessableEntity
			}
		}
		a := aim{}
		if n.id != nil {
			a.thing = one(n.id, nil)
		}
		req := m.request(r, a, c, own)
		switch {
		case n.group:
			req.contentType, req.body = upload(foreign.group)
		case n.query:
			req.path += "?" + n.send(own, foreign).Encode()
		default:
			req.body = n.send(own, foreign).Encode()
		}
		what := "foreign ids in " + n.route + " " + req.body + " as " + c.name
		m.settle()
		m.judge(what, req, c, want)
		m.unchanged(what, func(key string) bool { return n.gone && r.Method == http.MethodPost && reached && !m.foreign(c, key) })
	}
}

// The matrix takes the policy for granted; these are the promises that it must keep for the routes of the dashboard.
func TestViewersChangeNothingButThemselves(t *testing.T) {
	w := newWorld(t, "sqlite:"+t.TempDir()+"/x.db", true)
	viewer := tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: "ten_x", User: "usr_x", Role: tenant.Viewer, Session: true, Fresh: true, Strong: true,
		Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport},
	}
	about := map[tenant.Action]bool{tenant.ProfileUpdate: true, tenant.CredentialUpdate: true}
	posts := 0
	for _, r := range w.web.Routes() {
		if r.Unfinished && !about[r.Action] {
			t.Errorf("%s is open to people who have something to do first, and is not about themselves", r.Pattern())
		}
		if r.Method == http.MethodGet || r.Action == tenant.Open {
			continue
		}
		posts++
		if viewer.Can(r.Action) && !about[r.Action] && r.Path != vaultPath+"/zip" {
			t.Errorf("a viewer may %s", r.Pattern())
		}
		none := viewer
		none.Role = ""
		if none.Can(r.Action) && !about[r.Action] {
			t.Errorf("somebody in no workspace may %s", r.Pattern())
		}
	}
	if posts < 45 {
		t.Errorf("only %d forms were looked at", posts)
	}
}
