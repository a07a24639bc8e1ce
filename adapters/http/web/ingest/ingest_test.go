package ingest_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	web "github.com/ignisfox/ignisfox/adapters/http/web/ingest"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

var (
	ctx    = context.Background()
	here   = netip.MustParseAddr("198.51.100.4")
	aToken = regexp.MustCompile(`it_[0-9A-Za-z]{49}`)
	anID   = regexp.MustCompile(`/dashboard/ingest/(itk_[0-9A-Za-z]+)/revoke`)
)

func serve(t testing.TB) *webtest.Rig {
	t.Helper()
	return webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		r.Sections = append(r.Sections,
			view.Section{ID: "vault", Title: "Cert vault", Path: "/dashboard/vault", Icon: "vault", Group: "Certificates", Key: "v"},
			view.Section{ID: "ingest", Title: "Ingest API", Path: "/dashboard/ingest", Icon: "ingest", Group: "Sources", Key: "i", Docs: "/docs/ingest"})
		groupchoice.Register(k, r.Vault)
		web.Register(k, web.Deps{Ingest: r.Ingest, Vault: r.Vault, BaseURL: r.URL})
	})
}

// sends says whether the token can send a certificate.
func sends(t testing.TB, r *webtest.Rig, tok string) bool {
	t.Helper()
	actor, err := r.Ingest.Authenticate(ctx, secret.NewString(tok), here)
	if err != nil {
		return false
	}
	leaf := testcert.SelfSigned("www.example.com")
	_, err = r.Ingest.Send(ctx, actor, ingest.Delivery{Files: []ingest.File{{Filename: "a.pem", Data: append(leaf.CertPEM, leaf.KeyPEM...)}}})
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// made answers the token that a form made.
func made(t testing.TB, a webtest.Answer) string {
	t.Helper()
	a.Want(http.StatusOK, "This is the only time it is shown", "I have stored the token")
	if a.Header.Get("Content-Encoding") != "" || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("a page with a secret is packed or kept: %v", a.Header)
	}
	tok := aToken.FindString(a.Body)
	if tok == "" || strings.Count(a.Body, tok) != 1 {
		t.Fatalf("the token is there %d times: %s", strings.Count(a.Body, tok), a.Body)
	}
	return tok
}

func TestATokenIsMadeShownOnceAndRevoked(t *testing.T) {
	r := serve(t)
	for _, role := range []tenant.Role{tenant.Owner, tenant.Editor} {
		kim := r.As(t, role)
		kim.Get("/dashboard/ingest/new").Want(http.StatusOK, "New ingest token")
		a := kim.Post("/dashboard/ingest/new", url.Values{"name": {"ci " + string(role)}, "group": {"fresh " + string(role)}})
		a.Want(http.StatusOK, "It writes to the group fresh "+string(role)+" and nowhere else.", "/etc/ignisfox/ingest.header")
		tok := made(t, a)
		kim.Get("/dashboard/ingest").Want(http.StatusOK, "ci "+string(role), ">fresh "+string(role)+"<", "it_…"+tok[len(tok)-4:], "never", "!"+tok)
		if !sends(t, r, tok) {
			t.Fatal("the token sends nothing")
		}
		list := kim.Get("/dashboard/ingest")
		list.Want(http.StatusOK, "just now", "from 198.51.100.4")
		id := anID.FindStringSubmatch(list.Body)[1]
		kim.Get("/dashboard/ingest/"+id+"/revoke").Want(http.StatusOK, "Revoke ci", "gets 401 from now on", "Keep it", "stay in the vault")
		kim.Post("/dashboard/ingest/"+id+"/revoke", nil).WantGo("/dashboard/ingest")
		kim.Get("/dashboard/ingest").Want(http.StatusOK, "Token revoked.", "No pipeline posts here yet")
		if sends(t, r, tok) {
			t.Error("a revoked token sends")
		}
		kim.Post("/dashboard/ingest/"+id+"/revoke", nil).Want(http.StatusNotFound)
	}
}

func TestTheCommandsHaveThisServersAddress(t *testing.T) {
	r := serve(t)
	a := r.As(t, tenant.Viewer).Get("/dashboard/ingest")
	a.Want(http.StatusOK, "One PEM file", "Separate files", "certbot deploy hook", "acme.sh", "GitHub Actions", "Keep the token in a file"[5:])
	if n := strings.Count(a.Body, r.URL+"/api/ingest"); n != 6 {
		t.Errorf("the endpoint is there %d times", n)
	}
}

func TestARefusedTokenKeepsWhatWasTyped(t *testing.T) {
	r := serve(t)
	kim := r.As(t, tenant.Editor)
	for field, c := range map[string][2]string{
		"name":  {"", "Give it a name."},
		"group": {"none", "this one has a meaning of its own"},
	} {
		f := url.Values{"name": {"kept name"}, "group": {"kept-group"}}
		f.Set(field, c[0])
		a := kim.Post("/dashboard/ingest/new", f)
		a.Want(http.StatusUnprocessableEntity, c[1])
		if aToken.MatchString(a.Body) || !strings.Contains(a.Body, `value="kept`) {
			t.Errorf("%s: %s", field, a.Body)
		}
	}
	kim.Get("/dashboard/ingest").Want(http.StatusOK, "No pipeline posts here yet")
}

func TestViewersSeeAndChangeNothing(t *testing.T) {
	r := serve(t)
	it, tok, err := r.Ingest.Create(ctx, r.Owner, ingest.NewToken{Name: "ci", Group: "edge"})
	if err != nil {
		t.Fatal(err)
	}
	kim := r.As(t, tenant.Viewer)
	kim.Get("/dashboard/ingest").Want(http.StatusOK, ">ci<", ">edge<", "!New token", "!Revoke<")
	for _, path := range []string{"/dashboard/ingest/new", "/dashboard/ingest/" + it.ID + "/revoke"} {
		kim.Get(path).Want(http.StatusForbidden)
		kim.Post(path, url.Values{"name": {"x"}}).Want(http.StatusForbidden)
	}
	if !sends(t, r, tok.Reveal()) {
		t.Error("the token was revoked")
	}
}

func TestTokensOfOthersAreNotThere(t *testing.T) {
	r := serve(t)
	other := r.NewTenant(t, "Other workspace")
	it, tok, err := r.Ingest.Create(ctx, other, ingest.NewToken{Name: "theirs", Group: "their-group"})
	if err != nil {
		t.Fatal(err)
	}
	kim := r.As(t, tenant.Owner)
	kim.Get("/dashboard/ingest").Want(http.StatusOK, "!theirs")
	kim.Get("/dashboard/groups/names?group=t").Want(http.StatusOK, "!their-group")
	kim.Get("/dashboard/ingest/"+it.ID+"/revoke").Want(http.StatusNotFound, "!theirs")
	kim.Post("/dashboard/ingest/"+it.ID+"/revoke", nil).Want(http.StatusNotFound, "!theirs")
	if !sends(t, r, tok.Reveal()) {
		t.Error("their token was revoked")
	}
}

func TestANewTokenAsksWhoIsThere(t *testing.T) {
	r := serve(t)
	kim := r.As(t, tenant.Editor)
	r.Pass(tenant.FreshFor + time.Second)
	kim.Get("/dashboard/ingest/new").WantGo("/dashboard/confirm?next=%2Fdashboard%2Fingest%2Fnew")
	a := kim.Do(http.MethodPost, "/dashboard/ingest/new", url.Values{"name": {"x"}}, map[string]string{"HX-Request": "true"})
	a.Want(http.StatusForbidden, "Confirm that it is you")
	if a.Header.Get("X-Confirm") != "1" || aToken.MatchString(a.Body) {
		t.Error(a)
	}
}

func TestManyTokensArePaged(t *testing.T) {
	r := serve(t)
	for i := range 55 {
		r.Pass(time.Second)
		if _, _, err := r.Ingest.Create(ctx, r.Owner, ingest.NewToken{Name: "runner-" + strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	kim := r.As(t, tenant.Viewer)
	first := kim.Get("/dashboard/ingest")
	first.Want(http.StatusOK, ">runner-54<", "!>runner-4<", "1 to 50")
	before, _, _ := strings.Cut(first.Body, `" aria-label="Next page`)
	href := before[strings.LastIndex(before, `href="`)+len(`href="`):]
	kim.Get(strings.ReplaceAll(href, "&amp;", "&")).Want(http.StatusOK, ">runner-0<", "!>runner-54<", "51 to 55 of 55")
	for range 2 { // all, a page at a time
		for _, it := range ids(t, r) {
			if err := r.Ingest.Delete(ctx, r.Owner, it); err != nil {
				t.Fatal(err)
			}
		}
	}
	kim.Get(strings.ReplaceAll(href, "&amp;", "&")).Want(http.StatusOK, "No token is here any more", "Show all tokens", "!<table")
	kim.Get("/dashboard/ingest?at=nonsense").Want(http.StatusUnprocessableEntity)
}

func ids(t *testing.T, r *webtest.Rig) (out []string) {
	t.Helper()
	list, _, err := r.Ingest.List(ctx, r.Owner, tenant.IngestTokenQuery{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range list {
		out = append(out, it.ID)
	}
	return out
}

// A reload of the page that shows a token sends the form again.
func TestAFormThatIsSentAgainMakesNoSecondToken(t *testing.T) {
	r := serve(t)
	kim := r.As(t, tenant.Editor)
	nonce := regexp.MustCompile(`name="once" value="([A-Z2-7]{20,})"`).FindStringSubmatch(kim.Get("/dashboard/ingest/new").Body)
	if nonce == nil {
		t.Fatal("the form has no nonce")
	}
	f := url.Values{"once": {nonce[1]}, "name": {"ci"}}
	tok := aToken.FindString(kim.Post("/dashboard/ingest/new", f).Body)
	if tok == "" {
		t.Fatal("no token")
	}
	kim.Post("/dashboard/ingest/new", f).Want(http.StatusConflict, "Already made", "shown once", `href="/dashboard/ingest"`, "!"+tok)
	if n := len(ids(t, r)); n != 1 || !sends(t, r, tok) {
		t.Errorf("there are %d tokens", n)
	}
}

// An id of no group is wrong as a field, and no page is missing.
func TestAGroupThatIsNotThereIsAField(t *testing.T) {
	r := serve(t)
	kim := r.As(t, tenant.Editor)
	g, err := r.Vault.CreateGroup(ctx, r.NewTenant(t, "Other"), "theirs", secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	kim.Post("/dashboard/ingest/new", url.Values{"name": {"ci-prod"}, "group": {g.ID}}).
		Want(http.StatusUnprocessableEntity, "Give the id or the name of a group of this workspace", `value="ci-prod"`, "!theirs")
}
