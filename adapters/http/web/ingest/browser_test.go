package ingest_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestMain(m *testing.M) { browser.Main(m) }

// window is a browser of somebody with that role.
func window(t *testing.T, r *webtest.Rig, role tenant.Role, o browser.Options) *browser.Page {
	t.Helper()
	kim := r.As(t, role)
	p := browser.Open(t, r.URL, o)
	p.SetCookie(kim.Cookie())
	return p
}

func TestATokenFromItsFirstToItsLastUseInTheBrowser(t *testing.T) {
	for _, role := range []tenant.Role{tenant.Owner, tenant.Editor} {
		t.Run(string(role), func(t *testing.T) {
			r := serve(t)
			p := window(t, r, role, browser.Options{})
			p.Goto("/dashboard/ingest")
			p.WaitText("No pipeline posts here yet")
			p.In(".page-head").ClickText("link", "New token")
			p.In("#dialog").Fill("Name", "ci-prod")
			p.In("#dialog").Fill("Group (optional)", "none")
			p.Expect(http.StatusUnprocessableEntity)
			p.In("#dialog").ClickText("button", "Create token")
			p.WaitText("this one has a meaning of its own")
			if p.Value("Name") != "ci-prod" {
				t.Error("what was typed is lost")
			}
			p.In("#dialog").Fill("Group (optional)", "edge")
			p.In("#dialog").ClickText("button", "Create token")
			p.WaitText("It writes to the group edge and nowhere else.")
			p.WaitFor("#dialog[closedby=none]")
			p.Press("Escape")
			tok := p.Text("#tok") // still there: it is shown this once
			if !sends(t, r, tok) {
				t.Error("the token sends nothing")
			}
			p.In("#dialog").ClickText("button", "Done")
			if !p.Has("#tok") {
				t.Error("Done leaves before anybody said that the token is stored")
			}
			p.Check("I have stored the token", true)
			p.In("#dialog").ClickText("button", "Done")
			p.WaitText("from 198.51.100.4")
			if strings.Contains(p.Content("main"), tok) {
				t.Error("the token is shown again")
			}
			p.ClickText("tab", "acme.sh")
			p.WaitText("acme.sh --install-cert")
			p.WaitNoText("RENEWED_LINEAGE")
			p.ClickText("link", "Revoke ci-prod")
			p.In("#dialog").ClickText("button", "Keep it")
			p.WaitGone("#dialog[open]")
			p.ClickText("link", "Revoke ci-prod")
			p.In("#dialog").ClickText("button", "Revoke token")
			p.WaitText("Token revoked. It stopped working.")
			p.WaitText("No pipeline posts here yet")
			if sends(t, r, tok) {
				t.Error("a revoked token sends")
			}
		})
	}
}

func TestTokensWithoutScript(t *testing.T) {
	r := serve(t)
	p := window(t, r, tenant.Owner, browser.Options{NoScript: true})
	p.Goto("/dashboard/ingest")
	p.WaitText("acme.sh --install-cert") // all commands, one under the other
	p.In(".page-head").ClickText("link", "New token")
	p.Fill("Name", "ci-prod")
	p.ClickText("button", "Create token")
	p.WaitText("Copy its token now")
	p.Check("I have stored the token", true)
	p.ClickText("button", "Done")
	p.ClickText("link", "Revoke ci-prod")
	p.ClickText("button", "Revoke token")
	p.WaitText("Token revoked. It stopped working.")
}

func TestAViewerIsOfferedNoChange(t *testing.T) {
	r := serve(t)
	if _, _, err := r.Ingest.Create(ctx, r.Owner, ingest.NewToken{Name: "ci-prod"}); err != nil {
		t.Fatal(err)
	}
	p := window(t, r, tenant.Viewer, browser.Options{})
	p.Goto("/dashboard/ingest")
	p.WaitText("ci-prod")
	if p.HasText("link", "New token") || p.HasText("link", "Revoke ci-prod") {
		t.Error("a viewer is offered changes")
	}
}

// hostile tries to be markup and ends quotes; it is as long as a name may be and has no place to break.
var hostile = (`"><script>alert(1)</script><img src=x onerror=alert(2)>'` + strings.Repeat("long", 60))[:ingest.NameRunes]

func TestThePagesAreForEverybodyAndHostileNamesAreText(t *testing.T) {
	r := serve(t)
	p := window(t, r, tenant.Owner, browser.Options{})
	look := func(name string) {
		t.Helper()
		p.Accessible()
		if dir := os.Getenv("IGNISFOX_SHOTS"); dir != "" {
			p.Shots(dir, name)
		}
	}
	p.Goto("/dashboard/ingest")
	look("ingest-empty")
	_, tok, err := r.Ingest.Create(ctx, r.Owner, ingest.NewToken{Name: "certbot-mailhost", Group: "mail"})
	if err != nil {
		t.Fatal(err)
	}
	sends(t, r, tok.Reveal())
	r.Pass(9 * time.Minute)
	if _, _, err := r.Ingest.Create(ctx, r.Owner, ingest.NewToken{Name: hostile, Group: hostile}); err != nil {
		t.Fatal(err)
	}
	p.Goto("/dashboard/ingest")
	look("ingest-list")
	if !p.Sees("td.c-act a[aria-label='Revoke certbot-mailhost']") {
		t.Error("a long name pushes the actions out")
	}
	if got := p.Texts("td.c-name b")[0]; got != hostile {
		t.Errorf("the name is shown as %q", got)
	}
	p.ClickText("link", "Revoke "+hostile)
	p.WaitFor("#dialog[open] #revoke")
	look("ingest-revoke")
	p.Goto("/dashboard/ingest/new")
	look("ingest-new-page")
	p.Goto("/dashboard/ingest")
	p.In(".page-head").ClickText("link", "New token")
	p.WaitFor("#dialog[open] #new-token")
	look("ingest-new")
	p.In("#dialog").Fill("Name", hostile)
	p.In("#dialog").Fill("Group (optional)", hostile)
	p.In("#dialog").ClickText("button", "Create token")
	p.WaitFor("#dialog[closedby=none]")
	look("ingest-made")
}
