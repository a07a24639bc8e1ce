package main

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

const setupLinkName = "setup link"

// visitor is somebody with a browser. Whatever session they are given is planted.
type visitor struct {
	v     *aviary
	name  string
	addr  string // as a proxy tells it: limits count each for itself
	jar   map[string]string
	codes []string // for recovery
	key   string   // of their authenticator app
	step  time.Time
}

func (v *aviary) visitor(name string) *visitor {
	v.visitors++
	return &visitor{v: v, name: name, addr: fmt.Sprintf("192.0.2.%d", v.visitors), jar: map[string]string{}}
}

// cookies plants every session that an answer opens, and answers which secrets its cookies carry.
func (v *aviary) cookies(h http.Header) (names []string) {
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.Value == "" {
			continue
		}
		if c.Name == "sid" && v.carried[c.Value] == "" {
			v.carried[c.Value] = fmt.Sprintf("session cookie %d", len(v.carried)+1)
			v.plant(cookieCanary(v.carried[c.Value], c.Value))
		}
		if name := v.carried[c.Value]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// ask makes a request as their browser does.
func (b *visitor) ask(where, method, path string, a ask) reply {
	b.v.t.Helper()
	a.headers = append(slices.Clone(a.headers), "Accept", "text/html", "Sec-Fetch-Site", "same-origin", "Origin", b.v.server.url, "X-Forwarded-For", b.addr)
	var pairs []string
	for name, value := range b.jar {
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) > 0 {
		a.headers = append(a.headers, "Cookie", strings.Join(pairs, "; "))
	}
	got := b.v.do(b.name+": "+where, method, path, a)
	for _, c := range (&http.Response{Header: got.header}).Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
	return got
}

// open looks at a page.
func (b *visitor) open(path string, status int, meant ...string) reply {
	b.v.t.Helper()
	return b.ask("GET "+path, http.MethodGet, path, ask{status: status, meant: meant})
}

// fill sends a form; fields are names and values.
func (b *visitor) fill(where, path string, a ask, fields ...string) reply {
	b.v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	a.typ, a.body = "application/x-www-form-urlencoded", []byte(form.Encode())
	return b.ask(where, http.MethodPost, path, a)
}

// send sends files with a form.
func (b *visitor) send(where, path string, a ask, files []part, fields ...string) reply {
	b.v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range files {
		w, _ := form.CreateFormFile("file", f.name)
		_, _ = w.Write(f.data)
	}
	for i := 0; i < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	_ = form.Close()
	a.typ, a.body = form.FormDataContentType(), body.Bytes()
	return b.ask(where, http.MethodPost, path, a)
}

// found answers what the group of a pattern finds in a page.
func (v *aviary) found(where string, text []byte, pattern string) string {
	v.t.Helper()
	m := regexp.MustCompile(pattern).FindSubmatch(text)
	if len(m) != 2 {
		v.t.Fatalf("%s has no %s: %.2000s", where, pattern, text)
	}
	return html.UnescapeString(string(m[1]))
}

// firstOwner sets the server up by the link that it printed.
func (v *aviary) firstOwner() {
	link := v.found("standard output", v.site.out.bytes(), `/setup#(setup_[0-9A-Za-z]+)`)
	v.plantText(setupLinkName, link)
	v.carried[link] = setupLinkName
	kept, err := os.ReadFile(filepath.Join(v.site.dir, setupLinkFile))
	if err != nil || strings.TrimSpace(string(kept)) != link {
		v.t.Fatalf("the link is not kept: %v", err)
	}
	sam := v.visitor("sam")
	fields := []string{"name", "Sam", "organisation", "First", "email", "sam@example.com", "time_zone", "UTC"}
	for _, path := range []string{"/setup?link=" + link, "/setup/" + link, "/setup%23" + link, "/invite?" + link} {
		sam.ask("GET with the setup link in the address", http.MethodGet, path, ask{status: statusOf(path), headers: []string{"Referer", v.server.url + "/setup?link=" + link}})
	}
	sam.fill("setup link as an invite", "/invite", ask{}, "link", link)
	sam.fill("setup with a password that is too long", "/setup", ask{status: 422},
		append(fields, "link", link, "password", strings.Repeat(v.text("long password at the setup"), 20))...)
	if sam.jar["setup"] != link {
		v.t.Fatal("the browser does not hold the link")
	}
	sam.fill("setup with a wrong field", "/setup", ask{status: 422}, "email", "nobody", "password", v.text("password at a setup that is refused"))
	password := v.text("password of the first owner")
	sam.fill("setup", "/setup", ask{status: 303}, append(fields, "password", password)...)
	v.visitor("eve").fill("setup with the dead link", "/setup", ask{status: 404}, append(fields, "link", link, "password", v.text("password with a dead link"))...)
	sam.open("/dashboard", 303)
	sam.enrol()
	sam.open("/dashboard", 200)
	sam.fill("sign-out", "/sign-out", ask{status: 303})
	sam.signIn("sam@example.com", password)
	sam.fill("a password in the place of a code", "/sign-in/code", ask{status: 401}, "code", v.text("password in the place of a code"))
	sam.fill("a recovery code", "/sign-in/code", ask{status: 303}, "code", sam.codes[0])
	sam.open("/dashboard", 200)
	again := v.visitor("sam again")
	again.signIn("sam@example.com", password)
	again.fill("a used recovery code", "/sign-in/code", ask{status: 401}, "code", sam.codes[0])
	again.fill("a code", "/sign-in/code", ask{status: 303}, "code", sam.code())
	again.open("/dashboard", 200)
}

// statusOf is 404 for what is no page.
func statusOf(path string) int {
	if strings.Contains(path, "?") {
		return http.StatusOK
	}
	return http.StatusNotFound
}

func (b *visitor) signIn(email, password string) {
	b.v.t.Helper()
	b.fill("sign-in", "/sign-in", ask{status: 303}, "email", email, "password", password)
	if b.jar["sid"] == "" {
		b.v.t.Fatalf("%s is not signed in", b.name)
	}
}

const security = "/dashboard/settings/security"

// enrol gives them an authenticator app and recovery codes.
func (b *visitor) enrol() {
	v := b.v
	v.t.Helper()
	name := "authenticator key of " + b.name
	page := b.fill("authenticator", security+"/authenticator", ask{status: 200, meant: []string{name}})
	b.key = strings.ReplaceAll(v.found("the page", page.body, `<code id="key">([A-Z2-7 ]+)</code>`), " ", "")
	v.plant(appCanary(name, b.key))
	picture := v.found("the page", page.body, `src="(data:image/png;base64,[^"]+)"`)
	v.plant(textCanary("QR code of "+b.name, picture))
	v.hay[len(v.hay)-1].meant = []string{name, "QR code of " + b.name}
	b.fill("a password in the place of the first code", security+"/authenticator/confirm", ask{status: 401}, "code", v.text(b.name+"'s password in the place of the first code"))
	b.keep(b.fill("first code", security+"/authenticator/confirm", ask{status: 200}, "code", b.code()))
}

// keep plants the recovery codes of the page that was just looked at.
func (b *visitor) keep(page reply) {
	b.v.t.Helper()
	b.codes = strings.Fields(b.v.found("the page", page.body, `class="codes">([^<]+)<`))
	if len(b.codes) < 8 {
		b.v.t.Fatalf("there are %d recovery codes", len(b.codes))
	}
	h := &b.v.hay[len(b.v.hay)-1]
	for _, code := range b.codes {
		b.v.plant(codeCanary("recovery code "+code, code))
		h.meant = append(h.meant, "recovery code "+code)
	}
}

// code answers the next one of their app: the server takes that of now and that of the next half minute.
func (b *visitor) code() string {
	b.v.t.Helper()
	at := time.Now().Truncate(codePeriod)
	if !b.step.Before(at) {
		at = b.step.Add(codePeriod)
	}
	b.step = at
	code, err := totp.GenerateCode(b.key, at)
	if err != nil {
		b.v.t.Fatal(err)
	}
	return code
}

// people is what kim does in Acme with a browser, and lee whom she invites.
func (v *aviary) people() {
	s := &v.s
	kim := v.visitor("kim")
	s.kim = kim
	kim.fill("sign-in with a wrong password", "/sign-in", ask{status: 401}, "email", "kim@example.com", "password", v.text("wrong password at sign-in"))
	kim.fill("sign-in of nobody", "/sign-in", ask{status: 401}, "email", "nobody@example.com", "password", v.text("password of nobody"))
	// Typed into the wrong field it is shown, to whom typed it, and nowhere else.
	const swapped = "password in the place of an address"
	kim.fill(swapped, "/sign-in", ask{status: 401, may: swapped}, "email", v.text(swapped), "password", "kim@example.com")
	kim.signIn("kim@example.com", s.password)
	kim.credentials()
	kim.tokens()
	kim.files()
	kim.invites()
}

// credentials changes all that kim proves herself by.
func (b *visitor) credentials() {
	v := b.v
	b.enrol()
	b.keep(b.fill("new recovery codes", security+"/recovery-codes", ask{status: 200}))
	next := v.text("changed password")
	b.fill("change of the password with a wrong one", security+"/password", ask{status: 422}, "password", v.text("wrong password at the change"), "new_password", next)
	b.fill("change of the password", security+"/password", ask{status: 303}, "password", v.s.password, "new_password", next)
	v.s.password = next
	b.fill("wrong proof", "/dashboard/confirm", ask{status: 422}, "password", v.text("wrong password at a proof"), "next", "/dashboard/vault")
	b.fill("proof", "/dashboard/confirm", ask{status: 303}, "password", next, "code", b.code(), "strong", "1", "next", "/dashboard/vault")
	begun := b.ask("passkey", http.MethodPost, security+"/passkeys/begin", ask{status: 200, typ: "application/json", body: []byte("{}")})
	ceremony := v.found("the challenge", begun.body, `"ceremony":"([^"]+)"`)
	v.plant(cookieCanary("ceremony", ceremony))
	v.hay[len(v.hay)-1].meant = []string{"ceremony"}
	b.ask("a passkey that is none", http.MethodPost, security+"/passkeys/finish", ask{typ: "application/json",
		body: []byte(`{"ceremony":"` + ceremony + `","name":"x","answer":{"id":"` + ceremony + `"}}`)})
	b.open(security, 200)
}

// tokens makes one of every sort, which a page shows once.
func (b *visitor) tokens() {
	v := b.v
	one := func(where, path, prefix string, fields ...string) string {
		v.t.Helper()
		page := b.fill(where, path, ask{status: 200}, fields...)
		token := v.found(where, page.body, `>(`+prefix+`_[0-9A-Za-z]{49})<`)
		v.plantText(where, token)
		v.hay[len(v.hay)-1].meant = []string{where}
		return token
	}
	one("API token of a form", "/dashboard/settings/api-tokens/new", "api", "name", "form", "scopes", "read", "days", "30")
	one("ingest token of a form", "/dashboard/ingest/new", "it", "name", "form")
	made := one("push token of a form", "/dashboard/push/new", "pt", "name", "form", "type", "pull", "group", v.s.groupID, "preset", "modern")
	list := b.open("/dashboard/push", 200)
	target := "/dashboard/push/" + v.found("the list", list.body, `/dashboard/push/([a-z]+_[0-9a-z]+)[^<]*>\s*(?:<[^>]+>\s*)*form\b`)
	b.fill("script with the token", target+"/script", ask{status: 200, meant: []string{"push token of a form"}}, "os", "linux-cron", "token", made)
	b.fill("script with another token", target+"/script", ask{}, "os", "windows", "token", v.s.api)
	b.open(target+"/script?os=linux-cron", 200)
	one("push token rotated by a form", target+"/rotate", "pt", "grace", "1")
	v.do("fetch with the token of a form", http.MethodGet, "/api/push/fetch?kind=cert", ask{token: made, status: 200})
	b.open(target, 200)
}

// files uploads and takes out keys, by forms.
func (b *visitor) files() {
	v, s := b.v, &b.v.s
	const upload = "/dashboard/vault/upload"
	k := s.form
	der, err := pkcs12.Modern2023.Encode(k.pair.Key, k.pair.Cert, nil, s.formWord)
	if err != nil {
		v.t.Fatal(err)
	}
	v.plant(bytesCanary("bytes of a PFX in a form", der))
	pfx := []part{{"form.pfx", der}}
	script := []string{"HX-Request", "true"}
	b.send("look at a PFX", upload+"/look", ask{status: 200, headers: script}, pfx)
	b.send("look at a PFX with a wrong password", upload+"/look", ask{status: 200, headers: script}, pfx, "password.0", v.text("wrong password in a look"))
	b.send("look at a PFX with its password", upload+"/look", ask{status: 200, headers: script}, pfx, "password.0", s.formWord)
	b.send("look at a key", upload+"/look", ask{status: 200, headers: script}, []part{{"form.key", k.file}})
	b.send("upload of a PFX with a wrong password", upload, ask{}, pfx, "password.0", v.text("wrong password in a form"))
	b.send("upload of a PFX", upload, ask{status: 303}, pfx, "password.0", s.formWord, "group", "form")
	b.send("upload of pasted text", upload, ask{status: 303}, nil, "pem", string(s.pasted.pair.CertPEM)+string(s.pasted.file), "pem_group", "pasted")
	b.open("/dashboard/vault", 200)
	row := "/dashboard/vault/" + s.keyIDs["rsa"]
	b.open(row, 200)
	b.open(row+"/download", 200, s.rsa.name)
	b.fill("parsing again with a wrong password", "/dashboard/vault/"+s.unknownID+"/parse", ask{}, "password", v.text("wrong password at parsing again"))
	group := "/dashboard/groups/" + s.groupID
	b.fill("password of a group", group+"/password", ask{status: 303}, "password", v.text("group password of a form"))
	b.fill("password of a group, too long", group+"/password", ask{status: 422}, "password", strings.Repeat(v.text("long group password"), 20))
	b.fill("PFX", group+"/pfx", ask{status: 200}, "password", v.text("password of a PFX of a form"), "preset", "modern", "keep", "1")
	b.fill("PFX of a preset that is none", group+"/pfx", ask{status: 422}, "password", v.text("password of a PFX that is refused"), "preset", "none")
	b.send("key of another certificate", group+"/key", ask{}, nil, "key", string(s.lost.file), "password", v.text("password beside a key"))
	b.fill("new group", "/dashboard/groups/new", ask{status: 303}, "name", "form group", "password", v.text("password of a new group"))
	b.fill("group of that name again", "/dashboard/groups/new", ask{}, "name", "form group", "password", v.text("password of a group that is refused"))
}

// invites asks lee into Acme.
func (b *visitor) invites() {
	v := b.v
	page := b.fill("invite", "/dashboard/settings/members/invite", ask{status: 200, meant: []string{"invite link"}}, "emails", "lee@example.com", "role", "viewer")
	link := v.found("the page", page.body, `/invite#(inv_[0-9A-Za-z]+)`)
	v.plantText("invite link", link)
	v.carried[link] = "invite link"
	lee := v.visitor("lee")
	elsewhere := []string{"Referer", v.server.url + "/invite?link=" + link}
	for _, path := range []string{"/invite?link=" + link, "/invite/" + link, "/invite%23" + link} {
		lee.ask("GET with the invite link in the address", http.MethodGet, path, ask{status: statusOf(path), headers: elsewhere})
	}
	// Where the server is set up already, the way in is to sign in, and the secret goes no further.
	if to := lee.ask("GET with the invite link at the set-up", http.MethodGet, "/setup?"+link, ask{status: 303, headers: elsewhere}).header.Get("Location"); to != "/sign-in" {
		v.t.Errorf("the set-up that is over leads to %s", strings.ReplaceAll(to, link, "SECRET"))
	}
	lee.fill("invite", "/invite", ask{status: 303}, "link", link)
	lee.open("/invite", 200)
	lee.fill("acceptance with a password that is too long", "/invite/accept", ask{status: 422}, "name", "Lee", "password", strings.Repeat(v.text("long password at an invite"), 20))
	lee.fill("acceptance", "/invite/accept", ask{status: 303}, "name", "Lee", "password", v.text("password of the invited"))
	lee.open("/dashboard", 200)
	lee.open("/dashboard/vault/"+v.s.keyIDs["rsa"]+"/download", 403)
	v.visitor("eve").fill("a used invite", "/invite", ask{status: 404}, "link", link)
	id := v.found("members", b.open("/dashboard/settings/members", 200).body, `/dashboard/settings/members/(usr_[0-9a-z]+)/remove`)
	b.fill("removal", "/dashboard/settings/members/"+id+"/remove", ask{status: 303})
	lee.open("/dashboard/vault", 303)
	lee.fill("sign-out", "/sign-out", ask{status: 303})
}
