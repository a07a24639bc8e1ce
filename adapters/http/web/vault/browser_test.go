package vault_test

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// open opens a browser for a new member of that role.
func (s *site) open(t *testing.T, role tenant.Role, o browser.Options) *browser.Page {
	t.Helper()
	p := browser.Open(t, s.URL, o)
	p.SetCookie(s.As(t, role).Cookie())
	return p
}

// stocked is a site with two groups, one of them with a generation that waits for somebody, and a file nobody can read.
func stocked(t *testing.T) (s *site, shop string) {
	s = newSite(t)
	s.put(t, s.Owner, "root.pem", "", s.ca.Issuer.CertPEM)
	_, _, shop = s.pair(t, s.leaf("shop.example.com", testcert.Names("shop.example.com", "www.example.com")), "shop")
	s.pair(t, s.leaf("shop.example.com", testcert.Valid(s.Now(), s.Now().AddDate(0, 3, 0))), "shop")
	s.pair(t, s.leaf("mail.example.com", testcert.Valid(s.Now().AddDate(0, 0, -80), s.Now().AddDate(0, 0, 5))), "mail")
	s.put(t, s.Owner, "firmware.bin", "", []byte("nonsense"))
	return s, shop
}

func TestTheTableInABrowser(t *testing.T) {
	s, _ := stocked(t)
	p := s.open(t, tenant.Owner, browser.Options{})
	p.Goto(home)
	p.Press("/")
	if role, name := p.Focused(); name != "Search the vault" {
		t.Errorf("the key / goes to %s %q", role, name)
	}
	p.Type("mai")
	p.WaitGone(`td a[title="firmware"]`)
	p.WaitURL(home + "?search=mai")
	if role, name := p.Focused(); name != "Search the vault" || p.Value("Search the vault") != "mai" {
		t.Errorf("after the answer the focus is on %s %q", role, name)
	}
	p.Type("nothing like that")
	p.WaitText("No match for")
	p.ClickText("link", "Clear search")
	p.WaitText("firmware")
	p.Fill("Kind", "key")
	p.WaitText("1 to 3 of 3")
	p.Fill("Group", "mail")
	p.WaitText("Group: mail")
	p.WaitText("1 to 1")
	p.ClickText("link", "Name")
	p.WaitFor(`th[aria-sort="ascending"]`)
	if role, name := p.Focused(); role != "link" || name != "Name" {
		t.Errorf("after sorting the focus is on %s %q", role, name)
	}
	p.ClickText("link", "Expiring")
	p.WaitText("Nothing in the vault is like that")
	p.ClickText("link", "Expiring")
	p.WaitText("1 to 1")
	p.Back()
	p.WaitText("Nothing in the vault is like that")
	p.Goto(home + "?sort=not_after")
	p.Accessible()
}

func TestRowsAreChosenAndMovedInABrowser(t *testing.T) {
	s, _ := stocked(t)
	p := s.open(t, tenant.Editor, browser.Options{})
	p.Goto(home + "?kind=unknown")
	if p.Sees(".bulk") {
		t.Error("the bulk bar is there before anything is chosen")
	}
	p.Check("Select firmware", true)
	p.WaitText("1 selected")
	if f := p.Download(func() { p.ClickText("button", "Download zip") }); f.Name != "artifacts.zip" {
		t.Errorf("the file is named %q", f.Name)
	}
	p.ClickText("button", "Move to group")
	p.WaitFor("#dialog[open]")
	p.Expect(422)
	p.In("#dialog").ClickText("button", "Move")
	p.WaitText("Name a group, or take them out of any.")
	p.Accessible()
	p.In("#dialog").Fill("Group", "brand new")
	p.In("#dialog").ClickText("button", "Move")
	p.WaitText("1 row moved to brand new.")
	p.WaitFor(`td a[title="firmware"]`)
	p.Goto(home + "?kind=key")
	p.Check("Select all on this page", true)
	p.WaitText("3 selected")
	p.ClickText("button", "Delete")
	p.WaitText("Type delete 3 to confirm")
	p.In("#dialog").WaitText("loses its key")
	p.Accessible()
	p.ClickText("button", "Keep them")
	p.WaitGone("#dialog[open]")
	p.ClickText("button", "Delete")
	p.In("#dialog").Fill("Type delete 3 to confirm", "delete 3")
	p.In("#dialog").ClickText("button", "Delete 3 items")
	p.WaitText("3 rows deleted.")
}

func TestTheCertificateInABrowser(t *testing.T) {
	s, shop := stocked(t)
	s.target(t, "web-eu-01", shop)
	p := s.open(t, tenant.Editor, browser.Options{})
	p.Goto(groups + "/" + shop)
	p.Click("[aria-labelledby=now-t] li:first-child a")
	p.WaitText("Where it is used")
	p.Accessible()
	if f := p.Download(func() { p.ClickText("link", "Download .pem") }); !strings.HasSuffix(f.Name, ".pem") || !strings.Contains(string(f.Body), "BEGIN CERTIFICATE") {
		t.Errorf("%s: %d bytes", f.Name, len(f.Body))
	}
	p.ClickText("button", "Other formats")
	if f := p.Download(func() { p.ClickText("link", "Download .cer same bytes") }); !strings.HasSuffix(f.Name, ".cer") {
		t.Errorf("the file is named %q", f.Name)
	}
	p.ClickText("button", "More actions")
	p.ClickText("link", "Rename")
	p.WaitFor("#dialog[open]")
	p.Expect(422)
	p.In("#dialog").Fill("Name", strings.Repeat("é", 200))
	p.Eval(`() => { document.querySelector("#dialog [name=name]").value = "x".repeat(300) }`)
	p.In("#dialog").ClickText("button", "Save")
	p.WaitFor(`#dialog [aria-invalid="true"]`)
	p.In("#dialog").Fill("Name", "Storefront")
	p.In("#dialog").ClickText("button", "Save")
	p.WaitText("Renamed to Storefront.")
	if got := p.Text("h1"); got != "Storefront" {
		t.Errorf("the heading is %q", got)
	}
}

func TestAKeyLeavesOnlyAfterAProof(t *testing.T) {
	s, _ := stocked(t)
	p := s.open(t, tenant.Editor, browser.Options{})
	p.Goto(home + "?kind=key&group=mail")
	p.Click("tbody .c-name a")
	p.WaitText("Certificates of this key")
	s.Pass(tenant.FreshFor + time.Minute)
	p.Expect(403)
	f := p.Download(func() {
		p.ClickText("link", "Download .key")
		p.WaitFor("#dialog[open]")
		p.In("#dialog").Fill("#dialog [type=password]", "correct horse battery staple")
		p.Press("Enter")
	})
	if !strings.Contains(string(f.Body), "PRIVATE KEY") {
		t.Errorf("%s: %d bytes", f.Name, len(f.Body))
	}
}

func TestAGroupInABrowser(t *testing.T) {
	s, shop := stocked(t)
	p := s.open(t, tenant.Owner, browser.Options{})
	p.Goto(groups)
	p.Accessible()
	p.Goto(groups + "/" + shop)
	p.Accessible()
	p.ClickText("link", "Look and activate")
	p.In("#dialog").WaitText("Activate generation 2?")
	p.Accessible()
	p.In("#dialog").ClickText("button", "Activate")
	p.WaitText("Generation 2 of shop is current.")
	p.WaitText("Serves generation 2")
	p.ClickText("link", "Roll back")
	p.In("#dialog").ClickText("button", "Roll back")
	p.WaitText("Serves generation 1")
	p.ClickText("link", "Set PFX password")
	p.In("#dialog").Fill("New password", "correct horse")
	p.In("#dialog").ClickText("button", "Save")
	p.WaitText("PFX password of shop set.")
	p.ClickText("link", "Build PFX")
	p.In("#dialog").WaitText("Key matches the certificate")
	p.Accessible()
	f := p.Download(func() { p.In("#dialog").ClickText("button", "Build and download") })
	if f.Name != "shop.pfx" || len(f.Body) == 0 {
		t.Errorf("%s: %d bytes", f.Name, len(f.Body))
	}
	p.WaitGone("#dialog[open]")
	s.target(t, "as2-gateway", shop)
	p.ClickText("link", "Delete group")
	p.In("#dialog").WaitText("shop is in use")
	p.In("#dialog").WaitText("as2-gateway")
	p.Accessible()
}

func TestAKeyIsAttachedInABrowser(t *testing.T) {
	s := newSite(t)
	leaf := s.leaf("new.example.com")
	g := s.put(t, s.Owner, "new.pem", "new", leaf.CertPEM).Group.ID
	p := s.open(t, tenant.Editor, browser.Options{})
	p.Goto(groups + "/" + g)
	p.ClickText("link", "Attach key")
	p.WaitFor("#dialog[open]")
	p.Expect(422)
	p.In("#dialog").Fill("Private key, PEM", string(s.leaf("other.example.com").KeyPEM))
	p.In("#dialog").ClickText("button", "Attach key")
	p.In("#dialog").WaitText("This key belongs to another certificate")
	if got := p.Value("Private key, PEM"); got != "" {
		t.Error("the server sends a key back")
	}
	p.Accessible()
	p.In("#dialog").Upload("[name=file]", browser.File{Name: "new.key", Body: leaf.KeyPEM})
	p.In("#dialog").ClickText("button", "Attach key")
	p.WaitText("Key attached: generation 1 is complete.")
}

func TestViewersSeeNoControls(t *testing.T) {
	s, shop := stocked(t)
	p := s.open(t, tenant.Viewer, browser.Options{})
	for _, path := range []string{home, home + "?group=" + shop, groups, groups + "/" + shop} {
		p.Goto(path)
		p.WaitText("Read-only access")
		for _, name := range []string{"Build PFX", "Delete group", "New group", "Rename", "Move to group", "Roll back", "Look and activate"} {
			if p.HasText("link", name) || p.HasText("button", name) {
				t.Errorf("%s offers %q", path, name)
			}
		}
		p.Axe()
	}
	p.Goto(home + "?kind=cert&search=mail")
	p.Click("tbody .c-name a")
	p.WaitText("Key facts")
	if p.Sees(".card-danger") {
		t.Error("a viewer sees the danger zone")
	}
	p.Accessible()
}

func TestFormsWorkWithoutScript(t *testing.T) {
	s, shop := stocked(t)
	p := s.open(t, tenant.Editor, browser.Options{NoScript: true})
	p.Goto(home)
	p.Fill("Search the vault", "firm")
	p.ClickText("button", "Search")
	p.WaitText("1 to 1")
	p.Check("Select firmware", true)
	p.ClickText("button", "Move to group")
	p.WaitText("Move firmware to a group")
	p.Fill("Group", "unread")
	p.ClickText("button", "Move")
	p.WaitText("1 row moved to unread.")
	p.Click(`td a[title="firmware"]`)
	p.Goto(p.URL() + "/rename")
	p.Fill("Name", "Firmware image")
	p.ClickText("button", "Save")
	p.WaitText("Renamed to Firmware image.")
	p.ClickText("link", "Delete")
	p.WaitText("Delete Firmware image?")
	p.Expect(422)
	p.Fill("Type Firmware image to confirm", "firmware")
	p.ClickText("button", "Delete it")
	p.WaitText("Type it exactly as it stands above.")
	p.Fill("Type Firmware image to confirm", "Firmware image")
	p.ClickText("button", "Delete it")
	p.WaitText("Firmware image deleted.")
	p.Goto(groups + "/new")
	p.Fill("Name", "Made by hand")
	p.ClickText("button", "Make group")
	p.WaitText("Group Made by hand made.")
	p.Goto(groups + "/" + shop)
	p.ClickText("link", "Look and activate")
	p.ClickText("button", "Activate")
	p.WaitText("Serves generation 2")
	p.ClickText("link", "Build PFX")
	p.Fill("Password", "correct horse")
	if f := p.Download(func() { p.ClickText("button", "Build and download") }); f.Name != "shop.pfx" {
		t.Errorf("the file is named %q", f.Name)
	}
}

func TestFormsAsPagesAreAccessible(t *testing.T) {
	s, shop := stocked(t)
	row := s.put(t, s.Owner, "other.bin", "", []byte("other nonsense")).Artifacts[0]
	p := s.open(t, tenant.Owner, browser.Options{})
	for _, path := range []string{
		at(row), at(row) + "/rename", at(row) + "/move", at(row) + "/delete", at(row) + "/parse", groups + "/new", groups + "/" + shop + "/rename",
		groups + "/" + shop + "/password", groups + "/" + shop + "/delete", groups + "/" + shop + "/key", groups + "/" + shop + "/pfx",
		groups + "/" + shop + "/generations/2/activate", home + "?search=nowhere", groups + "?search=nowhere",
	} {
		p.Goto(path)
		if n := p.Count("h1"); n != 1 {
			t.Errorf("%s has %d main headings", path, n)
		}
		p.Accessible()
	}
}

func TestHostileNamesAreInert(t *testing.T) {
	s := newSite(t)
	nasty := `"><script>document.title="owned"</script><img src=x onerror=alert(1)>`
	names := []string{nasty}
	for i := range 1000 {
		names = append(names, fmt.Sprintf("%04d.%s.example.com", i, strings.Repeat("long-label", 5)))
	}
	leaf := s.leaf(nasty, testcert.Names(names...))
	res := s.put(t, s.Owner, nasty+"\u202egnp.pem", "<b>group</b> "+nasty, leaf.CertPEM, leaf.KeyPEM)
	big := s.leaf("big.example.com", testcert.With(func(x *x509.Certificate) {
		x.Subject.Organization = []string{strings.Repeat("<i>x</i>", 8<<10)}
	}))
	row := s.put(t, s.Owner, "big.pem", "", big.CertPEM).Artifacts[0]
	p := s.open(t, tenant.Owner, browser.Options{})
	for _, path := range []string{
		home, home + "?group=" + res.Group.ID, home + "?search=%3Cscript%3E", at(res.Artifacts[0]), at(res.Artifacts[2]), at(row), groups, groups + "/" + res.Group.ID,
		at(row) + "/delete", at(res.Artifacts[2]) + "/rename", at(res.Artifacts[2]) + "/move", groups + "/" + res.Group.ID + "/delete", groups + "/" + res.Group.ID + "/pfx",
	} {
		p.Goto(path)
		if p.Has("main script, main img, main b b, main i i") || strings.Contains(p.Title(), "owned\x00") {
			t.Errorf("%s takes a name for HTML", path)
		}
		if title := p.Title(); title == "owned" {
			t.Errorf("%s runs what a name says", path)
		}
		p.NoSideScroll()
		p.Look(browser.Narrow)
		p.NoSideScroll()
		p.Look(browser.Desktop)
	}
}
