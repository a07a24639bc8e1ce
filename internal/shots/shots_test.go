package shots_test

import (
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	outside "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/web"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/docs"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
)

func TestMain(m *testing.M) { browser.Main(m) }

func TestMainPages(t *testing.T) {
	dir := os.Getenv("IGNISFOX_SCREENSHOTS")
	r := webtest.NewWith(t, webtest.Setup{Plugins: plugins}, func(*kit.Kit, *webtest.Rig) {})
	c := furnish(t, r)
	url := serve(t, r)
	p := browser.Open(t, url, browser.Options{})
	p.Goto("/sign-in")
	keep(p, dir, "sign-in")
	p.SetCookie(c.mara.Cookie())
	failed := c.targetID("web-eu-02")
	shop, vpn, device := c.groupID("shop.aldermoor.example"), c.groupID("vpn.aldermoor.example"), c.targetID("web-dmz-02")
	for _, page := range []struct{ name, path, text string }{
		{"overview", "/dashboard", "Needs you"}, {"vault", "/dashboard/vault", "Storefront"}, {"certificate", "/dashboard/vault/" + c.certID(), "Where it is used"},
		{"groups", "/dashboard/groups", "shop.aldermoor.example"}, {"group", "/dashboard/groups/" + shop, "Generation"},
		{"group-waiting", "/dashboard/groups/" + vpn, "waits for its key"}, {"upload", "/dashboard/vault/upload", "Drop files here"},
		{"push", "/dashboard/push", "web-dmz-01"}, {"push-new", "/dashboard/push/new", "Name"}, {"push-target", "/dashboard/push/" + device, "The device has generation 1"},
		{"push-new-ssh", "/dashboard/push/new?type=" + sshType, "Test connection"}, {"push-served", "/dashboard/push/" + c.targetID("web-eu-01"), "up to date"},
		{"push-failed", "/dashboard/push/" + failed, "unknown directive"}, {"push-deployment", "/dashboard/push/" + failed + "/deployments/" + c.lastDeployment(failed), "Check the configuration"},
		{"push-recipe", "/dashboard/push/" + failed + "/recipe", "/etc/nginx/certs"},
		{"ingest", "/dashboard/ingest", "ci-prod"}, {"settings-profile", "/dashboard/settings/profile", "Profile"},
		{"settings-security", "/dashboard/settings/security", "Passkeys"}, {"settings-members", "/dashboard/settings/members", "lena@aldermoor.example"},
		{"settings-preferences", "/dashboard/settings/preferences", "Theme"}, {"settings-api-tokens", "/dashboard/settings/api-tokens", "API tokens"},
	} {
		p.Goto(page.path)
		p.WaitText(page.text)
		keep(p, dir, page.name)
	}
}

// also says of which pages there are other pictures than the light one.
var also = map[string][]look{
	"overview": {dark, phone}, "vault": {dark, phone}, "certificate": {dark}, "push-target": {dark}, "push-served": {dark}, "upload": {dark},
}

type look struct {
	name string
	browser.Options
}

var (
	light = look{"light", browser.Desktop}
	dark  = look{"dark", browser.DesktopDark}
	phone = look{"phone", browser.Phone}
)

// keep writes the pictures of a page when they are wanted.
func keep(p *browser.Page, dir, name string) {
	if dir == "" {
		return
	}
	for _, l := range append([]look{light}, also[name]...) {
		p.Look(l.Options)
		p.Screenshot(filepath.Join(dir, name+"-"+l.name+".png"))
	}
	p.Look(browser.Desktop)
}

// serve starts the whole dashboard over the rig's use cases.
func serve(t *testing.T, r *webtest.Rig) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	url := "http://localhost:" + port
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	w, err := web.New(web.Deps{
		SignIn: r.SignIn, Account: r.Account, Overview: r.Overview, Vault: r.Vault, Push: r.Push, Ingest: r.Ingest, Deploy: r.Deploy, BaseURL: url, Now: r.Now, Log: log,
		Manual: docs.Pages, Server: web.Server{Version: "0.1.0", Engine: "SQLite", KEK: "It is the file /var/lib/ignisfox/kek."},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: outside.New(outside.Deps{Web: w, Now: r.Now, Log: log}).HTTP()}
	server.Start()
	t.Cleanup(server.Close)
	return url
}

func (c *company) groupID(name string) string {
	g, err := c.Vault.Group(c.ctx, c.owner, name)
	c.ok(err)
	return g.ID
}

func (c *company) certID() string {
	list, err := c.Vault.Generations(c.ctx, c.owner, c.groupID("shop.aldermoor.example"))
	c.ok(err)
	for _, g := range list {
		if g.State == group.Current {
			return string(g.Leaf.ID)
		}
	}
	c.t.Fatal("the group has no current generation")
	return ""
}

func (c *company) lastDeployment(targetID string) string {
	t, err := c.Deploy.Target(c.ctx, c.owner, targetID)
	c.ok(err)
	return t.Deploy.Status.Deployment
}

func (c *company) targetID(name string) string {
	page, err := c.Push.List(c.ctx, c.owner, target.Query{Limit: 50})
	c.ok(err)
	for _, tgt := range page.Items {
		if tgt.Name == name {
			return tgt.ID
		}
	}
	c.t.Fatalf("there is no target %s", name)
	return ""
}
