package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testdevice"
)

// thing is what an address or a form names: one that stands, and how one is made that may be used up.
type thing struct {
	at   func(o *things) string
	make func(w *world, o *things) string
}

// aim points a route at things: the ids of its address, the least form that it takes, and what it answers then.
type aim struct {
	thing  *thing
	page   string // of the manual
	query  func(o *things, id string) url.Values
	form   func(w *world, o *things, id string) url.Values
	body   func(w *world, o *things) (contentType, body string)
	ok     int                                // of an allowed call on one's own; 0: 200 for a page, 303 for a form
	okFor  func(c comer) int                  // in its place, 0 for the same
	by     func(w *world, c comer) url.Values // a form about the person who asks, in the place of form
	proof  bool                               // it needs a recent proof of identity, whatever its action
	field  bool                               // what is named is a field of the form, and refused as one
	export bool                               // what is named holds a key
	own    bool                               // what is named belongs to one person
	names  bool                               // the query or the form names what belongs to the workspace
	told   bool                               // the trail tells of the page, or it keeps what it built
	self   bool                               // it uses up the person who asks
	script bool                               // asked by our script
}

func one(at func(o *things) string, fresh func(*world, *things) string) *thing {
	return &thing{at, fresh}
}

var (
	aCert    = one(func(o *things) string { return o.cert }, nil)
	aKey     = one(func(o *things) string { return o.key }, nil)
	aJunk    = one(func(o *things) string { return o.junk }, freshJunk)
	aGroup   = one(func(o *things) string { return o.group }, nil)
	anEmpty  = one(func(o *things) string { return o.locked }, freshGroup)
	aLocked  = one(func(o *things) string { return o.locked }, freshLocked)
	aTarget  = one(func(o *things) string { return o.target }, freshTarget)
	aServed  = one(func(o *things) string { return o.served }, nil)
	another  = one(func(o *things) string { return o.served }, freshServed)
	anIngest = one(func(o *things) string { return o.ingest }, freshIngest)
	aMember  = one(func(o *things) string { return o.member }, freshMember)
	anInvite = one(func(o *things) string { return o.invite }, freshInvite)
	aToken   = one(func(o *things) string { return o.token }, freshToken)
	aPasskey = one(func(o *things) string { return o.keyed }, freshPasskey)
	aSession = one(func(o *things) string { return o.sess }, freshSession)
)

// fields answers a form of these names and values in turns.
func fields(pairs ...string) func(*world, *things, string) url.Values {
	return func(*world, *things, string) url.Values {
		v := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}
}

func ids(_ *things, id string) url.Values { return url.Values{"id": {id}} }

func jsonBody(*world, *things) (string, string) {
	return "application/json", `{"ceremony":"x","answer":{}}`
}

// files answers an upload of a new certificate with its key into the workspace's group.
func files(_ *world, o *things) (string, string) { return upload(o.group) }

func upload(group string) (contentType, body string) {
	pair := testcert.SelfSigned("new-" + tag() + ".example.com")
	return uploadOf(group, append(pair.CertPEM, pair.KeyPEM...), "")
}

// uploadOf answers the form that uploads a file.
func uploadOf(group string, file []byte, password string) (contentType, body string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	p, _ := m.CreateFormFile("file", "new.pem")
	_, _ = p.Write(file)
	_ = m.WriteField("group", group)
	_ = m.WriteField("password.0", password)
	_ = m.Close()
	return m.FormDataContentType(), b.String()
}

// deletes types what has to be typed.
func deletes(_ *world, o *things, id string) url.Values {
	return url.Values{"id": {id}, "typed": {o.names[id]}}
}

// servedOf is the form of a target that we deploy to.
func servedOf(_ *world, o *things, _ string) url.Values {
	return url.Values{
		"type": {testdevice.ID}, "name": {"served-" + o.marker}, "group": {o.group}, "settings.host": {"device-" + o.marker + ".example.com"},
		"settings.port": {"22"}, "settings.password": {"a password"}, "settings.host_key": {testdevice.HostKey},
	}
}

func settingsOf(_ *world, o *things, _ string) url.Values {
	return url.Values{"name": {"target-" + o.marker}, "group": {o.group}, "tags": {"web"}, "preset": {"modern"}, "type": {"pull"}}
}

func profileOf(w *world, c comer) url.Values {
	v := url.Values{"name": {"Lee"}, "time_zone": {"UTC"}}
	if t, err := w.account.Workspace(context.Background(), tenant.Operator(c.who.Tenant)); err == nil {
		v.Set("organisation", t.Name)
	}
	return v
}

func ownAddress(_ *world, c comer) url.Values {
	return url.Values{"email": {string(c.who.User) + "@example.com"}}
}

// factorOr answers what somebody with an authenticator app gets, and everybody else.
func factorOr(with, without int) func(comer) int {
	return func(c comer) int {
		if c.factor || c.keys {
			return with
		}
		return without
	}
}

func welcome(c comer) int {
	if c.must == signin.MustWorkspace {
		return http.StatusOK
	}
	return http.StatusSeeOther
}

// gone is for somebody in no workspace: their account can be deleted.
func gone(c comer) int {
	if c.must == signin.MustWorkspace {
		return http.StatusOK
	}
	return http.StatusConflict
}

// Addresses of the sections.
const (
	vaultPath    = "/dashboard/vault"
	groupsPath   = "/dashboard/groups"
	pushPath     = "/dashboard/push"
	ingestPath   = "/dashboard/ingest"
	settingsPath = "/dashboard/settings"
	membersPath  = settingsPath + "/members"
	tokensPath   = settingsPath + "/api-tokens"
	securityPath = settingsPath + "/security"
)

// aims has an entry for every route: one without fails the test. What stands behind the address tells aims at it apart.
var aims = []struct {
	route string
	aim
}{
	{"GET /{$}", aim{ok: 303}},
	{"GET /setup", aim{ok: 303}}, // it is done already
	{"POST /setup", aim{form: fields("link", "nothing", "name", "Kim", "email", "kim@example.com", "password", password), ok: 404}},
	{"GET /sign-in", aim{}}, // somebody signed in is sent on
	{"POST /sign-in", aim{form: fields("email", "nobody@example.com", "password", password), ok: 401}},
	{"GET /sign-in/help", aim{}},
	{"GET /sign-in/code", aim{ok: 401}},
	{"POST /sign-in/code", aim{told: true, form: fields("code", "000000"), ok: 401}},
	{"POST /sign-in/passkey/begin", aim{body: jsonBody, ok: 200}},
	{"POST /sign-in/passkey/finish", aim{body: jsonBody, ok: 401}},
	{"GET /invite", aim{}},
	{"POST /invite", aim{form: fields("link", "nothing"), ok: 404}},
	{"POST /invite/accept", aim{form: fields("name", "Kim", "password", password), ok: 404}},
	{"GET /docs/{$}", aim{}},
	{"GET /docs/{page}", aim{page: "vault"}},
	{"GET /docs/{page} that is not there", aim{page: "nothing", ok: 404}},
	{"POST /dashboard/theme", aim{form: fields("theme", "dark")}},

	{"POST /sign-out", aim{self: true}},
	{"POST /invite/join", aim{ok: 404}},
	{"GET /dashboard/welcome", aim{okFor: welcome}},
	{"GET /dashboard/confirm", aim{}},
	{"POST /dashboard/confirm", aim{form: fields("password", password), self: true}},
	{"POST /dashboard/confirm/passkey/begin", aim{body: jsonBody, okFor: func(c comer) int {
		if c.keys {
			return http.StatusOK
		}
		return http.StatusConflict
	}}},
	{"POST /dashboard/confirm/passkey/finish", aim{body: jsonBody, ok: 401}},
	{"POST /dashboard/workspace", aim{names: true, form: func(_ *world, o *things, _ string) url.Values {
		return url.Values{"workspace": {string(o.owner.Tenant)}}
	}}},
	{"GET /dashboard/account/delete", aim{}},
	{"POST /dashboard/account/delete", aim{self: true, okFor: gone, by: ownAddress}},

	{"GET /dashboard", aim{}},
	{"GET /dashboard/calendar", aim{ok: 303}},
	{"GET /dashboard/needs", aim{}},
	{"GET /dashboard/calendar by script", aim{script: true}},
	{"GET /dashboard/search", aim{ok: 303}},
	{"GET /dashboard/search by script", aim{script: true, query: func(o *things, _ string) url.Values { return url.Values{"q": {"example"}} }}},

	{"GET " + vaultPath, aim{}},
	{"GET " + vaultPath + " of a group", aim{query: func(o *things, _ string) url.Values { return url.Values{"group": {o.group}} }}},
	{"GET " + vaultPath + ".csv", aim{told: true}},
	{"GET " + vaultPath + ".csv of a group", aim{told: true, names: true, query: func(o *things, _ string) url.Values { return url.Values{"group": {o.group}} }}},
	{"POST " + vaultPath + "/zip", aim{thing: aCert, names: true, form: idsForm, ok: 200, told: true}},
	{"POST " + vaultPath + "/zip of a key", aim{thing: aKey, names: true, form: idsForm, ok: 200, told: true, export: true}},
	{"GET " + vaultPath + "/move", aim{thing: aJunk, names: true, query: ids}},
	{"POST " + vaultPath + "/move", aim{thing: aJunk, names: true, form: moves}},
	{"GET " + vaultPath + "/delete", aim{thing: aJunk, names: true, query: ids}},
	{"POST " + vaultPath + "/delete", aim{thing: aJunk, names: true, form: deletes}},
	{"GET " + vaultPath + "/{id}", aim{thing: aCert}},
	{"GET " + vaultPath + "/{id}/download", aim{thing: aCert, told: true}},
	{"GET " + vaultPath + "/{id}/download of a key", aim{thing: aKey, told: true, export: true}},
	{"GET " + vaultPath + "/{id}/rename", aim{thing: aJunk}},
	{"POST " + vaultPath + "/{id}/rename", aim{thing: aJunk, form: renames}},
	{"GET " + vaultPath + "/{id}/move", aim{thing: aJunk}},
	{"POST " + vaultPath + "/{id}/move", aim{thing: aJunk, form: moves}},
	{"GET " + vaultPath + "/{id}/delete", aim{thing: aJunk}},
	{"POST " + vaultPath + "/{id}/delete", aim{thing: aJunk, form: deletes}},
	{"GET " + vaultPath + "/{id}/parse", aim{thing: aJunk}},
	{"POST " + vaultPath + "/{id}/parse", aim{thing: aJunk, form: fields("password", "x"), ok: 422, told: true}},
	{"GET " + vaultPath + "/upload", aim{}},
	{"POST " + vaultPath + "/upload", aim{names: true, body: files}},
	{"POST " + vaultPath + "/upload/look", aim{body: files, ok: 200}},

	{"GET " + groupsPath, aim{}},
	{"GET " + groupsPath + "/new", aim{}},
	{"POST " + groupsPath + "/new", aim{form: func(_ *world, o *things, _ string) url.Values {
		return url.Values{"name": {"made-" + tag()}, "password": {"a password"}}
	}}},
	{"GET " + groupsPath + "/{id}", aim{thing: aGroup}},
	{"GET " + groupsPath + "/{id}/rename", aim{thing: aGroup}},
	{"POST " + groupsPath + "/{id}/rename", aim{thing: anEmpty, form: renames}},
	{"GET " + groupsPath + "/{id}/password", aim{thing: aGroup}},
	{"POST " + groupsPath + "/{id}/password", aim{thing: anEmpty, proof: true, form: fields("password", "a password")}},
	{"GET " + groupsPath + "/{id}/delete", aim{thing: aGroup}},
	{"POST " + groupsPath + "/{id}/delete", aim{thing: anEmpty, form: deletes}},
	{"GET " + groupsPath + "/{id}/key", aim{thing: aLocked}},
	{"POST " + groupsPath + "/{id}/key", aim{thing: aLocked, form: func(_ *world, o *things, id string) url.Values { return url.Values{"key": {o.pems[id]}} }}},
	{"GET " + groupsPath + "/{id}/pfx", aim{thing: aGroup}},
	{"POST " + groupsPath + "/{id}/pfx", aim{thing: aGroup, form: fields("password", "a password", "preset", "modern"), ok: 200, told: true}},
	{"GET " + groupsPath + "/{id}/generations/{n}/activate", aim{thing: aGroup}},
	{"POST " + groupsPath + "/{id}/generations/{n}/activate", aim{thing: aGroup, form: func(*world, *things, string) url.Values { return url.Values{"current": {"1"}} }}},

	{"GET " + pushPath, aim{}},
	{"GET /dashboard/groups/names", aim{}},
	{"GET " + pushPath + "/new", aim{}},
	{"POST " + pushPath + "/new", aim{names: true, field: true, form: settingsOf, ok: 200}},
	{"GET " + pushPath + "/{id}", aim{thing: aTarget}},
	{"GET " + pushPath + "/{id}/waiting", aim{thing: aTarget, script: true, ok: 286}},
	{"GET " + pushPath + "/{id}/script", aim{thing: aTarget, query: func(*things, string) url.Values { return url.Values{"os": {"linux-cron"}} }}},
	{"POST " + pushPath + "/{id}/script", aim{thing: aTarget, ok: 200, form: func(_ *world, o *things, id string) url.Values {
		return url.Values{"os": {"windows"}, "token": {o.pushed[id]}}
	}}},
	{"GET " + pushPath + "/{id}/rotate", aim{thing: aTarget}},
	{"POST " + pushPath + "/{id}/rotate", aim{thing: aTarget, form: fields("grace", "0"), ok: 200}},
	{"GET " + pushPath + "/{id}/settings", aim{thing: aTarget}},
	{"POST " + pushPath + "/{id}/settings", aim{thing: aTarget, form: settingsOf}},
	{"GET " + pushPath + "/{id}/delete", aim{thing: aTarget}},
	{"POST " + pushPath + "/{id}/delete", aim{thing: aTarget}},

	{"GET " + pushPath + "/new of a target that we deploy to", aim{query: func(*things, string) url.Values { return url.Values{"type": {testdevice.ID}} }}},
	{"POST " + pushPath + "/new of a target that we deploy to", aim{names: true, field: true, form: servedOf}},
	{"POST " + pushPath + "/new/test", aim{form: servedOf, ok: 200}},
	{"GET " + pushPath + "/recipe", aim{}},
	{"GET " + pushPath + "/firings", aim{query: func(*things, string) url.Values { return url.Values{"recheck": {"17 * * * *"}} }}},
	{"GET " + pushPath + "/{id} of a target that we deploy to", aim{thing: aServed}},
	{"GET " + pushPath + "/{id}/settings of a target that we deploy to", aim{thing: aServed}},
	{"POST " + pushPath + "/{id}/settings of a target that we deploy to", aim{thing: another, form: servedOf, ok: 409}}, // says not what it showed
	{"POST " + pushPath + "/{id}/settings/test", aim{thing: aServed, form: servedOf, ok: 200}},
	{"POST " + pushPath + "/{id}/deploy", aim{thing: another}},
	{"POST " + pushPath + "/{id}/pause", aim{thing: another}},
	{"POST " + pushPath + "/{id}/resume", aim{thing: another}},
	{"POST " + pushPath + "/{id}/plan", aim{thing: aServed, ok: 200}},
	{"POST " + pushPath + "/{id}/test", aim{thing: aServed, ok: 200}},
	{"GET " + pushPath + "/{id}/host-key", aim{thing: aServed}},
	{"POST " + pushPath + "/{id}/host-key", aim{thing: aServed, ok: 200}},
	{"POST " + pushPath + "/{id}/host-key that is confirmed", aim{thing: another, proof: true, form: fields("key", "SHA256:new", "settings.password", "given again")}},
	{"GET " + pushPath + "/{id}/recipe", aim{thing: aServed, ok: 303}}, // there is none for this kind
	{"GET " + pushPath + "/{id}/deployments", aim{thing: aServed}},
	{"GET " + pushPath + "/{id}/deployments/{deployment}", aim{thing: aServed}},
	{"GET " + pushPath + "/{id}/live", aim{thing: aServed, script: true}},
	{"POST " + pushPath + "/{id}/delete of a target that we deploy to", aim{thing: another}},

	{"GET " + ingestPath, aim{}},
	{"GET " + ingestPath + "/new", aim{}},
	{"POST " + ingestPath + "/new", aim{names: true, field: true, ok: 200, form: func(_ *world, o *things, _ string) url.Values {
		return url.Values{"name": {"pipeline"}, "group": {o.group}}
	}}},
	{"GET " + ingestPath + "/{id}/revoke", aim{thing: anIngest}},
	{"POST " + ingestPath + "/{id}/revoke", aim{thing: anIngest}},

	{"GET " + settingsPath, aim{ok: 303}},
	{"GET " + settingsPath + "/profile", aim{}},
	{"POST " + settingsPath + "/profile", aim{self: true, by: profileOf}},
	{"GET " + settingsPath + "/leave", aim{}},
	{"POST " + settingsPath + "/leave", aim{self: true}},
	{"GET " + settingsPath + "/delete", aim{}},
	{"POST " + settingsPath + "/delete", aim{form: func(_ *world, o *things, _ string) url.Values { return url.Values{"name": {o.name + "?"}} }, ok: 422}},
	{"GET " + settingsPath + "/preferences", aim{}},
	{"POST " + settingsPath + "/preferences", aim{form: fields("date_format", "iso", "time_zone", "Europe/Berlin")}},
	{"GET " + membersPath, aim{}},
	{"GET " + membersPath + "/{id}/role", aim{thing: aMember}},
	{"POST " + membersPath + "/{id}/role", aim{thing: aMember, form: fields("role", "editor")}},
	{"GET " + membersPath + "/{id}/remove", aim{thing: aMember}},
	{"POST " + membersPath + "/{id}/remove", aim{thing: aMember}},
	{"GET " + membersPath + "/invite", aim{}},
	{"POST " + membersPath + "/invite", aim{ok: 200, form: func(*world, *things, string) url.Values {
		return url.Values{"emails": {"new-" + tag() + "@example.com"}, "role": {"editor"}}
	}}},
	{"GET " + membersPath + "/invites/{id}/renew", aim{thing: anInvite}},
	{"POST " + membersPath + "/invites/{id}/renew", aim{thing: anInvite, ok: 200}},
	{"GET " + membersPath + "/invites/{id}/cancel", aim{thing: anInvite}},
	{"POST " + membersPath + "/invites/{id}/cancel", aim{thing: anInvite}},
	{"GET " + tokensPath, aim{}},
	{"GET " + tokensPath + "/new", aim{}},
	{"POST " + tokensPath + "/new", aim{form: fields("name", "mine", "scopes", "read", "days", "30"), ok: 200}},
	{"GET " + tokensPath + "/{id}/delete", aim{thing: aToken, own: true}},
	{"POST " + tokensPath + "/{id}/delete", aim{thing: aToken, own: true}},

	{"GET " + settingsPath + "/plugins", aim{}},
	{"GET " + securityPath, aim{}},
	{"GET " + securityPath + "/password", aim{}},
	{"POST " + securityPath + "/password", aim{self: true, form: fields("password", password, "new_password", "another long and winding one")}},
	{"GET " + securityPath + "/authenticator", aim{}},
	{"POST " + securityPath + "/authenticator", aim{self: true, ok: 200}},
	{"GET " + securityPath + "/authenticator/confirm", aim{}},
	{"POST " + securityPath + "/authenticator/confirm", aim{self: true, form: fields("code", "000000"), okFor: factorOr(409, 303)}},
	{"GET " + securityPath + "/authenticator/remove", aim{}},
	{"POST " + securityPath + "/authenticator/remove", aim{self: true, okFor: factorOr(409, 404)}}, // who has one here is a platform admin
	{"GET " + securityPath + "/passkeys/new", aim{}},
	{"POST " + securityPath + "/passkeys/begin", aim{body: jsonBody, ok: 200}},
	{"POST " + securityPath + "/passkeys/finish", aim{body: jsonBody, ok: 401}},
	{"GET " + securityPath + "/passkeys/{id}/rename", aim{thing: aPasskey, own: true}},
	{"POST " + securityPath + "/passkeys/{id}/rename", aim{thing: aPasskey, own: true, form: fields("name", "Phone")}},
	{"GET " + securityPath + "/passkeys/{id}/remove", aim{thing: aPasskey, own: true}},
	{"POST " + securityPath + "/passkeys/{id}/remove", aim{thing: aPasskey, own: true}},
	{"GET " + securityPath + "/recovery-codes", aim{}},
	{"POST " + securityPath + "/recovery-codes", aim{self: true, okFor: factorOr(200, 409)}},
	{"GET " + securityPath + "/sessions/{id}/end", aim{thing: aSession, own: true}},
	{"POST " + securityPath + "/sessions/{id}/end", aim{thing: aSession, own: true}},
	{"POST " + securityPath + "/sessions/end-others", aim{self: true}},
	{"POST " + securityPath + "/require", aim{form: fields("second_factor", "off"), proof: true}},
}

func idsForm(_ *world, _ *things, id string) url.Values { return url.Values{"id": {id}} }

func moves(_ *world, o *things, id string) url.Values {
	return url.Values{"id": {id}, "group": {o.group}, "confirm": {"1"}}
}

func renames(_ *world, o *things, _ string) url.Values {
	return url.Values{"name": {"renamed-" + o.marker + "-" + tag()}}
}
