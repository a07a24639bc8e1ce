package signin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestSignInGoesWhereOneWantedToBe(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	kim := r.Stranger(t)
	kim.Get("/dashboard").WantGo("/sign-in")
	kim.Get("/dashboard/target?x=1").WantGo("/sign-in?next=%2Fdashboard%2Ftarget%3Fx%3D1")
	kim.Get("/sign-in?next=%2Fdashboard%2Ftarget%3Fx%3D1").Want(200, `value="/dashboard/target?x=1"`)
	kim.Post("/sign-in", form("email", " "+strings.ToUpper(u.Email), "password", webtest.Password, "next", "/dashboard/target?x=1")).
		WantGo("/dashboard/target?x=1")
	kim.Get("/dashboard").Want(200, u.Email)
	kim.Get("/sign-in").WantGo("/dashboard")
	for _, elsewhere := range []string{"https://evil.example/dashboard", "//evil.example/dashboard", "/\\evil.example", "/sign-out", "javascript:alert(1)"} {
		r.Stranger(t).Post("/sign-in", form("email", u.Email, "password", webtest.Password, "next", elsewhere)).WantGo("/dashboard")
	}
}

func TestWrongTriesAreAnsweredAlikeAndThenWait(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	answers := map[string][]string{}
	for _, email := range []string{u.Email, "nobody@example.com"} {
		eve := r.Stranger(t)
		for range 6 {
			a := eve.Post("/sign-in", form("email", email, "password", "wrong password"))
			answers[email] = append(answers[email], strings.ReplaceAll(a.Body, email, "E"))
		}
		last := eve.Post("/sign-in", form("email", strings.ToUpper(email)+" ", "password", webtest.Password))
		last.Want(429, "Too many wrong tries. Wait 5 minutes", "!"+webtest.Password)
	}
	for i, a := range answers[u.Email] {
		if a != answers["nobody@example.com"][i] {
			t.Errorf("try %d tells an account from none:\n%s\n%s", i+1, a, answers["nobody@example.com"][i])
		}
	}
	for i, want := range []string{"After 4 more tries", "After 3 more", "After 2 more", "After 1 more try ", "Now wait 5 minutes", "Too many wrong tries"} {
		if !strings.Contains(answers[u.Email][i], want) {
			t.Errorf("try %d does not say %q", i+1, want)
		}
	}
	r.Pass(5*time.Minute + time.Second)
	r.Stranger(t).Post("/sign-in", form("email", u.Email, "password", webtest.Password)).WantGo("/dashboard")
	// Whoever came in has all their tries again.
	r.Stranger(t).Post("/sign-in", form("email", u.Email, "password", "wrong")).Want(401, "After 4 more tries")
}

func TestOneClientTriesThirtyAccountsAMinuteAtMost(t *testing.T) {
	r := webtest.NewWith(t, webtest.Setup{Rate: limit.Rate{N: 30, Per: time.Minute, Burst: 30}}, register)
	eve := r.Stranger(t)
	for i := range 30 {
		eve.Post("/sign-in", form("email", string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.com", "password", "x")).Want(401)
	}
	eve.Post("/sign-in", form("email", "new@example.com", "password", "x")).Want(429, "Too many tries from this address")
	eve.Post("/setup", form("link", "x")).Want(429)
}

func TestStayingSignedInIsAChoice(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	for stay, want := range map[string]bool{"": false, "1": true} {
		a := r.Stranger(t).Post("/sign-in", form("email", u.Email, "password", webtest.Password, "stay", stay))
		cookie := a.Header.Get("Set-Cookie")
		if got := strings.Contains(cookie, "Max-Age"); got != want || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
			t.Errorf("stay %q: %s", stay, cookie)
		}
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	cookie := kim.Cookie()
	a := kim.Post("/sign-out", nil)
	a.WantGo("/sign-in")
	if a.Header.Get("Clear-Site-Data") == "" || kim.Cookie() != nil {
		t.Error("the browser keeps something")
	}
	thief := r.Stranger(t)
	thief.SetCookie(cookie)
	thief.Get("/dashboard").WantGo("/sign-in")
	kim.Get("/sign-out").Want(405)
}

func TestTheNewestSignInReplacesWhatTheBrowserHeld(t *testing.T) {
	r := webtest.New(t, register)
	kim, other := r.As(t, tenant.Viewer), r.NewPerson(t, r.Tenant, tenant.Owner)
	before := kim.Cookie()
	kim.Post("/sign-in", form("email", other.Email, "password", webtest.Password)).WantGo("/dashboard")
	if kim.Cookie().Value == before.Value {
		t.Error("the cookie is the old one")
	}
	kim.SetCookie(before)
	kim.Get("/dashboard").WantGo("/sign-in")
}

func TestForgottenPasswordsAreTheOperators(t *testing.T) {
	r := webtest.New(t, register)
	r.Stranger(t).Get("/sign-in/help").Want(200, "ignisfox admin reset-password")
}

func TestThemesNeedNoSession(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.Stranger(t)
	a := kim.Post("/dashboard/theme", form("theme", "dark", "next", "/sign-in"))
	a.WantGo("/sign-in")
	kim.Get("/sign-in").Want(200, `data-theme="dark"`)
	kim.Do("POST", "/dashboard/theme", form("theme", "light"), map[string]string{"HX-Request": "true"}).Want(204)
	kim.Get("/sign-in").Want(200, `data-theme="light"`)
	kim.Post("/dashboard/theme", form("theme", "<script>", "next", "https://evil.example/")).WantGo("/dashboard")
	kim.Get("/sign-in").Want(200, `data-theme=""`, "!<script>")
	kim.Post("/dashboard/theme", form("theme", "dark", "next", "/docs/vault")).WantGo("/docs/vault")
	for _, next := range []string{`/docs/../\evil.example`, "/docs/..//evil.example", "/docs//evil.example", `/docs/..%2f%5Cevil.example`, "/docs/%2e%2e/%5cevil.example"} {
		kim.Post("/dashboard/theme", form("theme", "dark", "next", next)).WantGo("/dashboard")
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Owner)
	a := r.Stranger(t).Do("POST", "/sign-in", form("email", u.Email, "password", webtest.Password), map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"})
	a.Want(403, "sent from another site")
	if a.Header.Get("Set-Cookie") != "" {
		t.Error("somebody was signed in by another site")
	}
}
