package kit_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func forged(toasts any) *http.Cookie {
	b, _ := json.Marshal(toasts)
	return &http.Cookie{Name: "toast", Value: base64.RawURLEncoding.EncodeToString(b), Path: "/"}
}

// Whoever can set a cookie says no more with it than plain words, and leads nobody away.
func TestForgedToastsAreInert(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	kim.SetCookie(forged([]view.Toast{{Text: `<script>alert(1)</script>"'` + "\u202e\x00", Href: "https://evil.example/", Link: `<b>Go</b>`}}))
	kim.Get("/dashboard").Want(200, "&lt;script&gt;alert(1)&lt;/script&gt;", `\u{202E}\u{0000}`, "!<script>alert", "!evil.example", "!<b>Go")
	kim.Get("/dashboard").Want(200, "!alert(1)")
	for _, to := range elsewhere() {
		if !utf8.ValidString(to) {
			continue // JSON does not carry it
		}
		kim.SetCookie(forged([]view.Toast{{Text: "TOASTED", Href: to, Link: "LINKED"}}))
		kim.Get("/dashboard").Want(200, "TOASTED", "!LINKED")
	}
	kim.SetCookie(forged([]view.Toast{{Text: "TOASTED", Href: "/dashboard/vault?search=a", Link: "LINKED"}}))
	kim.Get("/dashboard").Want(200, `<a href="/dashboard/vault?search=a">LINKED</a>`)
}

func TestBrokenToastsAreForgotten(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	many := make([]view.Toast, 50)
	for i := range many {
		many[i].Text = "TOASTED"
	}
	for want, c := range map[int][]*http.Cookie{
		0: {{Name: "toast", Value: "!!", Path: "/"}, forged("x"), forged(map[string]int{"Text": 1}), forged([]any{1, 2}), forged([]view.Toast{{}, {Href: "/dashboard"}})},
		3: {forged(many)},
	} {
		for _, c := range c {
			kim.SetCookie(c)
			a := kim.Get("/dashboard")
			a.Want(200)
			if n := strings.Count(a.Body, "data-toast"); n != want {
				t.Errorf("%d toasts of %s, want %d", n, c.Value, want)
			}
		}
	}
}

// A warning that no page has shown yet does not go when there is more to say.
func TestWarningsWaitForAPage(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	for range 5 {
		kim.SetCookie(forged([]view.Toast{{Text: "SAVED"}, {Text: "WARNED", Keep: true, Href: "/dashboard/vault", Link: "LINKED"}}))
		for range 3 {
			kim.Post("/dashboard/fresh", url.Values{"name": {"x"}}).WantGo("/dashboard")
		}
		a := kim.Get("/dashboard")
		a.Want(200, `role="alert"`, "WARNED", `<a href="/dashboard/vault">LINKED</a>`, "Done: x", "!SAVED")
		if n := strings.Count(a.Body, "WARNED"); n != 1 {
			t.Errorf("%d warnings", n)
		}
		kim.Get("/dashboard").Want(200, "!WARNED", "!Done: x")
	}
}

// Names can be as long as they like: the browser still takes the cookie, and says at least the first thing.
func TestToastsFitACookie(t *testing.T) {
	r := local(t)
	for _, name := range []string{strings.Repeat("x", 100_000), strings.Repeat("東", 2000), strings.Repeat(`"\`, 2000), strings.Repeat("<&>", 2000), strings.Repeat("\x00", 2000)} {
		s := serve(t, r, config{base: "https://certs.example.com", extra: func(k *kit.Kit) {
			k.Open("GET", "/say", func(rq *kit.Request) error {
				one := view.Toast{Text: name, Link: name, Href: "/dashboard/vault?search=" + strings.Repeat("a", 400)}
				return rq.Go("/dashboard", one, one, one, one)
			})
		}})
		c := cookieOf(t, s.ask("GET", "/say", ""), "__Host-toast")
		if n := len(c.Name) + len(c.Value); n > 4096 {
			t.Errorf("the cookie has %d bytes", n)
		}
		kim := r.As(t, tenant.Editor)
		kim.SetCookie(&http.Cookie{Name: "toast", Value: c.Value, Path: "/"})
		if a := kim.Get("/dashboard"); !strings.Contains(a.Body, "data-toast") {
			t.Errorf("nothing is said of %.10q", name)
		}
	}
}
