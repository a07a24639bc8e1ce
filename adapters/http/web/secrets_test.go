package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// secrets are what must be nowhere, by what they are. A name stands for several.
type secrets map[string][]string

func (s secrets) add(name string, values ...string) { s[name] = append(s[name], values...) }

// in answers which of them a text holds, also in the forms that text takes on its way.
func (s secrets) in(text string) string {
	for name, values := range s {
		for _, v := range values {
			for _, form := range []string{v, url.QueryEscape(v), base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v))} {
				if strings.Contains(text, form) {
					return name
				}
			}
		}
	}
	return ""
}

// planter is an owner who makes everything that is secret, through the pages.
type planter struct {
	*world
	t      *testing.T
	cookie string
	found  secrets
}

// do sends a form; a cookie that the answer sets is held from then on.
func (p *planter) do(path string, want int, pairs ...string) reply {
	p.t.Helper()
	return p.send(call{method: "POST", path: path, body: fields(pairs...)(nil, nil, "").Encode()}, want)
}

func (p *planter) send(c call, want int) reply {
	p.t.Helper()
	c.cookie = p.cookie
	got := p.ask(c)
	if got.status != want {
		p.t.Fatalf("%s: %d, want %d: %s", c.path, got.status, want, words(got.body))
	}
	if name := p.found.in(got.text()); name != "" && (got.status >= 400 || strings.HasSuffix(c.path, "/look")) {
		p.t.Errorf("%s gives the %s back: %s", c.path, name, words(got.body))
	}
	r := http.Response{Header: got.header}
	for _, k := range r.Cookies() {
		if k.Name == "sid" && k.Value != "" {
			p.cookie = k.Value
			p.found.add("session cookie", k.Value)
		}
	}
	return got
}

// take reads what a page shows once, and knows it from then on.
func (p *planter) take(name string, from reply, expression string) string {
	p.t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(from.body)
	if m == nil {
		p.t.Fatalf("no %s: %s", name, from.body)
	}
	p.found.add(name, m[len(m)-1])
	return m[len(m)-1]
}

const (
	secondPassword = "CANARY second password of Kim"
	wrongPassword  = "CANARY wrong password of Kim"
	groupPassword  = "CANARY password of the group"
	filePassword   = "CANARY password of a file"
)

// plant signs in and makes one of everything.
func (w *world) plant(t *testing.T, o *things) *planter {
	t.Helper()
	p := &planter{world: w, t: t, found: secrets{}}
	p.found.add("password", password, secondPassword, wrongPassword)
	p.found.add("PFX password", groupPassword, filePassword)
	u := w.user(o.owner.Tenant, kind{role: tenant.Owner})
	p.do("/sign-in", 401, "email", u.Email, "password", wrongPassword, "next", "/dashboard")
	p.do("/sign-in", 303, "email", u.Email, "password", password)
	p.do("/dashboard/confirm", 422, "password", wrongPassword)
	p.do("/dashboard/confirm", 303, "password", password)
	p.factors()
	p.do(securityPath+"/password", 422, "password", wrongPassword, "new_password", secondPassword)
	p.do(securityPath+"/password", 303, "password", password, "new_password", secondPassword)
	p.tokens(o)
	p.keys()
	return p
}

func (p *planter) factors() {
	p.t.Helper()
	shown := p.do(securityPath+"/authenticator", 200)
	key := strings.ReplaceAll(p.take("authenticator key", shown, `<code[^>]*id="key"[^>]*>([A-Z2-7 ]+)</code>`), " ", "")
	p.found.add("authenticator key", key)
	code, err := totp.GenerateCode(key, p.now)
	p.must(err)
	codes := p.do(securityPath+"/authenticator/confirm", 200, "code", code)
	list := p.take("recovery codes", codes, `(?s)<code[^>]*id="codes"[^>]*>([^<]+)</code>`)
	p.found.add("recovery codes", strings.Fields(list)...)
}

func (p *planter) tokens(o *things) {
	p.t.Helper()
	p.take("push token", p.do(pushPath+"/new", 200, "name", "planted", "type", "pull", "group", o.group, "preset", "modern"), `pt_[0-9A-Za-z]{49}`)
	p.take("push token", p.do(pushPath+"/"+o.target+"/rotate", 200, "grace", "24"), `pt_[0-9A-Za-z]{49}`)
	p.take("ingest token", p.do(ingestPath+"/new", 200, "name", "planted"), `it_[0-9A-Za-z]{49}`)
	p.take("API token", p.do(tokensPath+"/new", 200, "name", "planted", "scopes", "read", "days", "30"), `api_[0-9A-Za-z]{49}`)
	link := p.take("invite link", p.do(membersPath+"/invite", 200, "emails", "planted@example.com", "role", "viewer"), `inv_[0-9A-Za-z]{49}`)
	if got := p.ask(call{method: "POST", path: "/invite", body: "link=" + link}); got.status != 303 {
		p.t.Fatalf("the invite does not open: %d", got.status)
	}
	p.take("invite link", p.do(membersPath+"/invites/"+o.invite+"/renew", 200), `inv_[0-9A-Za-z]{49}`)
}

// keys brings private keys in by every way there is, and has a PFX built.
func (p *planter) keys() {
	p.t.Helper()
	pair := testcert.SelfSigned("planted.example.com")
	typ, body := uploadOf("planted", pair.CertPEM, "x")
	p.send(call{method: "POST", path: vaultPath + "/upload", contentType: typ, body: body}, 303)
	p.found.add("private key", inside(pair.KeyPEM)...)
	list := p.ask(call{method: "GET", path: groupsPath, cookie: p.cookie}).body
	group := regexp.MustCompile(`href="` + groupsPath + `/(grp_[0-9a-z]+)"[^>]*>\s*planted`).FindStringSubmatch(list)
	if group == nil {
		p.t.Fatalf("no group: %s", words(list))
	}
	at := groupsPath + "/" + group[1]
	other := testcert.SelfSigned("other.example.com")
	p.found.add("private key", inside(other.KeyPEM)...)
	p.do(at+"/key", 422, "key", string(other.KeyPEM), "password", filePassword)
	p.do(at+"/key", 303, "key", string(pair.KeyPEM), "password", filePassword)
	p.do(at+"/password", 303, "password", groupPassword)
	p.do(at+"/pfx", 422, "password", filePassword, "preset", "nonsense")
	p.do(at+"/pfx", 200, "password", filePassword, "preset", "modern")
	typ, body = uploadOf("planted", append(other.CertPEM, other.KeyPEM...), filePassword)
	p.send(call{method: "POST", path: vaultPath + "/upload/look", contentType: typ, body: body}, 200)
	typ, body = uploadOf(strings.Repeat("too long", 100), append(other.CertPEM, other.KeyPEM...), filePassword)
	p.send(call{method: "POST", path: vaultPath + "/upload", contentType: typ, body: body}, 422)
}

// inside answers the lines of a PEM, which are secret one by one.
func inside(pem []byte) []string {
	var out []string
	for _, l := range strings.Split(string(pem), "\n") {
		if len(l) > 30 && !strings.HasPrefix(l, "-----") {
			out = append(out, l)
		}
	}
	return out
}

// TestSecretsAreNowhereAfterwards makes one of everything that is secret through the pages, then looks at every page that
// anybody can reach, and at all that was logged.
func TestSecretsAreNowhereAfterwards(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		o := w.furnish(w.Owner, "ours-7f3a", "Test workspace")
		p := w.plant(t, o)
		if len(p.found) < 9 {
			t.Fatalf("only %d sorts of secrets", len(p.found))
		}
		in, pages := o.owner.Tenant, 0
		self := w.ownerOf("owner", o, strong)
		self.cookie = p.cookie
		for _, who := range []comer{self, w.seated("editor", in, kind{role: tenant.Editor}), w.seated("viewer", in, kind{role: tenant.Viewer}), {name: "stranger"}} {
			c := w.crawler(t, who)
			c.look = func(at, text string) {
				pages++
				if !strings.Contains(at, "/download") { // an owner gets the key itself there, and nothing else
					if name := p.found.in(text); name != "" {
						t.Errorf("%s as %s holds the %s", at, who.name, name)
					}
				}
			}
			c.run("/dashboard")
		}
		log := w.log.String()
		if name := p.found.in(log); name != "" {
			t.Errorf("the log holds the %s", name)
		}
		if pages < 400 || strings.Count(log, `"level":"INFO"`) < 400 {
			t.Errorf("only %d pages, and a log of %d bytes", pages, len(log))
		}
		t.Logf("%d sorts of secrets, %d pages, %d bytes of log", len(p.found), pages, len(log))
	})
}

// TestTheStoreHoldsNoSecret reads every table: what is stored of a secret is its hash, or sealed.
func TestTheStoreHoldsNoSecret(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		o := w.furnish(w.Owner, "ours-7f3a", "Test workspace")
		p := w.plant(t, o)
		for key, rows := range w.witness.look() {
			for _, text := range []string{rows, string(bytesOf(rows))} {
				if name := p.found.in(text); name != "" {
					t.Errorf("%s holds the %s", key, name)
				}
			}
		}
	})
}

// bytesOf makes the numbers that a blob is printed as bytes again.
func bytesOf(rows string) []byte {
	var out bytes.Buffer
	for _, n := range regexp.MustCompile(`\d+`).FindAllString(rows, -1) {
		var b int
		if _, err := fmt.Sscan(n, &b); err == nil && b < 256 {
			out.WriteByte(byte(b))
		} else {
			out.WriteByte(' ')
		}
	}
	return out.Bytes()
}
