package kit_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// elsewhere are addresses that a browser, a proxy or we ourselves could be led astray by.
func elsewhere() []string {
	return []string{
		"//evil.example", "///evil.example", "////evil.example/dashboard", `/\evil.example`, `\\evil.example`, `\/evil.example`, `/dashboard\@evil.example`,
		"https://evil.example", "https://evil.example/dashboard", "https:evil.example", "https:/evil.example", "https:///evil.example", "http:dashboard",
		"//evil.example/dashboard", "//user@evil.example/dashboard", "//evil.example\\@localhost/dashboard", "https://localhost@evil.example/dashboard",
		"evil.example", "dashboard", "./dashboard", "../dashboard", "?next=//evil.example", "#//evil.example", "@evil.example", "/dashboard@evil.example",
		"/dashboard.evil.example", "/dashboards", "/dashboardx/../", "%2f%2fevil.example", "/%2fevil.example", "/%2f/evil.example", "%2Fdashboard", "/%64ashboard/../..//evil.example",
		"/dashboard/../../x", "/dashboard/..", "/dashboard/../sign-out", "/dashboard/%2e%2e/x", "/dashboard/..%2fx", "/dashboard/..//evil.example", "/dashboard//evil.example",
		"/dashboard/%2f%2fevil.example", "/dashboard/./x", "/dashboard/", "//dashboard", "/./dashboard", "/x/../dashboard", `/dashboard/..\..\x`, `/dashboard/%5c%5cevil.example`,
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\tjavascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "blob:x", "mailto:a@b",
		"/dashboard\r\nSet-Cookie: x=1", "/dashboard\n", "/dashboard\x00", "/dash\tboard", "\t/dashboard", "/\t/evil.example", "/\n/evil.example", "\x01//evil.example", "/dashboard\x7f",
		"/dashboard/\xff", "/dashboard/%ff", "/dashboard/%zz", "/sign-out", "/sign-in", "/setup", "/api/v1/artifacts", "/static/x", "/invite/", "/invite/accept", "/invitex", "/", "",
		"/dashboard/" + strings.Repeat("a", 3000), "/dashboard?" + strings.Repeat("a", 3000),
	}
}

func TestLocalLeadsToPagesOfOursAlone(t *testing.T) {
	for _, address := range elsewhere() {
		if got := kit.Local(address); got != "" {
			t.Errorf("Local(%q) = %q", address, got)
		}
	}
	for address, want := range map[string]string{
		"/dashboard": "/dashboard", "/dashboard/vault": "/dashboard/vault", "/invite": "/invite", "/dashboard?day=2026-01-01": "/dashboard?day=2026-01-01",
		"/dashboard/vault?search=//evil.example": "/dashboard/vault?search=//evil.example", "/dashboard/vault?search=a%0d%0ab": "/dashboard/vault?search=a%0d%0ab",
		"/dashboard/vault#x": "/dashboard/vault", "/dashboard/a%20b": "/dashboard/a%20b", "/dashboard/%0d%0aSet-Cookie:x": "/dashboard/%0D%0ASet-Cookie:x",
	} {
		if got := kit.Local(address); got != want {
			t.Errorf("Local(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestLocalOpenLeadsToOpenPagesAlone(t *testing.T) {
	open := []string{"/setup", "/sign-in", "/sign-in/code", "/sign-in/help", "/sign-up", "/invite", "/docs/vault"}
	for _, address := range append(elsewhere(), "/docs", "/docs/", `/docs/../\evil.example`, `/docs/..%2f%5Cevil.example`, "/docs/..//evil.example", "/docs/%2e%2e/x",
		"/docs//evil.example", "/docsx", "/dashboard", "/sign-in/", "/sign-in/passkey/begin") {
		if got := kit.LocalOpen(address); got != "" && !slices.Contains(open, address) {
			t.Errorf("LocalOpen(%q) = %q", address, got)
		}
	}
	for _, address := range append(open, "/sign-in?next=%2Fdashboard%2Fvault") {
		if got := kit.LocalOpen(address); got != address {
			t.Errorf("LocalOpen(%q) = %q", address, got)
		}
	}
}

// An address with a secret of ours in it, pasted where it does not belong, is not carried on into others.
func TestLocalCarriesNoToken(t *testing.T) {
	link, _ := token.New(token.Invite)
	tok := link.Reveal()
	for address, want := range map[string]string{
		"/dashboard?t=" + tok: "/dashboard", "/dashboard/vault?a=b&" + tok: "/dashboard/vault", "/invite?" + tok: "/invite", "/dashboard/" + tok: "",
		"/dashboard?t=" + strings.ReplaceAll(tok, "_", "%5f"): "/dashboard", "/dashboard?t=x_y": "/dashboard?t=x_y",
	} {
		if got := kit.Local(address); got != want {
			t.Errorf("Local(%q) = %q, want %q", strings.ReplaceAll(address, tok, "TOKEN"), strings.ReplaceAll(got, tok, "TOKEN"), want)
		}
	}
	r := local(t)
	r.Stranger(t).Get("/dashboard?t=" + tok).WantGo("/sign-in")
	r.Stranger(t).Get("/dashboard/owners?t=" + tok).WantGo("/sign-in?next=%2Fdashboard%2Fowners")
	r.As(t, tenant.Editor).Get("/dashboard/things/"+tok).Want(http.StatusNotFound, `name="next" value=""`, "!"+tok)
}

// ours says whether a browser on our page that is sent to address stays with us.
func ours(t *testing.T, base, address string) bool {
	t.Helper()
	b, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	to, err := b.Parse(address)
	return err == nil && to.Scheme == b.Scheme && to.Host == b.Host && !strings.ContainsAny(address, "\\\r\n\t") && !strings.HasPrefix(to.Path, "//")
}

// Wherever somebody can be asked to go on to, a foreign address is not gone to, and not repeated on the page.
func TestNobodyIsLedAway(t *testing.T) {
	r := local(t)
	far := r.Stranger(t)
	var kim *webtest.Person
	for i, to := range elsewhere() {
		if i%10 == 0 {
			kim = r.As(t, tenant.Editor) // an account's password is not tried without end
		}
		next := url.Values{"next": {to}}
		query := "?" + next.Encode()
		visits := map[string]webtest.Answer{
			"sign-in, signed in": kim.Get("/sign-in" + query), "code, signed in": kim.Get("/sign-in/code" + query),
			"confirm": kim.Post("/dashboard/confirm", url.Values{"next": {to}, "password": {webtest.Password}}), "theme": kim.Post("/dashboard/theme", next),
			"confirm by script": kim.Do("POST", "/dashboard/confirm", url.Values{"next": {to}, "password": {webtest.Password}}, map[string]string{"HX-Request": "true"}),
			"theme, signed out": far.Post("/dashboard/theme", next),
			"post, signed out":  far.Do("POST", "/dashboard/only-post", nil, map[string]string{"Referer": "https://evil.example" + strings.Map(printable, to)}),
			"script, signed out": far.Do("GET", "/dashboard", nil, map[string]string{
				"HX-Request": "true", "HX-Current-URL": "https://evil.example" + strings.Map(printable, to),
			}),
		}
		if strings.Contains(to, "\x00") || !utf8.ValidString(to) {
			kim.Get("/sign-in"+query).Want(http.StatusBadRequest, "holds bytes that are no text")
			continue
		}
		for what, a := range visits {
			at := a.Header.Get("Location") + a.Header.Get("HX-Redirect")
			if at == "" || !ours(t, r.URL, at) || strings.Contains(at, "evil.example") && !strings.HasPrefix(at, "/sign-in?next=%2Fdashboard%3F") {
				t.Errorf("%s with %q: %d to %q", what, to, a.Status, at)
			}
		}
		for what, a := range map[string]webtest.Answer{"sign-in": far.Get("/sign-in" + query), "confirm form": kim.Get("/dashboard/confirm" + query)} {
			if a.Status != http.StatusOK || strings.Contains(a.Body, "evil.example") || strings.Contains(a.Body, "script:alert") {
				t.Errorf("%s with %q: %d %s", what, to, a.Status, a.Body)
			}
		}
	}
	far.Post("/sign-in", url.Values{"next": {"//evil.example"}, "email": {kim.User.Email}, "password": {webtest.Password}}).WantGo("/dashboard")
	kim.Post("/sign-out", nil)
	kim.Post("/sign-in", url.Values{"next": {"/dashboard/vault"}, "email": {kim.User.Email}, "password": {webtest.Password}}).WantGo("/dashboard/vault")
}

// printable takes out what no client can put into a header.
func printable(c rune) rune {
	if c < ' ' || c == 0x7f {
		return -1
	}
	return c
}
