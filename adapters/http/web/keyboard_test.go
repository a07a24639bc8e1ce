package web_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest/whole"
)

// typist is somebody who has no mouse.
type typist struct {
	*browser.Page
	t    *testing.T
	site *whole.Site
}

// tabs presses Tab so often and answers the names of the stops.
func (k *typist) tabs(n int) (stops []string) {
	k.t.Helper()
	for range n {
		k.Press("Tab")
		role, name := k.Focused()
		k.shown()
		stops = append(stops, role+" "+name)
	}
	return stops
}

// shown waits until one sees where the focus is.
func (k *typist) shown() {
	k.t.Helper()
	k.WaitTrue(`() => {
		const el = document.activeElement, box = el.getBoundingClientRect();
		const drawn = e => { const s = getComputedStyle(e); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none" };
		return [el, el.parentElement, el.nextElementSibling, ...(el.labels ?? [])].some(e => e && drawn(e)) && box.bottom > 0 && box.top < innerHeight;
	}`)
}

// wants checks an order of stops.
func (k *typist) wants(got []string, want ...string) {
	k.t.Helper()
	if !slices.Equal(got, want) {
		k.t.Errorf("Tab leads to\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// at checks what has the focus, or gets it in a moment: what was swapped in takes it once it has settled.
func (k *typist) at(role, name string) {
	k.t.Helper()
	var r, n string
	for range 200 {
		if r, n = k.Focused(); r == role && n == name {
			return
		}
	}
	k.t.Fatalf("the focus is on %s %q, want %s %q", r, n, role, name)
}

// frame is what Tab passes before the page itself.
func frame(sections ...string) []string {
	out := []string{"link Skip to content", "link Ignisfox"}
	out = append(out, sections...)
	return append(out, "link Test workspace", "button Search or jump to", "button Switch theme", "link Help for this page")
}

// From an upload to a target and a new token for it, with nothing but Tab, Enter, Space, arrows and typing.
func TestUploadPushAndRotateByKeyboard(t *testing.T) {
	s := whole.New(t)
	p := browser.Open(t, s.URL, browser.Options{})
	p.SetCookie(s.As(t, tenant.Editor).Cookie())
	p.Goto("/dashboard")
	k := &typist{Page: p, t: t, site: s}
	k.tabs(1)
	k.at("link", "Skip to content")
	p.Press("Enter")
	k.wants(k.tabs(1), "link Upload")
	p.Press("Enter")
	p.WaitURL("/dashboard/vault/upload")
	k.uploads()
	k.pushes()
	k.rotates()
}

func (k *typist) uploads() {
	k.t.Helper()
	who := strings.TrimPrefix(k.Texts(".nav-user")[0], "KE ") // the avatar is a picture
	links := []string{"link Overview", "link Cert vault", "link Upload cert", "link Push to devices", "link Ingest API", "link Settings", "button " + who}
	k.wants(k.tabs(15), append(frame(links...), "button Drop files here or Choose files", "DisclosureTriangle Paste PEM text")...)
	shop, mail := testcert.SelfSigned("shop.example.com"), testcert.SelfSigned("mail.example.com")
	// What Enter and Space open on the zone is a dialog of the system, which hands the files over as here.
	k.Upload(".drop input", browser.File{Name: "shop.pem", Body: append(shop.CertPEM, shop.KeyPEM...)}, browser.File{Name: "mail.pem", Body: mail.CertPEM})
	k.WaitText("2 ready")
	k.TabTo("DisclosureTriangle", "Paste PEM text")
	k.Press("Space")
	k.wants(k.tabs(5), "textbox Certificates and key", "textbox Friendly name of the text (optional)", "combobox Group of the text (optional)",
		"textbox Password of the key (optional)", "button Add text")
	k.Press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab")
	k.at("textbox", "Certificates and key")
	k.Type(string(mail.KeyPEM))
	k.TabTo("button", "Add text")
	k.Press("Enter")
	k.WaitText("3 ready")
	k.at("DisclosureTriangle", "Paste PEM text")
	k.TabTo("button", "Drop files here or Choose files")
	k.wants(k.tabs(12), "combobox Group for all files",
		"textbox Friendly name for shop.pem", "combobox Group for shop.pem", "button Remove shop.pem",
		"textbox Friendly name for mail.pem", "combobox Group for mail.pem", "button Remove mail.pem",
		"textbox Friendly name for pasted.pem", "combobox Group for pasted.pem", "button Remove pasted.pem",
		"button Clear", "button Upload 3 files")
	k.Press("Space")
	k.WaitURL("/dashboard/vault")
	k.In("#toasts").WaitText("3 files stored.")
}

func (k *typist) pushes() {
	k.t.Helper()
	k.TabTo("link", "Push to devices")
	k.Press("Enter")
	k.WaitURL("/dashboard/push")
	k.TabTo("link", "Skip to content")
	k.Press("Enter")
	k.wants(k.tabs(1), "link New target")
	k.Press("Enter")
	k.WaitURL("/dashboard/push/new")
	k.TabTo("link", "Help for this page")
	const kind = "radio HTTPS pull The device asks for it. No inbound firewall rule."
	stops := slices.Compact(k.tabs(16)) // the date is one stop for each of its parts
	k.wants(stops, kind, "link How devices fetch", "textbox Name", "combobox Certificate group", "textbox Allowed networks (optional)",
		"DateTime Expires (optional)", "combobox PFX preset", "textbox Tags (optional)", "link Cancel", "button Save target")
	k.TabTo("textbox", "Name")
	k.Type("web-01")
	k.Press("Tab")
	k.at("combobox", "Certificate group")
	k.Press("ArrowDown", "ArrowDown") // nothing is chosen yet; the second group is shop
	k.TabTo("button", "Save target")
	k.Press("Enter")
	k.WaitText("web-01 is saved. Copy its token now")
	k.at("heading", "web-01 is saved. Copy its token now")
	k.stores("/dashboard/push/*")
	if got := k.targetOf().GroupName; got != "shop.example.com" {
		k.t.Errorf("the target delivers %s", got)
	}
}

func (k *typist) rotates() {
	k.t.Helper()
	before := k.targetOf()
	k.TabTo("link", "Rotate token")
	k.Press("Enter")
	k.WaitFor("#dialog[open]")
	k.at("combobox", "The old token")
	k.Press("ArrowDown", "Escape")
	k.WaitGone("#dialog")
	k.at("link", "Rotate token")
	k.Press("Enter")
	k.WaitFor("#dialog[open]")
	k.wants(k.tabs(2), "button Keep the old one", "button Rotate token")
	k.Press("Space")
	k.WaitText("New token of web-01")
	k.at("heading", "New token of web-01")
	k.In("#dialog").Axe()
	k.Press("Escape") // what is shown once does not go by itself
	k.WaitText("New token of web-01")
	k.stores("/dashboard/push/*")
	after := k.targetOf()
	if after.Tokens[0].ID == before.Tokens[0].ID {
		k.t.Error("the token is the old one")
	}
}

var oneToken = regexp.MustCompile(`^pt_[0-9A-Za-z]{49}$`)

// stores says that the token is stored, which leads on.
func (k *typist) stores(to string) {
	k.t.Helper()
	if got := k.Text("#tok"); !oneToken.MatchString(got) {
		k.t.Errorf("the token is %q", got)
	}
	k.wants(k.tabs(2), "button Copy token", "tab bash, cron")
	k.Press("ArrowRight")
	k.at("tab", "bash, systemd timer")
	k.TabTo("checkbox", "I have stored the token")
	k.Press("Space")
	k.TabTo("button", "Done")
	k.Press("Enter")
	k.WaitURL(to)
	k.WaitGone("#tok")
}

func (k *typist) targetOf() target.Target {
	k.t.Helper()
	p, err := k.site.Push.List(context.Background(), k.site.Owner, target.Query{Limit: 5})
	if err != nil || len(p.Items) != 1 {
		k.t.Fatalf("%d targets, %v", len(p.Items), err)
	}
	t, err := k.site.Push.Get(context.Background(), k.site.Owner, p.Items[0].ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return t
}
