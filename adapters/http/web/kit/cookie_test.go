package kit_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func credentials(u tenant.User, more ...string) string {
	v := url.Values{"email": {u.Email}, "password": {webtest.Password}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v.Encode()
}

func cookieOf(t *testing.T, w *httptest.ResponseRecorder, name string) *http.Cookie {
	t.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no cookie %s: %d %v", name, w.Code, w.Header())
	return nil
}

func TestTheSessionCookieIsOutOfReach(t *testing.T) {
	r := local(t)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	for _, c := range []struct {
		base, name string
		secure     bool
	}{
		{"https://certs.example.com", "__Host-sid", true}, {"https://localhost:8443", "__Host-sid", true},
		{"http://localhost:8080", "sid", false}, {"http://127.0.0.1:8080", "sid", false}, {"http://[::1]:8080", "sid", false},
		{"http://fox.localhost:8080", "sid", false},
	} {
		s := serve(t, r, config{base: c.base})
		w := s.ask("POST", "/sign-in", credentials(u))
		got := cookieOf(t, w, c.name)
		if w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 2 {
			t.Errorf("%s: %d with %v", c.base, w.Code, w.Result().Cookies())
		}
		if got.Secure != c.secure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" {
			t.Errorf("%s: %v", c.base, got)
		}
		if d := cookieOf(t, w, strings.Replace(c.name, "sid", "device", 1)); d.Secure != c.secure || !d.HttpOnly || d.SameSite != http.SameSiteLaxMode || d.Path != "/" {
			t.Errorf("%s: %v", c.base, d)
		}
		if raw, err := base64.RawURLEncoding.DecodeString(got.Value); err != nil || len(raw) != 32 {
			t.Errorf("%s: the cookie is no 32 bytes: %v", c.base, err)
		}
		if got.MaxAge != 0 || !got.Expires.IsZero() {
			t.Errorf("%s: it outlives the browser, and nobody asked for that: %v", c.base, got)
		}
		stay := cookieOf(t, s.ask("POST", "/sign-in", credentials(u, "stay", "1")), c.name)
		if stay.MaxAge != int(tenant.SessionLongest.Seconds()) || stay.Value == got.Value {
			t.Errorf("%s: %v", c.base, stay)
		}
		// With https the cookie without the prefix, which any neighbour could set, opens nothing.
		if w := s.ask("GET", "/dashboard/welcome", "", "Cookie", "sid="+got.Value); c.secure && w.Header().Get("Location") != "/sign-in?next=%2Fdashboard%2Fwelcome" {
			t.Errorf("%s: the cookie counts without its prefix: %d", c.base, w.Code)
		}
	}
}

func TestSigningOutTakesTheCookieAndWhatTheBrowserKept(t *testing.T) {
	r := local(t)
	s := serve(t, r, config{base: "https://certs.example.com"})
	sid := cookieOf(t, s.ask("POST", "/sign-in", credentials(r.NewPerson(t, r.Tenant, tenant.Editor))), "__Host-sid")
	w := s.ask("POST", "/sign-out", "", "Cookie", "__Host-sid="+sid.Value+"; __Host-invite=inv_x; __Host-setup=setup_x; __Host-toast=W10")
	for _, name := range []string{"__Host-invite", "__Host-setup", "__Host-toast"} {
		if c := cookieOf(t, w, name); c.MaxAge != -1 || c.Value != "" {
			t.Errorf("%v", c)
		}
	}
	gone := cookieOf(t, w, "__Host-sid")
	if gone.MaxAge != -1 || gone.Value != "" || !gone.Secure || gone.Path != "/" || w.Header().Get("Clear-Site-Data") != `"cache", "storage"` {
		t.Errorf("%v %v", gone, w.Header())
	}
	if w := s.ask("GET", "/dashboard/welcome", "", "Cookie", "__Host-sid="+sid.Value); !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") {
		t.Errorf("the session still opens pages: %d", w.Code)
	}
	// The session was over before somebody said so: the browser forgets all the same.
	w = s.ask("POST", "/sign-out", "", "Cookie", "__Host-sid="+sid.Value+"; __Host-invite=inv_x")
	if cookieOf(t, w, "__Host-sid").MaxAge != -1 || cookieOf(t, w, "__Host-invite").MaxAge != -1 || w.Header().Get("Clear-Site-Data") == "" ||
		w.Header().Get("Location") != "/sign-in" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestEveryProofOfIdentityGivesANewCookie(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	before := kim.Cookie().Value
	kim.Post("/dashboard/confirm", url.Values{"password": {webtest.Password}}).WantGo("/dashboard")
	after := kim.Cookie().Value
	if after == before {
		t.Fatal("the cookie is the same")
	}
	old := r.Stranger(t)
	old.SetCookie(&http.Cookie{Name: "sid", Value: before, Path: "/"})
	// What was on its way with the old one is still answered for a moment; it changes nothing.
	old.Get("/dashboard").Want(200)
	old.Do("POST", "/dashboard/only-post", nil, map[string]string{"Referer": r.URL + "/dashboard"}).WantGo("/sign-in")
	old.Post("/dashboard/confirm", url.Values{"password": {webtest.Password}}).WantGo("/sign-in?next=%2Fdashboard%2Fconfirm")
	r.Pass(tenant.RenewedFor)
	old.Get("/dashboard").WantGo("/sign-in")
	kim.Get("/dashboard").Want(200)
}

// A secret of a link is held as the session's is; choices of looks may be read by the script.
func TestOtherCookies(t *testing.T) {
	r := local(t)
	s := serve(t, r, config{base: "https://certs.example.com", extra: func(k *kit.Kit) {
		k.Open("GET", "/keep", func(rq *kit.Request) error {
			rq.KeepLink("invite", secret.NewString("LINKSECRET"))
			rq.SetTheme("dark")
			rq.SetCompact(true)
			rq.Toast(view.Toast{Text: "Hello"})
			return rq.Go("/dashboard")
		})
		k.Open("GET", "/drop", func(rq *kit.Request) error { rq.DropLink("invite"); return rq.Go("/dashboard") })
		k.Open("GET", "/read", func(rq *kit.Request) error { _, err := rq.W.Write([]byte(rq.Link("invite").Reveal())); return err })
	}})
	w := s.ask("GET", "/keep", "")
	for name, script := range map[string]bool{"__Host-invite": false, "__Host-toast": false, "theme": true, "density": true} {
		c := cookieOf(t, w, name)
		if c.HttpOnly == script || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge <= 0 {
			t.Errorf("%v", c)
		}
	}
	if c := cookieOf(t, s.ask("GET", "/drop", ""), "__Host-invite"); c.MaxAge != -1 {
		t.Errorf("%v", c)
	}
	if got := s.ask("GET", "/read", "", "Cookie", "__Host-invite=x1").Body.String(); got != "x1" {
		t.Errorf("%q", got)
	}
	if got := s.ask("GET", "/read", "", "Cookie", "__Host-invite="+strings.Repeat("x", 201)).Body.String(); got != "" {
		t.Errorf("a secret that no link can have was taken: %q", got)
	}
}

// Rubbish in the cookies of looks is not put into the page.
func TestLooksAreOneOfFew(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Editor)
	kim.SetCookie(&http.Cookie{Name: "theme", Value: "dark><script>onload", Path: "/"})
	kim.SetCookie(&http.Cookie{Name: "density", Value: "HOSTILE", Path: "/"})
	kim.Get("/dashboard").Want(200, `data-theme=""`, `data-density="regular"`, "!onload", "!HOSTILE")
}

// With plain http where others can listen nobody opens a session: not by the name of the settings, nor by another that
// leads to the same server.
func TestNobodySignsInOverPlainHTTP(t *testing.T) {
	r := local(t)
	u := r.NewPerson(t, r.Tenant, tenant.Owner)
	held, err := r.SignIn.SignIn(t.Context(), u.Email, secret.NewString(webtest.Password), core.Visit{Address: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	who, err := r.SignIn.Authenticate(t.Context(), held.Cookie, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []config{
		{base: "http://certs.example.com"}, {base: "http://192.0.2.7:8080"}, {base: "http://localhost.example.com"},
		{base: "http://127.0.0.1.example.com"}, {base: "http://localhost:8080", host: "certs.example.com"},
		{base: "http://localhost:8080", host: "192.0.2.7:8080"}, {base: "http://certs.example.com", host: "localhost"}, {base: "::"},
	} {
		s := serve(t, r, c)
		for _, at := range []string{
			"GET /sign-in", "POST /sign-in", "GET /sign-in/code", "POST /sign-in/code", "GET /setup", "POST /setup", "GET /invite", "POST /invite",
			"POST /invite/accept", "POST /sign-in/passkey/begin", "POST /sign-in/passkey/finish",
		} {
			method, path, _ := strings.Cut(at, " ")
			w := s.ask(method, path, credentials(u))
			body := w.Body.String()
			if w.Code != http.StatusForbidden || !strings.Contains(body, "https") || !strings.Contains(body, "IGNISFOX_BASE_URL") || strings.Contains(body, "<input type=\"password\"") {
				t.Errorf("%+v %s: %d %s", c, at, w.Code, body)
			}
			if len(w.Result().Cookies()) > 0 {
				t.Errorf("%+v %s: %v", c, at, w.Result().Cookies())
			}
		}
		if w := s.ask("GET", "/dashboard/welcome", "", "Cookie", "sid="+held.Cookie.Reveal()); !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") {
			t.Errorf("%+v: a session from elsewhere counts: %d", c, w.Code)
		}
		if w := s.ask("POST", "/sign-in", credentials(u), "Accept", "*/*"); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"code":"https_needed"`) {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
	if all, err := r.SignIn.Sessions(t.Context(), who); err != nil || len(all) != 1 {
		t.Errorf("sessions were opened: %v %v", all, err)
	}
}
