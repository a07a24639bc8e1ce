package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/api"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// things are one tenant's: what routes can be pointed at.
type things struct {
	owner  tenant.Actor // with all scopes, to make more of them
	marker string       // in every name of the tenant, and in no other's
	group  string       // whose current generation holds a key
	cert   string
	key    string
	bundle string
	target string
	deploy string // a target that is deployed to
	run    string // its deployment
	member string
	name   string // of the workspace
	ingest string // an ingest token's id
	token  string // an API token's id, of the owner
	invite string
	raw    struct{ push, ingest string }
}

func (w *world) furnish(owner tenant.Actor, marker, workspace string) *things {
	w.t.Helper()
	o := &things{owner: owner, marker: marker, name: workspace}
	r := w.put(owner, "group-"+marker, marker+".pem", pair(w.t, marker+".example.com"))
	o.group = r.Group.ID
	for _, a := range r.Artifacts {
		switch a.Kind {
		case "cert":
			o.cert = string(a.ID)
		case "key":
			o.key = string(a.ID)
		case "bundle":
			o.bundle = string(a.ID)
		}
	}
	tgt, raw := w.target(owner, o.group, "target-"+marker)
	o.target, o.raw.push = tgt.ID, raw
	o.deploy = w.deployed(owner, o.group, "deploy-"+marker)
	run, err := w.deploy.Deploy(context.Background(), owner, o.deploy)
	w.must(err)
	o.run = run.ID
	it, rawIngest, err := w.ingest.Create(context.Background(), owner, ingest.NewToken{Name: "ingest-" + marker, Group: o.group})
	w.must(err)
	o.ingest, o.raw.ingest = it.ID, rawIngest.Reveal()
	o.member = string(w.person(owner.Tenant, tenant.Viewer, false, false).User)
	_, o.token = w.tokenFor(owner, time.Time{}, tenant.ScopeRead)
	o.invite = w.invite(owner, marker)
	return o
}

// invite makes one and answers its id.
func (w *world) invite(owner tenant.Actor, marker string) string {
	w.t.Helper()
	i, _, err := w.account.CreateInvite(context.Background(), owner, account.NewInvite{Email: "guest-" + marker + "@example.com", Role: tenant.Viewer})
	w.must(err)
	return i.ID
}

// spend makes things that a cell may use up, so that every allowed cell finds its own.
func (w *world) spend(o *things, a aim) *things {
	ctx := context.Background()
	c := *o
	c.bundle = string(w.unknown(o.owner))
	tgt, _ := w.target(o.owner, o.group, "target-"+o.marker)
	c.target = tgt.ID
	c.deploy = w.deployed(o.owner, o.group, "deploy-"+o.marker)
	it, _, err := w.ingest.Create(ctx, o.owner, ingest.NewToken{Name: "ingest-" + o.marker})
	w.must(err)
	c.ingest = it.ID
	c.member = string(w.person(o.owner.Tenant, tenant.Viewer, false, false).User)
	if a.own { // a person has 100 at most
		_, c.token = w.tokenFor(o.owner, time.Time{}, tenant.ScopeRead)
	}
	if a.invite { // and a workspace 100 open ones
		c.invite = w.invite(o.owner, o.marker)
	}
	return &c
}

// aim points a route at things: the ids of its path and the least body it takes.
type aim struct {
	path   func(o *things) map[string]string
	query  string
	body   func(w *world, o *things) (contentType string, body []byte)
	expect int  // of an allowed call on one's own; 0: the route's success
	export bool // the row holds a key
	own    bool // what it is pointed at belongs to one person, not to the workspace
	names  bool // the body names ids
	invite bool // it is pointed at an invite
}

func one(id func(o *things) string) func(*things) map[string]string {
	return func(o *things) map[string]string { return map[string]string{"id": id(o)} }
}

func js(format string, args func(o *things) []any) func(*world, *things) (string, []byte) {
	return func(_ *world, o *things) (string, []byte) {
		var a []any
		if args != nil {
			a = args(o)
		}
		return "application/json", fmt.Appendf(nil, format, a...)
	}
}

func form(files map[string][]byte, fields map[string]string) (string, []byte) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, data := range files {
		p, _ := m.CreateFormFile("file", name)
		_, _ = p.Write(data)
	}
	for k, v := range fields {
		_ = m.WriteField(k, v)
	}
	_ = m.Close()
	return m.FormDataContentType(), b.Bytes()
}

var (
	bundleID = one(func(o *things) string { return o.bundle })
	certID   = one(func(o *things) string { return o.cert })
	groupID  = one(func(o *things) string { return o.group })
	targetID = one(func(o *things) string { return o.target })
	deployID = one(func(o *things) string { return o.deploy })
	memberID = one(func(o *things) string { return o.member })
)

// aims has an entry for every route: a route without one fails the test.
var aims = map[string]aim{
	"GET /artifacts":                        {},
	"GET /artifacts.csv":                    {},
	"GET /artifacts/{id}":                   {path: certID},
	"PATCH /artifacts/{id}":                 {path: certID, body: js(`{"name":"renamed-%s"}`, func(o *things) []any { return []any{o.marker} })},
	"DELETE /artifacts/{id}":                {path: bundleID},
	"GET /artifacts/{id}/download":          {path: certID},
	"GET /artifacts/{id}/download of a key": {path: one(func(o *things) string { return o.key }), export: true},
	"POST /artifacts/{id}/parse":            {path: bundleID},
	"POST /artifacts/bulk":                  {names: true, body: js(`{"ids":["%s"],"action":"delete"}`, func(o *things) []any { return []any{o.bundle} })},
	"POST /artifacts/zip":                   {names: true, body: js(`{"ids":["%s"]}`, func(o *things) []any { return []any{o.cert} })},
	"POST /artifacts/zip of a key":          {names: true, body: js(`{"ids":["%s","%s"]}`, func(o *things) []any { return []any{o.cert, o.key} }), export: true},
	"POST /uploads": {names: true, body: func(w *world, o *things) (string, []byte) {
		return form(map[string][]byte{"x.pem": pair(w.t, "new.example.com")}, map[string]string{"group": o.group})
	}},
	"GET /groups":                                {},
	"POST /groups":                               {body: js(`{"name":""}`, nil), expect: http.StatusUnprocessableEntity},
	"GET /groups/{id}":                           {path: groupID},
	"PATCH /groups/{id}":                         {path: groupID, body: js(`{}`, nil)},
	"DELETE /groups/{id}":                        {path: groupID, expect: http.StatusConflict}, // it has targets
	"GET /groups/{id}/generations":               {path: groupID},
	"POST /groups/{id}/generations/{n}/activate": {path: func(o *things) map[string]string { return map[string]string{"id": o.group, "n": "1"} }},
	"POST /groups/{id}/pfx":                      {path: groupID, body: js(`{"password":"a password"}`, nil)},
	"GET /plugins":                               {},
	"GET /targets":                               {},
	"POST /targets":                              {names: true, body: js(`{"name":"target","type":"pull","group":"%s"}`, func(o *things) []any { return []any{o.group} })},
	"GET /targets/{id}":                          {path: targetID},
	"PATCH /targets/{id}":                        {path: targetID, body: js(`{"tags":["a"]}`, nil)},
	"DELETE /targets/{id}":                       {path: targetID},
	"POST /targets/{id}/rotate":                  {path: targetID, body: js(`{"grace":0}`, nil)},
	"GET /targets/{id}/script":                   {path: targetID, query: "?os=linux-cron"},
	"POST /targets that are deployed to":         {names: true, body: js(`{"name":"target","type":"deploy.device","group":"%s","settings":{"host":"a.example.com","password":"p"}}`, func(o *things) []any { return []any{o.group} })},
	"GET /targets/{id} that is deployed to":      {path: deployID},
	"PATCH /targets/{id} that is deployed to":    {path: deployID, body: js(`{"settings":{"reload_command":"other"}}`, nil)},
	"DELETE /targets/{id} that is deployed to":   {path: deployID},
	"POST /targets/{id}/rotate of such a one":    {path: deployID},
	"POST /targets/{id}/deploy":                  {path: deployID},
	"POST /targets/{id}/plan":                    {path: deployID},
	"POST /targets/{id}/test":                    {path: deployID},
	"POST /targets/test":                         {body: js(`{"type":"deploy.device","settings":{"host":"a.example.com","password":"p"}}`, nil)},
	"POST /targets/{id}/pause":                   {path: deployID},
	"POST /targets/{id}/resume":                  {path: deployID},
	"GET /targets/{id}/deployments":              {path: deployID},
	"GET /targets/{id}/deployments/{deployment}": {path: func(o *things) map[string]string { return map[string]string{"id": o.deploy, "deployment": o.run} }},
	"GET /ingest-tokens":                         {},
	"POST /ingest-tokens":                        {names: true, body: js(`{"name":"pipeline","group":"%s"}`, func(o *things) []any { return []any{o.group} })},
	"DELETE /ingest-tokens/{id}":                 {path: one(func(o *things) string { return o.ingest })},
	"GET /api-tokens":                            {},
	"POST /api-tokens":                           {body: js(`{"name":"mine","scopes":["read"]}`, nil)},
	"DELETE /api-tokens/{id}":                    {path: one(func(o *things) string { return o.token }), own: true},
	"GET /members":                               {},
	"PATCH /members/{id}":                        {path: memberID, body: js(`{"role":"editor"}`, nil)},
	"DELETE /members/{id}":                       {path: memberID},
	"GET /invites":                               {},
	"POST /invites":                              {body: js(`{"email":"new@example.com","role":"editor"}`, nil)},
	"DELETE /invites/{id}":                       {path: one(func(o *things) string { return o.invite }), invite: true},
	"GET /tenant":                                {},
	"PATCH /tenant":                              {body: js(`{"time_zone":"Europe/Berlin"}`, nil)},
	"DELETE /tenant":                             {body: js(`{"name":"not its name"}`, nil), expect: http.StatusUnprocessableEntity},
	"GET /profile":                               {},
	"PATCH /profile":                             {body: js(`{"name":"Kim"}`, nil)},
	"GET /preferences":                           {},
	"PATCH /preferences":                         {body: js(`{"date_format":"iso"}`, nil)},
	"GET /overview":                              {},
	"GET /audit":                                 {},
	"GET /openapi.json":                          {},
}

// nested are one's own things with somebody else's inside.
var nested = []struct {
	route string
	path  func(own *things) string
	body  func(own, foreign *things) string
}{
	{"PATCH /artifacts/{id}", func(o *things) string { return "/artifacts/" + o.bundle }, func(_, f *things) string {
		return fmt.Sprintf(`{"group":%q}`, f.group)
	}},
	{"POST /artifacts/bulk", nil, func(o, f *things) string {
		return fmt.Sprintf(`{"ids":[%q],"action":"move","group":%q}`, o.bundle, f.group)
	}},
	{"POST /artifacts/bulk", nil, func(o, f *things) string {
		return fmt.Sprintf(`{"ids":[%q,%q],"action":"move","group":null,"confirm":true}`, o.bundle, f.cert)
	}},
	{"POST /artifacts/bulk", nil, func(o, f *things) string {
		return fmt.Sprintf(`{"ids":[%q,%q],"action":"delete","confirm":true}`, o.bundle, f.cert)
	}},
	{"POST /artifacts/zip", nil, func(o, f *things) string { return fmt.Sprintf(`{"ids":[%q,%q]}`, o.cert, f.cert) }},
	{"PATCH /targets/{id}", func(o *things) string { return "/targets/" + o.target }, func(_, f *things) string {
		return fmt.Sprintf(`{"group":%q}`, f.group)
	}},
	{"PATCH /targets/{id}", func(o *things) string { return "/targets/" + o.deploy }, func(_, f *things) string {
		return fmt.Sprintf(`{"group":%q}`, f.group)
	}},
}

func routeOf(t *testing.T, routes []api.Route, name string) api.Route {
	t.Helper()
	parts := strings.Fields(name)
	for _, r := range routes {
		if r.Method == parts[0] && r.Path == api.Base+parts[1] {
			return r
		}
	}
	t.Fatalf("%s is no route", name)
	return api.Route{}
}

// comer is a principal as the matrix knows it.
type comer struct {
	name  string
	token string
	who   tenant.Actor // zero: the token is refused, 401
}

func (w *world) comers(home, foreign *things) []comer {
	viewer := w.person(home.owner.Tenant, tenant.Viewer, false, false)
	editor := w.person(home.owner.Tenant, tenant.Editor, false, false)
	disabled := w.person(home.owner.Tenant, tenant.Owner, true, false)
	third := w.NewTenant(w.t, "Third workspace")
	admin := w.person(third.Tenant, tenant.Owner, false, true)
	all := []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}
	with := func(name string, who tenant.Actor, scopes ...tenant.Scope) comer {
		who.Scopes = scopes
		raw, _ := w.tokenFor(who, time.Time{}, scopes...)
		return comer{name, raw, who}
	}
	expired, _ := w.tokenFor(home.owner, time.Now().Add(-time.Minute), all...)
	revoked, revokedID := w.tokenFor(home.owner, time.Time{}, all...)
	w.must(w.account.DeleteToken(context.Background(), home.owner, revokedID))
	never := strings.Replace(expired, expired[6:9], "AAA", 1)
	return []comer{
		{name: "anonymous"}, {name: "nonsense", token: "api_nonsense"}, {name: "bad checksum", token: never},
		{name: "disabled user", token: w.all(disabled)}, {name: "expired token", token: expired},
		{name: "revoked token", token: revoked}, {name: "push token", token: home.raw.push},
		{name: "ingest token", token: home.raw.ingest},
		with("viewer", viewer, all...), with("editor", editor, all...), with("owner", home.owner, all...),
		with("owner who may only read", home.owner, tenant.ScopeRead),
		with("owner who may write", home.owner, tenant.ScopeRead, tenant.ScopeWrite),
		with("owner who may export", home.owner, tenant.ScopeExport),
		with("owner of another tenant", foreign.owner, all...),
		with("platform admin of another tenant", admin, all...),
	}
}

// cell is the status that one call must have.
func cell(c comer, r api.Route, a aim, at *things) int {
	switch {
	case r.Action == tenant.Open:
		return r.Success
	case c.who.Principal == "":
		return http.StatusUnauthorized
	case c.who.Allow(r.Action) != nil:
		return http.StatusForbidden
	case (a.path != nil || a.names) && c.who.Tenant != at.owner.Tenant, a.own && c.who.User != at.owner.User:
		return http.StatusNotFound
	case a.export && c.who.Allow(tenant.ArtifactExport) != nil:
		return http.StatusForbidden
	case a.expect != 0:
		return a.expect
	}
	return r.Success
}

// TestMatrix runs every route as everybody against their own things and another tenant's.
func TestMatrix(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		ours := w.furnish(w.Owner, "ours-7f3a", "Test workspace")
		theirs := w.furnish(w.NewTenant(t, "Workspace theirs-9c1e"), "theirs-9c1e", "Workspace theirs-9c1e")
		comers := w.comers(ours, theirs)
		w.snapshots = map[*things]string{}
		routes, cells, aimed := w.api.Routes(), 0, map[string]bool{}
		for name, a := range aims {
			r := routeOf(t, routes, name)
			aimed[r.Pattern()] = true
			for _, at := range []*things{ours, theirs} {
				for _, c := range comers {
					w.runCell(t, name, r, a, c, at, ours, theirs)
					cells++
				}
			}
			w.settle(t, "after "+name, ours)
			w.settle(t, "after "+name, theirs)
		}
		for _, n := range nested {
			r := routeOf(t, routes, n.route)
			for _, c := range comers {
				w.runNested(t, n.path, n.body, r, c, ours, theirs)
				cells++
			}
			w.settle(t, "after nested "+n.route, ours)
			w.settle(t, "after nested "+n.route, theirs)
		}
		for _, r := range routes {
			if !aimed[r.Pattern()] {
				t.Errorf("%s is not in the matrix", r.Pattern())
			}
		}
		t.Logf("%d cells", cells)
	})
}

func (w *world) runCell(t *testing.T, name string, r api.Route, a aim, c comer, at, ours, theirs *things) {
	t.Helper()
	want := cell(c, r, a, at)
	if want < 300 && r.Method != http.MethodGet && r.Action != tenant.Open {
		w.settle(t, "before "+name, at)
		fresh := w.spend(at, a)
		w.snapshots[at] = w.snapshot(at)
		at = fresh
	}
	path := r.Path
	if a.path != nil {
		for k, v := range a.path(at) {
			path = strings.ReplaceAll(path, "{"+k+"}", v)
		}
	}
	req := call{method: r.Method, path: path + a.query, token: c.token}
	if a.body != nil {
		req.contentType, req.body = a.body(w, at)
	}
	w.judge(t, fmt.Sprintf("%s as %s at %s", name, c.name, at.marker), req, c, want, ours, theirs)
}

func (w *world) runNested(t *testing.T, path func(*things) string, body func(own, foreign *things) string, r api.Route, c comer, ours, theirs *things) {
	t.Helper()
	own, foreign := ours, theirs
	if c.who.Tenant == theirs.owner.Tenant {
		own, foreign = theirs, ours
	}
	want := cell(c, r, aim{}, own)
	if want < 300 {
		want = http.StatusNotFound
	}
	req := call{method: r.Method, path: r.Path, token: c.token, body: []byte(body(own, foreign))}
	if path != nil {
		req.path = api.Base + path(own)
	}
	w.judge(t, fmt.Sprintf("nested %s %s as %s", r.Pattern(), req.body, c.name), req, c, want, ours, theirs)
}

// judge makes the call, and holds its status and its words against what they must be: nobody reads a word of another
// tenant. Effects are looked at by settle: only a write that is allowed may change anything, and only in its own tenant.
func (w *world) judge(t *testing.T, what string, req call, c comer, want int, ours, theirs *things) {
	t.Helper()
	writes := want < 300 && (req.method != http.MethodGet || strings.HasSuffix(req.path, "/download")) // of which the trail tells
	for _, o := range []*things{ours, theirs} {
		if writes && c.who.Tenant == o.owner.Tenant {
			w.settle(t, "before "+what, o)
			defer func() { w.snapshots[o] = w.snapshot(o) }()
		}
	}
	got := w.do(req)
	if got.status != want {
		t.Errorf("%s: %d, want %d: %.300s", what, got.status, want, got.body)
	}
	for _, o := range []*things{ours, theirs} {
		if c.who.Principal != "" && c.who.Tenant == o.owner.Tenant {
			continue
		}
		if leak := o.foundIn(got); leak != "" {
			t.Errorf("%s: the answer holds %s of another tenant: %.300s", what, leak, got.body)
		}
	}
}

// settle compares the tenant with how the last allowed write left it: every call since then must have left it alone.
func (w *world) settle(t *testing.T, when string, o *things) {
	t.Helper()
	now := w.snapshot(o)
	if was, ok := w.snapshots[o]; ok && was != now {
		t.Errorf("%s: a call that may not has changed the tenant %s\n%s\n%s", when, o.marker, was, now)
	}
	w.snapshots[o] = now
}

func (o *things) foundIn(r reply) string {
	text := r.body + fmt.Sprint(r.header)
	for _, s := range []string{o.marker, o.group, o.cert, o.key, o.target, o.deploy, o.run, o.member, o.ingest, o.invite, string(o.owner.Tenant), string(o.owner.User)} {
		if strings.Contains(text, s) {
			return s
		}
	}
	return ""
}

// snapshot is all that can be seen of a tenant, as text.
func (w *world) snapshot(o *things) string {
	w.t.Helper()
	ctx, op := context.Background(), tenant.Operator(o.owner.Tenant)
	var out []any
	add := func(v any, err error) {
		w.must(err)
		out = append(out, v)
	}
	arts, err := w.Vault.List(ctx, op, vault.ListQuery{Limit: 200})
	add(arts, err)
	groups, err := w.Vault.Groups(ctx, op, group.Query{Limit: 200})
	add(groups, err)
	gens, err := w.Vault.Generations(ctx, op, o.group)
	add(len(gens), err)
	targets, err := w.push.List(ctx, op, target.Query{Limit: 200})
	add(targets, err)
	members, err := w.account.Members(ctx, op)
	add(members, err)
	ws, err := w.account.Workspace(ctx, op)
	add(ws, err)
	invites, err := w.account.Invites(ctx, op)
	add(invites, err)
	tokens, _, err := w.ingest.List(ctx, op, tenant.IngestTokenQuery{Limit: 200})
	add(tokens, err)
	w.must(w.Store.Tenant(o.owner.Tenant).View(ctx, func(tx ports.Tx) error {
		mine, _, err := tx.APITokens().List(ctx, o.owner.User, 200, "")
		add(mine, err)
		trail, err := tx.Audit().List(ctx, audit.Query{Limit: 1})
		add(trail, err)
		return nil
	}))
	b, err := json.Marshal(out)
	w.must(err)
	return string(b)
}

// noRoute says why an action of the policy is not one of the REST API's routes.
var noRoute = map[tenant.Action]string{
	tenant.ArtifactExport:   "asked by the use cases of download and zip, as it depends on the row",
	tenant.IngestSend:       "the ingest API, outside /api/v1",
	tenant.CredentialUpdate: "done in a browser alone",
	tenant.PluginRead:       "a page for platform admins",
}

func TestEveryActionHasARouteOrAReason(t *testing.T) {
	used, known := map[tenant.Action]bool{tenant.Open: true}, map[tenant.Action]bool{tenant.Open: true}
	for _, a := range tenant.Actions() {
		known[a] = true
	}
	for _, r := range bare().Routes() {
		used[r.Action] = true
		if !known[r.Action] {
			t.Errorf("%s names the action %q, which the policy does not know", r.Pattern(), r.Action)
		}
	}
	for _, a := range tenant.Actions() {
		switch {
		case !used[a] && noRoute[a] == "":
			t.Errorf("no route for the action %s", a)
		case used[a] && noRoute[a] != "":
			t.Errorf("the action %s has a route, and a reason for having none", a)
		}
	}
}

func TestNoRouteWithoutAnAction(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("huma could register a route that was not announced with an action")
		}
	}()
	api.RegisterPlain(bare())
}

// The matrix takes the policy for granted; these are the promises that the policy itself must keep.
func TestViewersAndReadersNeverWriteAndWritersNeverExport(t *testing.T) {
	all := []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}
	user := func(role tenant.Role, scopes ...tenant.Scope) tenant.Actor {
		return tenant.Actor{Principal: tenant.PrincipalUser, Tenant: "ten_x", User: "usr_x", Role: role, Scopes: scopes}
	}
	writes := 0
	for _, r := range bare().Routes() {
		if r.Method == http.MethodGet || r.Path == api.Base+"/artifacts/zip" || r.Action == tenant.Open {
			continue
		}
		writes++
		for who, a := range map[string]tenant.Actor{
			"a viewer": user(tenant.Viewer, all...), "a token that may read": user(tenant.Owner, tenant.ScopeRead),
			"a token that may export": user(tenant.Owner, tenant.ScopeExport), "an ingest token": {Principal: tenant.PrincipalIngest, Tenant: "ten_x"},
		} {
			if r.Action == tenant.ProfileUpdate && who == "a viewer" {
				if !a.Can(r.Action) {
					t.Errorf("a viewer may not %s, which is about themselves alone", r.Pattern())
				}
				continue
			}
			if a.Can(r.Action) && (r.Action != tenant.GroupExport || who != "a token that may export") {
				t.Errorf("%s may %s", who, r.Pattern())
			}
		}
	}
	if writes < 20 {
		t.Errorf("only %d writes were looked at", writes)
	}
	writer := user(tenant.Owner, tenant.ScopeRead, tenant.ScopeWrite)
	if writer.Can(tenant.GroupExport) || writer.Can(tenant.ArtifactExport) || user(tenant.Viewer, all...).Can(tenant.ArtifactExport) {
		t.Error("somebody exports who may not")
	}
}
