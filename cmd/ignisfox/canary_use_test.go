package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/internal/testcert"
)

// secrets are those that more than one step needs.
type secrets struct {
	ca                            *testcert.Pair
	rsa, ec, ed, locked, pfx      keyFile
	delivered, parts, stray, lost keyFile
	form, pasted                  keyFile
	formWord                      string
	kim                           *visitor
	lockedWord, pfxWord           string
	password                      string // of kim, who works in Acme
	groupWord, adHocWord          string
	unknown                       string
	api, pathToken, headerToken   string
	keptToken, ingest             string
	groupID, targetID, unknownID  string
	keyIDs                        map[string]string // of the rows of keys, by group
}

// keyFile is a certificate, and its key as somebody stores it.
type keyFile struct {
	name string // of the canary
	pair *testcert.Pair
	file []byte
}

// word is a password that every encoder writes in its own way.
func word() string { return rand.Text() + `"<&\%+é ` + rand.Text() }

func (v *aviary) makeSecrets() {
	s := &v.s
	s.ca = testcert.Root("canary root")
	s.keyIDs = map[string]string{}
	make1 := func(name, host, label string, marshal func(*testcert.Pair) ([]byte, error), opts ...testcert.Option) keyFile {
		v.t.Helper()
		p := s.ca.Leaf(host, opts...)
		der, err := marshal(p)
		if err != nil {
			v.t.Fatal(err)
		}
		k := keyFile{name, p, pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})}
		v.plant(keyCanary(name, k.file, p.Key))
		return k
	}
	pkcs8 := func(p *testcert.Pair) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(p.Key) }
	s.rsa = make1("RSA key in PKCS#1", "rsa.example.com", "RSA PRIVATE KEY", func(p *testcert.Pair) ([]byte, error) {
		return x509.MarshalPKCS1PrivateKey(p.Key.(*rsa.PrivateKey)), nil
	}, testcert.RSA(2048))
	s.ec = make1("EC key in SEC1", "ec.example.com", "EC PRIVATE KEY", func(p *testcert.Pair) ([]byte, error) {
		return x509.MarshalECPrivateKey(p.Key.(*ecdsa.PrivateKey))
	})
	s.ed = make1("Ed25519 key in PKCS#8", "ed.example.com", "PRIVATE KEY", pkcs8, testcert.Ed25519())
	s.locked = make1("encrypted key", "locked.example.com", "PRIVATE KEY", pkcs8)
	s.pfx = make1("key in a PFX", "pfx.example.com", "PRIVATE KEY", pkcs8)
	s.delivered = make1("key of a delivery", "delivered.example.com", "PRIVATE KEY", pkcs8)
	s.parts = make1("key of a delivery in parts", "parts.example.com", "PRIVATE KEY", pkcs8)
	s.form = make1("key in a PFX of a form", "form.example.com", "PRIVATE KEY", pkcs8)
	s.pasted = make1("key that is pasted", "pasted.example.com", "PRIVATE KEY", pkcs8)
	s.stray = make1("key in a body that cannot be read", "stray.example.com", "PRIVATE KEY", pkcs8)
	s.lost = make1("key sent to a wrong address", "lost.example.com", "PRIVATE KEY", pkcs8)
	for name, at := range map[string]*string{
		"password of an encrypted key": &s.lockedWord, "source password of a PFX": &s.pfxWord, "group password": &s.groupWord,
		"password of a PFX build": &s.adHocWord, "content of an unknown file": &s.unknown,
		"source password of a PFX in a form": &s.formWord,
	} {
		*at = word()
		v.plantText(name, *at)
	}
}

// text plants a secret that is used in one place.
func (v *aviary) text(name string) string {
	secret := word()
	v.plantText(name, secret)
	return secret
}

// ask is a request, and what may be in its answer.
type ask struct {
	token   string // Bearer
	headers []string
	typ     string
	body    []byte
	json    any
	status  int // 0: any refusal; anything: any answer
	meant   []string
	may     string
}

// do makes a request and searches all of the answer.
func (v *aviary) do(where, method, path string, a ask) reply {
	v.t.Helper()
	if a.json != nil {
		var err error
		if a.body, err = json.Marshal(a.json); err != nil {
			v.t.Fatal(err)
		}
		a.typ = "application/json"
	}
	r, err := http.NewRequest(method, v.server.url+path, bytes.NewReader(a.body))
	if err != nil {
		v.t.Fatal(err)
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	if a.typ != "" {
		r.Header.Set("Content-Type", a.typ)
	}
	for i := 0; i < len(a.headers); i += 2 {
		r.Header.Add(a.headers[i], a.headers[i+1])
	}
	got, err := send(v.http, r)
	if err != nil {
		v.t.Fatalf("%s: %v", where, err)
	}
	if a.status == 0 && (got.status < 400 || got.status >= 500) || a.status > 0 && got.status != a.status || got.status == 500 {
		v.t.Errorf("%s: status %d, want %d (0: a refusal): %.300s", where, got.status, a.status, got.body)
	}
	var head bytes.Buffer
	_ = got.header.Write(&head)
	v.look("headers of "+where, head.Bytes(), v.cookies(got.header)...)
	v.hay[len(v.hay)-1].may = a.may
	v.look("body of "+where, got.body, a.meant...)
	v.hay[len(v.hay)-1].may = a.may
	return got
}

// operator makes the owner, gives a new password, and makes the first token.
func (v *aviary) operator() {
	who := []string{"--email", "kim@example.com"}
	v.command("create-owner", nil, v.text("owner's password"), slices.Concat([]string{"admin", "create-owner"}, who,
		[]string{"--name", "Kim", "--tenant", "Acme", "--password-file", "-"})...)
	v.s.password = v.text("new password")
	v.command("reset-password", nil, v.s.password, slices.Concat([]string{"admin", "reset-password"}, who, []string{"--password-file", "-"})...)
	v.s.api = v.command("admin token", []string{"API token"}, "", slices.Concat([]string{"admin", "token"}, who,
		[]string{"--tenant", "Acme", "--name", "first", "--scope", "read", "--scope", "write", "--scope", "export"})...)
	v.plantText("API token", v.s.api)
	v.refused("reset-password of nobody", v.text("password for nobody"), nil, "admin", "reset-password", "--email", "no@example.com", "--password-file", "-")
	v.refused("create-owner twice", v.text("password of a second owner"), nil, "admin", "create-owner", "--email", "second@example.com",
		"--name", "Second", "--tenant", "Acme", "--password-file", "-")
	v.refused("token of nobody", "", nil, "admin", "token", "--email", "no@example.com", "--tenant", "Acme", "--name", "x")
}

// upload sends files and answers the body.
func (v *aviary) upload(where, group, password string, status int, files ...part) reply {
	v.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range files {
		w, _ := form.CreateFormFile("file", f.name)
		_, _ = w.Write(f.data)
	}
	for name, value := range map[string]string{"group": group, "password": password} {
		if value != "" {
			_ = form.WriteField(name, value)
		}
	}
	_ = form.Close()
	return v.do(where, http.MethodPost, "/api/v1/uploads", ask{token: v.s.api, typ: form.FormDataContentType(), body: b.Bytes(), status: status})
}

type uploaded struct {
	Results []struct {
		Status    string
		Group     *struct{ ID string }
		Artifacts []struct{ ID, Kind string }
	}
}

func (v *aviary) uploadPair(group string, k keyFile) {
	v.t.Helper()
	r := v.upload("upload of "+k.name, group, "", http.StatusCreated, part{group + ".pem", k.pair.CertPEM}, part{group + ".key", k.file})
	v.noteKey(group, r)
}

func (v *aviary) noteKey(group string, r reply) {
	v.t.Helper()
	var u uploaded
	if err := decodeJSON(r.body, &u); err != nil {
		v.t.Fatal(err)
	}
	for _, f := range u.Results {
		for _, a := range f.Artifacts {
			if a.Kind == "key" {
				v.s.keyIDs[group] = a.ID
			}
		}
		if f.Group != nil && group == "rsa" {
			v.s.groupID = f.Group.ID
		}
	}
	if v.s.keyIDs[group] == "" {
		v.t.Fatalf("no key was stored for %s: %s", group, r.body)
	}
}

// made makes something whose answer holds a token, and plants that.
func (v *aviary) made(name, path string, body any, headers ...string) (id, token string) {
	v.t.Helper()
	status := http.StatusCreated
	if strings.HasSuffix(path, "/rotate") {
		status = http.StatusOK
	}
	r := v.do("POST that makes "+name, http.MethodPost, path, ask{token: v.s.api, json: body, headers: headers, status: status, meant: []string{name}})
	var m struct{ ID, Token string }
	if err := decodeJSON(r.body, &m); err != nil || m.Token == "" {
		v.t.Fatalf("%s: no token in the answer", name)
	}
	v.plantText(name, m.Token)
	return m.ID, m.Token
}

// goodUse is what everything is there for.
func (v *aviary) goodUse() {
	s := &v.s
	v.uploadPair("rsa", s.rsa)
	v.uploadPair("ec", s.ec)
	v.uploadPair("ed", s.ed)
	v.uploadLocked()
	v.uploadPFX()
	r := v.upload("upload of an unknown file", "", "", http.StatusCreated, part{"notes.bin", slices.Concat([]byte{0, 1, 2}, []byte(s.unknown), []byte{3})})
	var u uploaded
	if err := decodeJSON(r.body, &u); err != nil || len(u.Results) != 1 || u.Results[0].Status != "unknown" {
		v.t.Fatalf("the unknown file: %s", r.body)
	}
	s.unknownID = u.Results[0].Artifacts[0].ID
	v.do("PATCH of the group's password", http.MethodPatch, "/api/v1/groups/"+s.groupID, ask{token: s.api, json: map[string]any{"password": s.groupWord}, status: 200})
	for _, preset := range []string{"modern", "legacy"} {
		body := map[string]any{"password": s.adHocWord, "preset": preset}
		v.do("PFX build "+preset, http.MethodPost, "/api/v1/groups/"+s.groupID+"/pfx", ask{token: s.api, json: body, status: 200})
	}
	target := func(name string) map[string]any { return map[string]any{"name": name, "type": "pull", "group": "rsa"} }
	_, s.pathToken = v.made("push token in the path", "/api/v1/targets", target("path"))
	_, s.headerToken = v.made("push token in the header", "/api/v1/targets", target("header"))
	once := []string{"Idempotency-Key", "canary once"}
	s.targetID, s.keptToken = v.made("push token in a kept answer", "/api/v1/targets", target("kept"), once...)
	v.do("POST of a target, repeated", http.MethodPost, "/api/v1/targets", ask{
		token: s.api, json: target("kept"), headers: once, status: 201, meant: []string{"push token in a kept answer"},
	})
	v.made("push token after rotation", "/api/v1/targets/"+s.targetID+"/rotate", map[string]any{"grace": 1})
	v.made("API token in a kept answer", "/api/v1/api-tokens", map[string]any{"name": "second"}, "Idempotency-Key", "canary token")
	_, s.ingest = v.made("ingest token", "/api/v1/ingest-tokens", map[string]any{"name": "pipeline"})
	v.deliver()
	v.goodReads()
}

func (v *aviary) uploadLocked() {
	s := &v.s
	cmd := exec.Command("openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:"+s.lockedWord)
	cmd.Stdin = bytes.NewReader(s.locked.file)
	locked, err := cmd.Output()
	if err != nil {
		v.t.Fatalf("openssl: %v", err)
	}
	v.upload("upload of an encrypted key without its password", "locked", "", 0, part{"locked.key", locked})
	v.upload("upload of an encrypted key with another password", "locked", v.text("wrong password of a key"), 0, part{"locked.key", locked})
	v.noteKey("locked", v.upload("upload of an encrypted key", "locked", s.lockedWord, http.StatusCreated, part{"locked.pem", s.locked.pair.CertPEM}, part{"locked.key", locked}))
}

func (v *aviary) uploadPFX() {
	s := &v.s
	der, err := pkcs12.Modern2023.Encode(s.pfx.pair.Key, s.pfx.pair.Cert, nil, s.pfxWord)
	if err != nil {
		v.t.Fatal(err)
	}
	v.plant(bytesCanary("bytes of a PFX", der))
	v.upload("upload of a PFX with another password", "pfx", v.text("wrong password of a PFX"), 0, part{"a.pfx", der})
	v.noteKey("pfx", v.upload("upload of a PFX", "pfx", s.pfxWord, http.StatusCreated, part{"a.pfx", der}))
}

func (v *aviary) deliver() {
	s := &v.s
	body := map[string]any{"group": "delivered", "cert": string(s.delivered.pair.CertPEM), "key": string(s.delivered.file)}
	v.do("delivery as JSON", http.MethodPost, "/api/ingest", ask{token: s.ingest, json: body, status: 201})
	v.do("delivery again", http.MethodPost, "/api/ingest", ask{token: s.ingest, json: body, status: 200})
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, value := range map[string]string{"group": "parts", "cert": string(s.parts.pair.CertPEM), "key": string(s.parts.file)} {
		_ = form.WriteField(name, value)
	}
	_ = form.Close()
	v.do("delivery in parts", http.MethodPost, "/api/ingest", ask{token: s.ingest, typ: form.FormDataContentType(), body: b.Bytes(), status: 201})
}

// goodReads fetches and downloads. These few answers are there to carry a secret.
func (v *aviary) goodReads() {
	s := &v.s
	for _, kind := range []string{"cert", "chain", "fullchain", "key", "bundle", "pfx"} {
		var meant []string
		status := http.StatusOK
		switch kind {
		case "key", "bundle":
			meant = []string{s.rsa.name}
		case "chain":
			status = http.StatusNotFound // the issuer is a root, which is nobody's intermediate
		}
		a := ask{status: status, meant: meant}
		tag := v.do("fetch of "+kind+" by path", http.MethodGet, "/api/push/"+s.pathToken+"/fetch?kind="+kind, a).header.Get("Etag")
		a.token = s.headerToken
		v.do("fetch of "+kind+" by header", http.MethodGet, "/api/push/fetch?kind="+kind, a)
		a.meant = nil
		v.do("HEAD of "+kind, http.MethodHead, "/api/push/fetch?kind="+kind, a)
		if tag != "" {
			v.do("fetch of "+kind+" with its tag", http.MethodGet, "/api/push/fetch?kind="+kind, ask{token: s.headerToken, headers: []string{"If-None-Match", tag}, status: 304})
		}
	}
	v.do("fetch with the kept token", http.MethodGet, "/api/push/fetch?kind=cert", ask{token: s.keptToken, status: 200})
	for group, name := range map[string]string{
		"rsa": s.rsa.name, "ec": s.ec.name, "ed": s.ed.name, "locked": s.locked.name, "pfx": s.pfx.name,
	} {
		v.do("download of the key of "+group, http.MethodGet, "/api/v1/artifacts/"+s.keyIDs[group]+"/download", ask{token: s.api, status: 200, meant: []string{name}})
	}
	v.do("download of the unknown file", http.MethodGet, "/api/v1/artifacts/"+s.unknownID+"/download", ask{token: s.api, status: 200, meant: []string{"content of an unknown file"}})
	v.do("zip", http.MethodPost, "/api/v1/artifacts/zip", ask{token: s.api, json: map[string]any{"ids": []string{s.keyIDs["ec"], s.unknownID}}, status: 200})
}

// pages reads everything that lists or describes.
func (v *aviary) pages() {
	s := &v.s
	for _, path := range []string{
		"/api/v1/artifacts", "/api/v1/artifacts?kind=key", "/api/v1/artifacts.csv", "/api/v1/artifacts/" + s.keyIDs["rsa"], "/api/v1/artifacts/" + s.unknownID,
		"/api/v1/groups", "/api/v1/groups/" + s.groupID, "/api/v1/groups/" + s.groupID + "/generations", "/api/v1/plugins",
		"/api/v1/targets", "/api/v1/targets/" + s.targetID, "/api/v1/targets/" + s.targetID + "/script?os=linux-cron",
		"/api/v1/targets/" + s.targetID + "/script?os=linux-systemd", "/api/v1/targets/" + s.targetID + "/script?os=windows",
		"/api/v1/ingest-tokens", "/api/v1/api-tokens", "/api/v1/members", "/api/v1/tenant", "/api/v1/profile", "/api/v1/audit?limit=200",
		"/api/v1/openapi.json", "/healthz", "/readyz",
	} {
		v.do("GET "+path, http.MethodGet, path, ask{token: s.api, status: 200})
	}
	r, err := http.NewRequest(http.MethodGet, v.server.metrics, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	got, err := send(v.http, r)
	if err != nil || got.status != 200 || !bytes.Contains(got.body, []byte("ignisfox_http_requests_total")) {
		v.t.Fatalf("metrics: %d %v", got.status, err)
	}
	v.look("metrics page", got.body)
}

// badUse is everything that goes wrong, by mistake or on purpose.
func (v *aviary) badUse() {
	v.badBodies()
	v.badPlaces()
	v.badCredentials()
	v.badLines()
}

// badBodies sends keys and passwords in bodies that are refused.
func (v *aviary) badBodies() {
	s := &v.s
	key := string(s.stray.file)
	for i, body := range []any{
		map[string]any{"name": key, "type": "pull", "group": "rsa"}, map[string]any{"name": "x", "type": key, "group": "rsa"},
		map[string]any{"name": "x", "type": "pull", "group": key}, map[string]any{"name": "x", "type": "pull", "group": "rsa", key: 1},
		map[string]any{"name": []string{key}, "type": 7, "group": nil}, map[string]any{"name": "x", "type": "pull", "group": "rsa", "tags": key},
		map[string]any{"name": "x", "type": "pull", "group": "rsa", "settings": map[string]any{"allowed_cidrs": []string{key}, "pfx_preset": key, "expires_at": key}},
		map[string]any{"name": "x", "type": "pull", "group": "rsa", "key": key}, []string{key}, key, []any{map[string]any{"key": key}},
	} {
		v.do(fmt.Sprintf("POST of a bad target %d", i), http.MethodPost, "/api/v1/targets", ask{token: s.api, json: body})
	}
	word := v.text("password in a body that is refused")
	long := strings.Repeat(word, 40)
	for i, body := range []any{
		map[string]any{"password": long}, map[string]any{"password": []string{word}}, map[string]any{"passwort": word},
		map[string]any{"password": word + "\x00"}, map[string]any{"name": word + "\x01"}, map[string]any{"password": word, "name": 5},
	} {
		v.do(fmt.Sprintf("PATCH of a bad group %d", i), http.MethodPatch, "/api/v1/groups/"+s.groupID, ask{token: s.api, json: body})
		v.do(fmt.Sprintf("PFX build with a bad body %d", i), http.MethodPost, "/api/v1/groups/"+s.groupID+"/pfx", ask{token: s.api, json: body})
	}
	v.do("parsing again with a bad password", http.MethodPost, "/api/v1/artifacts/"+s.unknownID+"/parse", ask{token: s.api, json: map[string]any{"password": long}})
	for i, raw := range []string{
		`{"name":"` + strings.ReplaceAll(key, "\n", `\n`), `{"name": ` + key + `}`, key, `{"name":"x","name":"` + strings.ReplaceAll(key, "\n", `\n`) + `"}`,
		`{"key":"` + key + `"}`, "\xff\xfe" + key, strings.Repeat(key, 2000),
	} {
		for _, path := range []string{"/api/v1/targets", "/api/v1/groups", "/api/v1/api-tokens", "/api/v1/artifacts/zip"} {
			v.do(fmt.Sprintf("POST %s of broken JSON %d", path, i), http.MethodPost, path, ask{token: s.api, typ: "application/json", body: []byte(raw)})
		}
		v.do(fmt.Sprintf("delivery of broken JSON %d", i), http.MethodPost, "/api/ingest", ask{token: s.ingest, typ: "application/json", body: []byte(raw)})
		for _, typ := range []string{"", "text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x", key[:27]} {
			v.do(fmt.Sprintf("upload of broken body %d as %q", i, typ), http.MethodPost, "/api/v1/uploads", ask{token: s.api, typ: typ, body: []byte(raw)})
		}
	}
	for _, name := range []string{"group", "name", "password", "unknown", key} {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		w, _ := form.CreateFormFile("file", "x.pem")
		_, _ = w.Write(s.stray.pair.CertPEM)
		_ = form.WriteField(strings.ReplaceAll(name, "\n", " "), strings.Repeat(key, 10))
		_ = form.Close()
		v.do("upload with a key in another field", http.MethodPost, "/api/v1/uploads", ask{token: s.api, typ: form.FormDataContentType(), body: b.Bytes()})
		v.do("delivery with a key in another field", http.MethodPost, "/api/ingest", ask{token: s.ingest, typ: form.FormDataContentType(), body: b.Bytes()})
	}
	v.do("delivery of a key that is cut", http.MethodPost, "/api/ingest", ask{token: s.ingest, typ: "text/plain", body: s.stray.file[:120]})
}

// badPlaces sends keys and tokens to addresses that do not want them.
func (v *aviary) badPlaces() {
	s := &v.s
	key := string(s.lost.file)
	for _, path := range []string{"/", "/upload", "/api", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/artifacts", "/api/v1/openapi.json", "/healthz", "/api/push/fetch", "/api/push/x/y/z"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, "PROPFIND"} {
			v.do(method+" of a key to "+path, method, path, ask{token: s.api, typ: "application/x-pem-file", body: []byte(key)})
		}
	}
	escaped := url.PathEscape(key)
	for _, path := range []string{
		"/api/v1/artifacts/" + escaped, "/api/v1/groups/" + escaped + "/generations", "/" + escaped, "/api/push/" + escaped + "/fetch?kind=key",
		"/api/v1/artifacts?search=" + url.QueryEscape(key), "/api/v1/artifacts?kind=" + url.QueryEscape(key), "/api/v1/artifacts?cursor=" + url.QueryEscape(key),
		"/api/v1/artifacts?sort=" + url.QueryEscape(key), "/api/v1/artifacts?limit=" + url.QueryEscape(key), "/api/v1/groups?" + url.QueryEscape(key) + "=1",
		"/api/push/fetch?kind=" + url.QueryEscape(key), "/api/push/fetch?generation=" + url.QueryEscape(key), "/api/v1/artifacts/" + s.keyIDs["rsa"] + "/download?ext=" + url.QueryEscape(key),
		"/api/v1/targets/" + s.targetID + "/script?os=" + url.QueryEscape(key),
	} {
		token := s.api
		if strings.HasPrefix(path, "/api/push/fetch") {
			token = s.headerToken
		}
		r := v.try("GET with a key in the address", path, token)
		if r.status >= 500 {
			v.t.Errorf("a key in the address: %d", r.status)
		}
	}
	for _, token := range []string{s.api, s.pathToken, s.headerToken, s.ingest} {
		for _, path := range []string{
			"/%s", "/api/v1/%s", "/api/v1/artifacts/%s", "/api/v1/targets/%s/script", "/api/push/%s", "/api/push/%s/other", "/api/push/%s/fetch?kind=nothing",
			"/api/push/%s/fetch?kind=key&generation=99", "/api/push/fetch?token=%s", "/api/push/fetch?kind=key&access_token=%s", "/api/v1/artifacts?token=%s",
			"/api/v1/artifacts?search=%s", "/api/v1/profile?access_token=%s", "/api/ingest?token=%s", "/api/v1/groups?cursor=%s", "/sign-in?t=%s", "/api/push/x%s/fetch",
			"/api/push//%s/fetch", "/api/../%s", "/healthz?t=%s",
		} {
			for _, as := range []string{"", s.api} {
				if r := v.try("GET of "+path, fmt.Sprintf(path, token), as); r.status >= 500 {
					v.t.Errorf("GET %s: %d", path, r.status)
				}
			}
		}
	}
}

// try is do where any answer will do.
func (v *aviary) try(where, path, token string) reply {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.server.url+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Referer", v.server.url+"/?t="+v.s.api)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	got, err := send(v.http, r)
	if err != nil {
		v.t.Fatalf("%s: %v", where, err)
	}
	if got.status >= 300 && got.status < 400 {
		v.t.Errorf("%s is redirected to %q: a client would send its token again", where, got.header.Get("Location"))
	}
	var head bytes.Buffer
	_ = got.header.Write(&head)
	v.look("headers of "+where, head.Bytes())
	v.look("body of "+where, got.body)
	return got
}

// badCredentials sends secrets in every place where a credential could be expected.
func (v *aviary) badCredentials() {
	s := &v.s
	secret := rand.Text() + rand.Text()
	v.plantText("secret of another scheme", secret)
	for _, header := range [][2]string{
		{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("kim@example.com:"+secret))}, {"Authorization", "Token " + secret},
		{"Authorization", "Digest username=\"kim\", response=\"" + secret + "\""}, {"Authorization", secret}, {"Authorization", "Bearer"},
		{"Authorization", "Bearer " + secret}, {"Authorization", "bearer  " + secret}, {"Authorization", "Bearer pt_" + secret}, {"Authorization", "Bearer api_" + secret},
		{"Authorization", "Bearer " + s.api[:len(s.api)-1]}, {"Authorization", "Bearer " + s.api + "x"}, {"Authorization", "Bearer " + s.api + ", Bearer " + s.ingest},
		{"X-Api-Key", secret}, {"Cookie", "sid=" + secret}, {"Proxy-Authorization", "Bearer " + secret}, {"X-Auth-Token", secret},
		{"Authorization", "Bearer " + strings.TrimSpace(strings.ReplaceAll(string(s.lost.file), "\n", " "))},
	} {
		for _, path := range []string{"/api/v1/profile", "/api/push/fetch?kind=key"} {
			v.do(header[0]+" that is refused", http.MethodGet, path, ask{headers: header[:], status: 401})
		}
		v.do(header[0]+" that is refused, with a delivery", http.MethodPost, "/api/ingest", ask{headers: header[:], typ: "text/plain", body: s.lost.file, status: 401})
		v.do(header[0]+" that is refused, with an upload", http.MethodPost, "/api/v1/uploads", ask{headers: header[:], typ: "text/plain", body: s.lost.file, status: 401})
	}
	for _, cross := range []struct{ path, token string }{
		{"/api/v1/profile", s.pathToken}, {"/api/v1/profile", s.ingest}, {"/api/push/fetch?kind=key", s.api}, {"/api/push/fetch?kind=key", s.ingest},
	} {
		v.do("a token of another sort", http.MethodGet, cross.path, ask{token: cross.token, status: 401})
	}
	v.do("Idempotency-Key twice", http.MethodPost, "/api/v1/targets", ask{
		token: s.api, json: map[string]any{"name": "kept", "type": "pull", "group": "ec"}, headers: []string{"Idempotency-Key", "canary once"}, status: 422,
	})
	v.do("Idempotency-Key that is a secret", http.MethodPost, "/api/v1/groups", ask{
		token: s.api, json: map[string]any{"name": ""}, headers: []string{"Idempotency-Key", secret},
	})
}

// badLines sends what is no HTTP.
func (v *aviary) badLines() {
	s := &v.s
	for _, line := range []string{
		"GET /api/push/" + s.pathToken + "/fetch HTTP/9.9\r\n\r\n", "GET /api/push/" + s.pathToken + "/fetch?kind=key\r\n\r\n",
		"GET /api/v1/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.api + "\r\nBad Header\r\n\r\n",
		"POST /api/ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.ingest + "\r\nContent-Length: -5\r\n\r\n" + string(s.lost.file),
		string(s.lost.file), s.api + "\r\n\r\n", "\x16\x03\x01" + s.api,
		"GET /%zz" + s.pathToken + " HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://" + s.pathToken + "/ HTTP/1.1\r\nHost: x y\r\n\r\n",
		"POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + s.api + "\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9999\r\n\r\n--b\r\n" + string(s.lost.file),
	} {
		v.raw(line)
	}
}

// raw sends bytes, says no more, and searches what comes back.
func (v *aviary) raw(text string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(v.server.url, "http://"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, text); err != nil {
		return // cut off while it was sent
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(conn)
	v.look("answer to what is no HTTP", answer)
}

// withoutDatabase uses everything while PostgreSQL is gone.
func (v *aviary) withoutDatabase() {
	s := &v.s
	v.try("fetch without a database", "/api/push/"+s.pathToken+"/fetch?kind=key", "")
	v.try("fetch without a database", "/api/push/fetch?kind=bundle", s.headerToken)
	for _, path := range []string{"/api/v1/profile", "/api/v1/artifacts/" + s.keyIDs["rsa"] + "/download", "/readyz", "/healthz"} {
		v.try("GET "+path+" without a database", path, s.api)
	}
	for path, token := range map[string]string{"/api/v1/uploads": s.api, "/api/ingest": s.ingest, "/api/v1/targets": s.api} {
		r, err := http.NewRequest(http.MethodPost, v.server.url+path, bytes.NewReader(s.lost.file))
		if err != nil {
			v.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "text/plain")
		got, err := send(v.http, r)
		if err != nil || got.status < 500 {
			v.t.Errorf("POST %s without a database: %d %v", path, got.status, err)
		}
		v.look("POST "+path+" without a database", got.body)
	}
	for _, path := range []string{"/dashboard", "/dashboard/vault/" + s.keyIDs["rsa"] + "/download", "/dashboard/settings/security"} {
		s.kim.ask("GET "+path+" without a database", http.MethodGet, path, ask{status: 503})
	}
	s.kim.send("upload by a form without a database", "/dashboard/vault/upload", ask{status: 503}, []part{{"x.key", s.lost.file}})
	v.visitor("kim without a database").fill("sign-in without a database", "/sign-in", ask{status: 503}, "email", "kim@example.com", "password", s.password)
	v.refused("token without a database", "", nil, "admin", "token", "--email", "kim@example.com", "--tenant", "Acme", "--name", "x")
	v.refused("serve without a database", "", nil, "serve")
}

// refusedStarts gives secrets in settings that cannot be used.
func (v *aviary) refusedStarts() {
	password, kek, value := "x"+rand.Text()+rand.Text(), make([]byte, 32), rand.Text()+rand.Text()
	if _, err := rand.Read(kek); err != nil {
		v.t.Fatal(err)
	}
	v.plantText("password in a database URL that is refused", password)
	v.plant(bytesCanary("KEK given in a wrong way", kek))
	v.plantText("value of a setting that is refused", value)
	text := base64.StdEncoding.EncodeToString(kek)
	dir := v.t.TempDir()
	file := filepath.Join(dir, "settings")
	for i, content := range []string{"IGNISFOX_DATABASE_URL postgres://u:" + password + "@h/d\n", "IGNISFOX_PASSWORD = " + value + "\n", value + "\n", "IGNISFOX_TRUSTED_PROXIES = \"" + value + "\n"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			v.t.Fatal(err)
		}
		v.refused(fmt.Sprintf("serve with settings file %d", i), "", []string{"IGNISFOX_CONFIG=" + file}, "serve")
	}
	secretFile := filepath.Join(dir, "url")
	if err := os.WriteFile(secretFile, []byte("postgres://u:"+password+"@[h/d\n"), 0o600); err != nil {
		v.t.Fatal(err)
	}
	for i, set := range []string{
		"IGNISFOX_DATABASE_URL=postgres://u:" + password + "@[h/d", "IGNISFOX_DATABASE_URL=mysql://u:" + password + "@h/d",
		"IGNISFOX_DATABASE_URL=postgres://u:" + password + "@h:port/d", "IGNISFOX_DATABASE_URL=postgres://u:" + password + "@127.0.0.1/d?sslmode=sometimes",
		"IGNISFOX_DATABASE_URL=host=127.0.0.1 user=u password=" + password, "IGNISFOX_DATABASE_URL=postgres://u:" + password + "@127.0.0.1:1/d?sslmode=disable",
		"IGNISFOX_DATABASE_URL=postgres://u:" + password + "%zz@h/d", "IGNISFOX_DATABASE_URL=" + password, "IGNISFOX_DATABASE_URL_FILE=" + secretFile,
		"IGNISFOX_KEK=" + text, "IGNISFOX_KEK=env:CANARY_KEK", "IGNISFOX_KEK=base64:" + text, "IGNISFOX_LISTEN=" + value, "IGNISFOX_BASE_URL=http://kim:" + password + "@localhost",
		"IGNISFOX_TRUSTED_PROXIES=" + value, "IGNISFOX_PULL_RATE=" + value, "IGNISFOX_LOG_LEVEL=" + value, "IGNISFOX_METRICS_LISTEN=" + value, "IGNISFOX_PASSWORD=" + value,
	} {
		settings := []string{set, "CANARY_KEK=ignisfox-kek-1 wrong " + text}
		if strings.Contains(set, "_URL_FILE") {
			settings = append(settings, "IGNISFOX_DATABASE_URL=")
		}
		v.refused(fmt.Sprintf("serve with setting %d", i), "", settings, "serve")
	}
	v.refused("serve with a bad flag", "", nil, "serve", "--database-url", "mysql://u:"+password+"@h/d")
	v.refused("create-owner with an empty password", "\n", nil, "admin", "create-owner", "--email", "kim@example.com", "--name", "Kim", "--tenant", "Acme", "--password-file", "-")
}
