package main

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// badForms is what goes wrong with pages, by mistake or on purpose.
func (v *aviary) badForms() {
	s := &v.s
	v.secretsInAddresses()
	v.cookiesElsewhere()
	key := string(s.lost.file)
	kim := s.kim
	for _, path := range []string{
		"/dashboard/groups/new", "/dashboard/push/new", "/dashboard/ingest/new", "/dashboard/settings/api-tokens/new", "/dashboard/settings/profile",
		"/dashboard/settings/preferences", "/dashboard/settings/members/invite", "/dashboard/groups/" + s.groupID + "/rename",
		"/dashboard/groups/" + s.groupID + "/delete", "/dashboard/settings/delete", "/dashboard/workspace", "/dashboard/vault/move",
		"/dashboard/vault/" + s.keyIDs["ec"] + "/rename", security + "/password", "/dashboard/nothing",
	} {
		// Where a field shows what was typed, a key that was typed there is shown to whom typed it.
		kim.fill("a key in every field of "+path, path, ask{may: s.lost.name}, "name", key, "group", key, "type", key, "emails", key, "role", key,
			"organisation", key, "time_zone", key, "days", key, "scopes", key, "typed", key, "workspace", key, "date_format", key, "networks", key)
		for i, body := range []string{key, "%zz" + url.QueryEscape(key), strings.Repeat("name="+url.QueryEscape(key)+"&", 800), "name=\xff" + key} {
			for _, typ := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain"} {
				kim.ask(fmt.Sprintf("body %d as %s to %s", i, typ, path), http.MethodPost, path, ask{may: s.lost.name, typ: typ, body: []byte(body), status: anything})
			}
		}
	}
	for _, path := range []string{"/dashboard/vault/upload", "/dashboard/vault/upload/look"} {
		kim.ask("a key that is no form to "+path, http.MethodPost, path, ask{typ: "application/x-pem-file", body: s.lost.file})
		kim.ask("a form that is cut to "+path, http.MethodPost, path, ask{typ: "multipart/form-data; boundary=b", body: []byte("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + "x.key\"\r\n\r\n" + key)})
		kim.send("a key as the name of a group to "+path, path, ask{status: anything, may: s.stray.name}, []part{{"x.pem", s.stray.pair.CertPEM}}, "group", string(s.stray.file))
		stranger := v.visitor("stranger")
		stranger.send("upload without a session to "+path, path, ask{status: 303}, []part{{"x.key", s.lost.file}})
		stranger.send("upload with an API token to "+path, path, ask{status: 303, token: s.api}, []part{{"x.key", s.lost.file}})
	}
	for _, path := range []string{"/sign-in/passkey/finish", "/sign-in/passkey/begin", "/dashboard/confirm/passkey/finish"} {
		kim.ask("a key as JSON to "+path, http.MethodPost, path, ask{typ: "application/json", body: []byte(`{"ceremony":"` + strings.ReplaceAll(key, "\n", `\n`) + `"}`), status: anything})
	}
}

// anything stands for any answer but one that says that the server failed.
const anything = -1

// secretsInAddresses asks for pages with secrets where none belong. What looks like a token goes into no answer, and so into
// no other address. The value of a session looks like nothing: the answer may repeat it, to whom typed it.
func (v *aviary) secretsInAddresses() {
	s := &v.s
	v.secretInAddresses("API token", s.api, "")
	v.secretInAddresses("push token in the path", s.pathToken, "")
	v.secretInAddresses("push token in the header", s.headerToken, "")
	v.secretInAddresses("ingest token", s.ingest, "")
	cookie := s.kim.jar["sid"]
	v.secretInAddresses(v.carried[cookie], cookie, v.carried[cookie])
}

// secretInAddresses asks with one secret; may names it where answers may repeat it.
func (v *aviary) secretInAddresses(name, secret, may string) {
	stranger, kim := v.visitor("stranger"), v.s.kim
	for _, page := range []string{"/dashboard", "/dashboard/vault", "/dashboard/groups/" + v.s.groupID + "/rename"} {
		to := stranger.ask(page+" with the "+name+" in the address", http.MethodGet, page+"?t="+secret, ask{status: 303, may: may}).header.Get("Location")
		if want := signInFor(page, secret, may != ""); to != want {
			v.t.Errorf("%s with the %s in the address leads to %s", page, name, strings.ReplaceAll(to, secret, "SECRET"))
		}
	}
	for _, path := range []string{"/dashboard/%s", "/dashboard/vault/%s", "/dashboard/groups/%s/rename", "/sign-in/%s", "/docs/%s", "/static/%s", "/static/app.%s.js"} {
		kim.ask("GET of "+path+" with the "+name, http.MethodGet, strings.ReplaceAll(path, "%s", secret), ask{may: may, headers: []string{"Referer", v.server.url + "/dashboard?t=" + secret}})
	}
	for _, path := range []string{"/dashboard?t=%s", "/dashboard/vault?cursor=%s", "/dashboard/vault?sort=%s", "/sign-in?next=%s", "/dashboard/calendar?day=%s"} {
		kim.ask("GET of "+path+" with the "+name, http.MethodGet, strings.ReplaceAll(path, "%s", secret), ask{may: may, status: anything})
	}
}

// signInFor answers where a stranger is sent who asks for page: they come back to it, with the query only where it is kept.
func signInFor(page, secret string, kept bool) string {
	switch {
	case kept:
		return "/sign-in?next=" + url.QueryEscape(page+"?t="+secret)
	case page == "/dashboard":
		return "/sign-in"
	default:
		return "/sign-in?next=" + url.QueryEscape(page)
	}
}

// cookiesElsewhere shows a session to what knows none, and what is no session to pages.
func (v *aviary) cookiesElsewhere() {
	s := &v.s
	cookie := s.kim.jar["sid"]
	for _, header := range [][]string{{"Cookie", "sid=" + cookie}, {"Authorization", "Bearer " + cookie}, {"X-Session", cookie}, {"Cookie", "__Host-sid=" + cookie + "; setup=" + cookie}} {
		for _, path := range []string{"/api/v1/profile", "/api/push/fetch?kind=key"} {
			v.do(header[0]+" with a session", http.MethodGet, path, ask{headers: header, status: 401})
		}
		v.do(header[0]+" with a session, at an address that is none", http.MethodGet, "/nothing", ask{headers: header, status: 404})
	}
	for _, value := range []string{s.api, s.pathToken, strings.Repeat("A", 43), cookie + "A", cookie[:42]} {
		v.do("a session that is none", http.MethodGet, "/dashboard", ask{headers: []string{"Cookie", "sid=" + value + "; toast=" + value + "; invite=" + value}, status: 303})
	}
	v.do("a form from another site", http.MethodPost, "/dashboard/groups/new", ask{
		headers: []string{"Cookie", "sid=" + cookie, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, typ: "application/x-www-form-urlencoded",
		body: []byte("password=" + url.QueryEscape(v.text("password in a form from another site"))), status: 403,
	})
}

const mostPages = 600

// everyPage follows every link from the dashboard, as kim, and searches every page that it finds.
func (v *aviary) everyPage() {
	kim := v.s.kim
	link := regexp.MustCompile(`(?:href|data-href|hx-get)="(/(?:dashboard|docs|sign-in|setup|invite)[^"#]*)"`)
	next, seen, perPath := []string{"/dashboard", "/setup", "/invite", "/sign-in/help", "/dashboard/settings"}, map[string]bool{}, map[string]int{}
	for len(next) > 0 && len(seen) < mostPages {
		at := next[0]
		next = next[1:]
		path, _, _ := strings.Cut(at, "?")
		if seen[at] || perPath[path] >= 8 || strings.HasSuffix(path, "/download") {
			continue
		}
		seen[at], perPath[path] = true, perPath[path]+1
		for _, m := range link.FindAllSubmatch(kim.ask("page "+path, http.MethodGet, at, ask{status: anything}).body, -1) {
			next = append(next, html.UnescapeString(string(m[1])))
		}
	}
	s := &v.s
	for _, path := range []string{
		"/dashboard", "/dashboard/vault", "/dashboard/vault.csv", "/dashboard/vault/" + s.keyIDs["rsa"], "/dashboard/vault/" + s.keyIDs["rsa"] + "/rename",
		"/dashboard/vault/" + s.unknownID + "/parse", "/dashboard/groups", "/dashboard/groups/" + s.groupID, "/dashboard/groups/" + s.groupID + "/pfx",
		"/dashboard/groups/" + s.groupID + "/password", "/dashboard/vault/upload", "/dashboard/push", "/dashboard/push/new", "/dashboard/push/" + s.targetID,
		"/dashboard/push/" + s.targetID + "/rotate", "/dashboard/push/" + s.targetID + "/settings", "/dashboard/ingest", "/dashboard/ingest/new",
		"/dashboard/settings/profile", "/dashboard/settings/preferences", "/dashboard/settings/members", "/dashboard/settings/api-tokens",
		security, security + "/password", security + "/recovery-codes", "/docs/vault", "/docs/push",
	} {
		if perPath[path] == 0 {
			v.t.Errorf("no page leads to %s", path)
		}
	}
	if paths := len(perPath); paths < 60 || len(seen) == mostPages {
		v.t.Errorf("%d pages of %d addresses were searched: %v", len(seen), paths, slices.Sorted(maps.Keys(perPath)))
	}
}
