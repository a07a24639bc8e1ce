package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/ports"
)

// variants is how many queries of one address are followed.
const variants = 12

// hostile is in names that people and certificates bring.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`

// crawler is a person who follows every link.
type crawler struct {
	*world
	t      *testing.T
	who    comer
	mux    *http.ServeMux // finds the route of an address
	routes map[string]kit.Route
	seen   map[string]bool
	many   map[string]int
	queue  []visit
	pages  int
	links  int
	forms  map[string]bool
	opened map[string]bool // routes
	look   func(at, body string)
}

// visit is a link with the page it is on.
type visit struct {
	to, from string
	script   bool // our script asks
	dialog   bool
	target   string // id of the element that the answer takes the place of
	part     bool   // our script takes a part out of the answer
}

func (w *world) crawler(t *testing.T, who comer) *crawler {
	c := &crawler{world: w, t: t, who: who, mux: http.NewServeMux(), routes: map[string]kit.Route{}, seen: map[string]bool{}, many: map[string]int{},
		forms: map[string]bool{}, opened: map[string]bool{}}
	for _, r := range w.web.Routes() {
		c.routes[r.Pattern()] = r
		c.mux.Handle(r.Pattern(), http.NotFoundHandler())
	}
	return c
}

// route answers the one that an address is of.
func (c *crawler) route(method string, u *url.URL) (kit.Route, bool) {
	_, pattern := c.mux.Handler(&http.Request{Method: method, URL: u})
	r, ok := c.routes[pattern]
	return r, ok
}

// may says whether the person may use a route, once they have proved who they are.
func (c *crawler) may(r kit.Route) bool {
	a := c.who.who
	a.Fresh, a.Strong = true, true
	if r.Path == "/dashboard" || c.who.must == "" && c.who.cookie != "" { // everybody is led to the overview, and on from there
		return r.Action == tenant.Open || r.Path == "/dashboard" || a.Can(r.Action)
	}
	return r.Action == tenant.Open || r.Unfinished && a.Can(r.Action)
}

// run follows links from the address until there are no more.
func (c *crawler) run(from string) {
	c.queue = append(c.queue, visit{to: from, from: "the beginning"})
	for len(c.queue) > 0 && c.pages < 3000 {
		v := c.queue[0]
		c.queue = c.queue[1:]
		c.open(v)
	}
	if len(c.queue) > 0 {
		c.t.Errorf("there is no end to the links: %v", c.queue[:min(len(c.queue), 10)])
	}
}

func (c *crawler) open(v visit) {
	u, err := url.Parse(v.to)
	if err != nil || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "data" || u.Host != "" && u.Scheme == "" {
		c.t.Errorf("%s leads to %q", v.from, v.to)
		return
	}
	if u.Scheme != "" {
		return // another site, or a picture in the page
	}
	u.Fragment = ""
	key := fmt.Sprint(u, v.script, v.dialog)
	if c.seen[key] || c.many[fmt.Sprint(u.Path, v.script, v.dialog)] >= variants {
		return
	}
	c.seen[key] = true
	c.many[fmt.Sprint(u.Path, v.script, v.dialog)]++
	c.pages++
	req := call{method: http.MethodGet, path: u.String(), cookie: c.who.cookie, headers: map[string]string{}}
	if v.script {
		req.headers["HX-Request"] = "true"
	}
	if v.dialog {
		req.headers["X-Dialog"] = "1"
	}
	if v.target != "" {
		req.headers["HX-Target"] = v.target
	}
	answer := c.ask(req)
	if c.look != nil {
		c.look(v.to, answer.text())
	}
	if strings.HasPrefix(u.Path, "/static/") {
		c.fine(v, answer)
		return
	}
	r, ok := c.route(http.MethodGet, u)
	if !ok {
		c.t.Errorf("%s, as %s: leads to %s, which is no route", v.from, c.who.name, v.to)
		return
	}
	if !c.may(r) {
		c.t.Errorf("%s, as %s: leads to %s, which they may not open", v.from, c.who.name, v.to)
	}
	c.opened[r.Pattern()] = true
	if c.fine(v, answer) && strings.HasPrefix(answer.header.Get("Content-Type"), "text/html") {
		c.read(v, u, answer)
	}
}

// fine says whether a link leads somewhere, and goes on where the answer sends.
func (c *crawler) fine(v visit, answer reply) bool {
	c.links++
	if to := answer.header.Get("Location") + answer.header.Get("HX-Redirect"); to != "" && answer.status < 400 {
		if strings.HasPrefix(to, "/sign-in") && c.who.cookie != "" || strings.HasPrefix(to, "/dashboard/confirm") && c.who.who.Fresh {
			c.t.Errorf("%s, as %s: %s leads out", v.from, c.who.name, v.to)
		}
		c.queue = append(c.queue, visit{to: to, from: v.to})
		return false
	}
	if !c.who.who.Fresh && answer.status == http.StatusForbidden && answer.header.Get("X-Confirm") == "1" {
		return true
	}
	if answer.status != http.StatusOK && answer.status != 286 && answer.status != http.StatusNoContent {
		c.t.Errorf("%s, as %s: %s answers %d: %.200s", v.from, c.who.name, v.to, answer.status, words(answer.body))
		return false
	}
	return true
}

// read looks at a page or a fragment: what it leads to, what its forms do, and that it is as every page has to be.
func (c *crawler) read(v visit, u *url.URL, answer reply) {
	doc, err := html.Parse(strings.NewReader(answer.body))
	if err != nil {
		c.t.Fatal(err)
	}
	p := &page{at: u, seen: map[string]int{}}
	p.walk(doc)
	name := v.to + " as " + c.who.name
	whole := strings.Contains(answer.body, "<!doctype html>") || strings.Contains(answer.body, "<!DOCTYPE html>")
	if whole == (v.dialog || v.script) && !v.part {
		c.t.Errorf("%s: a whole page is %v, asked by our script is %v", name, whole, v.script)
	}
	if whole && (p.h1 != 1 || p.mains != 1 || p.title == "") {
		c.t.Errorf("%s: %d h1, %d main, title %q", name, p.h1, p.mains, p.title)
	}
	for _, bad := range p.bad {
		c.t.Errorf("%s: %s", name, bad)
	}
	for id, n := range p.seen {
		if n > 1 {
			c.t.Errorf("%s: the id %q is there %d times", name, id, n)
		}
	}
	for _, f := range p.anchors {
		if p.seen[f] == 0 && whole {
			c.t.Errorf("%s: #%s leads nowhere", name, f)
		}
	}
	for _, l := range p.bulk {
		l.to += "?id=" + p.row
		p.links = append(p.links, l)
	}
	for _, l := range p.links {
		if l.from = v.to; l.script && l.target == "" {
			l.target = v.target // a fragment stands where the page it came for had it
		}
		c.queue = append(c.queue, l)
	}
	for _, f := range p.posts {
		c.form(name, f)
	}
}

// form holds an address that a form is sent to against the routes.
func (c *crawler) form(where, action string) {
	u, err := url.Parse(action)
	if err != nil || u.Scheme != "" || u.Host != "" {
		c.t.Errorf("%s: a form is sent to %q", where, action)
		return
	}
	r, ok := c.route(http.MethodPost, u)
	if !ok {
		c.t.Errorf("%s: a form is sent to %s, which is no route", where, action)
		return
	}
	c.forms[r.Pattern()] = true
	if !c.may(r) {
		c.t.Errorf("%s: a form is sent to %s, which they may not do", where, action)
	}
}

// page is what is found on one.
type page struct {
	at        *url.URL
	links     []visit
	posts     []string
	anchors   []string // fragments of the page itself
	bulk      []visit  // what is done with rows that are ticked
	row       string   // one that can be ticked
	seen      map[string]int
	bad       []string
	h1, mains int
	title     string
}

func (p *page) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		p.element(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c)
	}
}

func (p *page) element(n *html.Node) {
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") {
			p.bad = append(p.bad, fmt.Sprintf("<%s %s=%q> is refused by the policy", n.Data, a.Key, a.Val))
		}
	}
	if id := attr["id"]; id != "" {
		p.seen[id]++
	}
	switch n.Data {
	case "h1":
		p.h1++
	case "main":
		p.mains++
	case "title":
		if n.FirstChild != nil && p.title == "" {
			p.title = n.FirstChild.Data
		}
	case "script":
		if attr["src"] == "" || n.FirstChild != nil {
			p.bad = append(p.bad, "an inline script")
		}
	case "style", "iframe", "object", "embed", "base":
		p.bad = append(p.bad, "an element "+n.Data)
	case "form":
		p.form(n, attr)
	}
	p.leads(n, attr)
}

func (p *page) form(_ *html.Node, attr map[string]string) {
	action := attr["action"]
	if action == "" {
		action = p.at.Path
	}
	if strings.EqualFold(attr["method"], "post") {
		p.posts = append(p.posts, p.resolve(action))
	} else {
		p.links = append(p.links, visit{to: p.resolve(action)})
	}
}

// leads collects every address that an element leads to.
func (p *page) leads(n *html.Node, attr map[string]string) {
	_, dialog := attr["data-dialog"]
	for _, name := range []string{"href", "src", "data-href"} {
		to, is := attr[name]
		if !is {
			continue
		}
		if f, local := strings.CutPrefix(to, "#"); local {
			p.anchors = append(p.anchors, f)
			continue
		}
		p.links = append(p.links, visit{to: p.resolve(to)})
		if dialog {
			p.links = append(p.links, visit{to: p.resolve(to), script: true, dialog: true})
		}
	}
	if to := attr["hx-get"]; to != "" {
		v := visit{to: p.resolve(to), script: true, target: strings.TrimPrefix(inherited(n, "hx-target"), "#"), part: inherited(n, "hx-select") != ""}
		p.links = append(p.links, v)
	}
	for _, name := range []string{"hx-post", "data-begin", "data-finish", "data-look"} {
		if to := attr[name]; to != "" {
			p.posts = append(p.posts, p.resolve(to))
		}
	}
	if to := attr["formaction"]; to != "" && strings.EqualFold(attr["formmethod"], "post") {
		p.posts = append(p.posts, p.resolve(to))
	} else if to != "" {
		p.bulk = append(p.bulk, visit{to: p.resolve(to)}, visit{to: p.resolve(to), script: dialog, dialog: dialog})
	}
	if n.Data == "input" && attr["type"] == "radio" {
		p.chooses(n, attr)
	}
	if n.Data == "input" && attr["name"] == "id" && p.row == "" {
		p.row = attr["value"]
	}
}

// chooses follows a choice of a form that leads somewhere.
func (p *page) chooses(n *html.Node, attr map[string]string) {
	for ; n != nil && n.Data != "form"; n = n.Parent {
	}
	if n == nil || inherited(n, "method") != "get" {
		return
	}
	p.links = append(p.links, visit{to: p.resolve(inherited(n, "action") + "?" + url.Values{attr["name"]: {attr["value"]}}.Encode())})
}

// inherited answers an attribute of the element or of the nearest around it that has it, as htmx does.
func inherited(n *html.Node, name string) string {
	for ; n != nil; n = n.Parent {
		for _, a := range n.Attr {
			if a.Key == name && a.Val != "" {
				return a.Val
			}
		}
	}
	return ""
}

func (p *page) resolve(to string) string {
	u, err := p.at.Parse(to)
	if err != nil {
		return to
	}
	return u.String()
}

// crowd fills a workspace with what pages look different by: hostile names, staged and waiting generations, an expired row.
func (w *world) crowd(o *things) {
	who := o.owner
	pair := testcert.SelfSigned(hostile)
	w.upload(who, "hostile "+hostile, "x.pem", append(pair.CertPEM, pair.KeyPEM...))
	w.upload(who, "", hostile+".bin", random(40))
	later := testcert.SelfSigned("other.example.com", testcert.Days(30))
	w.upload(who, o.group, "other.pem", append(later.CertPEM, later.KeyPEM...)) // lacks names of the current one: staged
	old := testcert.SelfSigned("old.example.com", testcert.Valid(w.now.AddDate(-1, 0, 0), w.now.AddDate(0, 0, -3)))
	w.upload(who, "old", "old.pem", append(old.CertPEM, old.KeyPEM...))
	_, err := w.Vault.Upload(w.t.Context(), who, intake.Request{Files: []intake.File{{Filename: "again.pem", Data: pair.CertPEM, Password: secret.String{}}}})
	w.must(err)
	freshGroup(w, o)
	_, err = w.deploy.Pause(w.t.Context(), who, freshServed(w, o))
	w.must(err)
}

// TestNobodyMeetsAClosedDoor follows every link that people are shown: each leads to what they may open, and each form is
// sent to what they may do. All together are led to every route there is.
func TestNobodyMeetsAClosedDoor(t *testing.T) {
	w := newWorld(t, "sqlite:"+t.TempDir()+"/x.db", false)
	o := w.furnish(w.Owner, "ours-7f3a", "Test workspace")
	w.crowd(o)
	empty, in := w.NewTenant(t, "Second workspace"), o.owner.Tenant
	owner := w.ownerOf("owner", o, strong)
	w.must(w.Store.Tenant(empty.Tenant).Update(t.Context(), func(tx ports.Tx) error {
		return tx.Members().Insert(t.Context(), tenant.Member{User: owner.who.User, Role: tenant.Viewer, CreatedAt: w.now})
	}))
	met := map[string]bool{}
	for _, c := range []struct {
		who   comer
		least int
	}{
		{w.seated("viewer", in, kind{role: tenant.Viewer}), 100}, {w.seated("editor", in, kind{role: tenant.Editor}), 200}, {owner, 200},
		{w.seated("platform admin", in, kind{role: tenant.Owner, platform: true, factor: true, session: strong}), 200},
		{w.ownerOf("owner whose proof is stale", o, stale), 150}, {w.seated("owner of an empty workspace", empty.Tenant, kind{role: tenant.Owner}), 60},
		{w.removed("removed member", in, ""), 5}, {comer{name: "stranger"}, 10},
		{w.seated("platform admin without second factor", in, kind{role: tenant.Owner, platform: true}).unfinished(signin.MustSecondFactor), 5},
	} {
		run := w.crawler(t, c.who)
		run.run("/dashboard")
		if run.pages < c.least {
			t.Errorf("%s saw only %d pages", c.who.name, run.pages)
		}
		for _, met1 := range []map[string]bool{run.opened, run.forms} {
			for pattern := range met1 {
				met[pattern] = true
			}
		}
		t.Logf("%s: %d pages, %d links, %d routes of pages, %d of forms", c.who.name, run.pages, run.links, len(run.opened), len(run.forms))
	}
	for _, r := range w.web.Routes() {
		if why := unlinked[r.Pattern()]; met[r.Pattern()] == (why != "") {
			t.Errorf("%s: somebody is led there: %v, though %q", r.Pattern(), met[r.Pattern()], why)
		}
	}
}

// unlinked are routes that no page leads to, and why.
var unlinked = map[string]string{
	"GET /setup":                                              "the link is printed where the server is started",
	"POST /setup":                                             "on that page",
	"GET /sign-in/code":                                       "after the password of somebody with a second factor",
	"POST /sign-in/code":                                      "on that page",
	"GET /invite":                                             "the link is given by an owner",
	"POST /invite/accept":                                     "on that page, with a link in hand",
	"POST /invite/join":                                       "on that page, with a link in hand",
	"GET /dashboard/needs":                                    "where more waits than the overview lists",
	"GET /dashboard/groups/names":                             "where there are more groups than a choice offers",
	"GET /dashboard/push/recipe":                              "where there is the plugin for SSH",
	"GET /dashboard/push/{id}/recipe":                         "of a device that is reached by SSH",
	"POST /dashboard/push/{id}/script":                        "on the page that shows a token once",
	"GET /dashboard/settings/members/{id}/role":               "its form stands in the list of members; the address is where one comes back to",
	"GET /dashboard/settings/members/invite":                  "what is asked stands on the page of members; after a refusal its form is at this address",
	"GET /dashboard/settings/security/authenticator/confirm":  "where the key is not on the page any more",
	"POST /dashboard/settings/security/authenticator/confirm": "on the page that shows the key once",
}
