package kit_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// always are headers of every answer of a page, whatever it says.
var always = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
	"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Viewer)
	far := r.Stranger(t)
	for _, path := range []string{"/sign-in", "/sign-in/help", "/setup", "/invite", "/dashboard", "/dashboard/", "/dashboard/owners", "/dashboard/nothing", "/nothing", "/dashboard/once",
		"/dashboard/things/bad", "/dashboard/echo", "/dashboard/broken", "/dashboard/panic", "/dashboard//", "/dashboard/../sign-in", "/?a=%zz", "/sign-in/code"} {
		for who, a := range map[string]http.Header{"kim": kim.Get(path).Header, "a stranger": far.Get(path).Header, "a script": kim.Do("GET", path, nil, map[string]string{"HX-Request": "true", "X-Dialog": "1"}).Header,
			"a post": kim.Post(path, nil).Header, "a foreign method": kim.Do("PUT", path, nil, nil).Header, "a foreign site": kim.Do("POST", path, nil, map[string]string{"Sec-Fetch-Site": "cross-site"}).Header} {
			for name, want := range always {
				if got := a.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s by %s: %s is %q", path, who, name, got)
				}
			}
			if p := a.Get("Permissions-Policy"); !strings.Contains(p, "camera=()") || !strings.Contains(p, "publickey-credentials-get=(self)") {
				t.Errorf("%s by %s: %q", path, who, p)
			}
			if a.Get("Strict-Transport-Security") != "" {
				t.Errorf("%s by %s: HSTS over http", path, who)
			}
		}
	}
	s := serve(t, r, config{base: "https://certs.example.com"})
	if got := s.ask("GET", "/sign-in", "").Header().Get("Strict-Transport-Security"); got != "max-age=63072000; includeSubDomains" {
		t.Errorf("%q", got)
	}
}

// A browser puts a question mark behind the address that a form without fields asks for; nobody keeps it.
func TestAQuestionMarkWithoutAQuestion(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	kim.Get("/dashboard?").WantGo("/dashboard")
	kim.Get("/dashboard/things/bad?").WantGo("/dashboard/things/bad")
	kim.Get("/dashboard").Want(200)
	for _, path := range []string{"//evil.example/dashboard?", "/dashboard//evil.example?", "/nothing?"} {
		if to := kim.Get(path).Header.Get("Location"); strings.Contains(to, "//") {
			t.Errorf("%s leads to %s", path, to)
		}
	}
}

func TestCompression(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	plain := kim.Do("GET", "/dashboard", nil, map[string]string{"Accept-Encoding": "identity"})
	for accept, want := range map[string]bool{
		"gzip": true, "GZIP": true, "br, gzip": true, "gzip;q=0.1": true, "deflate;q=1, gzip ; q = 0.5": true, "gzip;q=1.0": true,
		"identity": false, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;Q=0, br": false, "br": false, "x-gzipped": false, "*": false, "gzip;q=x": false, "gzip;q=-1": false,
	} {
		a := kim.Do("GET", "/dashboard", nil, map[string]string{"Accept-Encoding": accept})
		if got := a.Header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: compressed %v, want %v", accept, got, want)
		}
		body := a.Body
		if a.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(strings.NewReader(a.Body))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			body = string(b)
		}
		if body != plain.Body || a.Header.Get("Content-Length") != strconv.Itoa(len(a.Body)) || !strings.Contains(a.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%q: %v", accept, a.Header)
		}
	}
	if a := kim.Do("GET", "/dashboard/once", nil, map[string]string{"Accept-Encoding": "gzip"}); a.Header.Get("Content-Encoding") != "" || a.Status != 200 {
		t.Errorf("a page that shows a secret is compressed: %v", a.Header)
	}
}

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Viewer)
	for _, path := range []string{"/dashboard", "/sign-in/help", "/dashboard/owners", "/dashboard/nothing", "/dashboard/broken"} {
		get := kim.Do("GET", path, nil, map[string]string{"Accept-Encoding": "identity"})
		head := kim.Do("HEAD", path, nil, map[string]string{"Accept-Encoding": "identity"})
		length := func(n string) bool { return n == get.Header.Get("Content-Length") || get.Status == 500 } // an incident has its own id
		if head.Status != get.Status || head.Body != "" || !length(head.Header.Get("Content-Length")) || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("%s: %d %v, and %d %v", path, head.Status, head.Header, get.Status, get.Header)
		}
	}
	r.Stranger(t).Do("HEAD", "/dashboard", nil, nil).WantGo("/sign-in")
}

func TestThrottledRoutesStopAClient(t *testing.T) {
	r := local(t)
	s := serve(t, r, config{base: "http://localhost:8080", rate: limit.Rate{N: 3, Per: time.Minute, Burst: 3}})
	for _, path := range []string{"/sign-in", "/sign-in/code", "/setup"} { // all draw on one allowance
		if w := s.ask("POST", path, "email=a@example.com&password=x"); w.Code == http.StatusTooManyRequests {
			t.Errorf("%s: too early", path)
		}
	}
	for _, path := range []string{"/sign-in", "/sign-in/code", "/setup", "/invite", "/invite/accept", "/sign-in/passkey/begin", "/sign-in/passkey/finish"} {
		w := s.ask("POST", path, "")
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "21" || !strings.Contains(w.Body.String(), "Too many tries from this address") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if w := s.ask("POST", "/sign-in/passkey/begin", "{}", "Accept", "application/json", "HX-Request", "true", "Content-Type", "application/json"); !strings.Contains(w.Body.String(), `{"error":"Too many tries`) {
		t.Errorf("the script is not told: %s", w.Body)
	}
	for _, path := range []string{"/sign-in", "/sign-in/help", "/invite"} {
		if w := s.ask("GET", path, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := s.ask("POST", "/dashboard/theme", "theme=dark"); w.Code != http.StatusSeeOther {
		t.Errorf("the theme is throttled: %d", w.Code)
	}
	r.Pass(22 * time.Second)
	if w := s.ask("POST", "/sign-in", "email=a@example.com&password=x"); w.Code != http.StatusUnauthorized {
		t.Errorf("nobody is let in again: %d", w.Code)
	}
}
