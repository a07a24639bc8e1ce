package upload_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// open opens the upload page as somebody.
func (s *site) open(t testing.TB, kim *webtest.Person, o browser.Options) *browser.Page {
	t.Helper()
	p := browser.Open(t, s.URL, o)
	p.SetCookie(kim.Cookie())
	if status := p.Goto(home); status != http.StatusOK {
		t.Fatalf("the page answers %d", status)
	}
	return p
}

// row answers the selector of the row of a file.
func row(name string) string {
	return `li.file:has(b[title="` + strings.ReplaceAll(name, `"`, `\"`) + `"])`
}

// Files that are dropped become rows with what they are, and are stored together.
func TestFilesAreDropped(t *testing.T) {
	s := newSite(t)
	shop, iis := s.leaf("shop.example.com", "a.shop.example.com", "b.shop.example.com", "c.shop.example.com"), s.leaf("iis.example.com")
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.Accessible()
	if p.Sees("[data-upload-card]") {
		t.Error("a card of files is seen before there are any")
	}
	p.Drop(".drop", file("shop.fullchain.pem", shop.CertPEM, shop.ChainPEM()), file("shop.privkey.pem", shop.KeyPEM),
		browser.File{Name: "iis.pfx", Body: pfx(t, iis, "open sesame")}, file("notes.txt", []byte("hello")), file("empty.pem"),
		browser.File{Name: "all-servers.p12", Body: make([]byte, 1_300_000)})
	p.WaitText("2 ready, 1 not recognised, 1 needs a password, 2 cannot be used")
	p.In(row("shop.fullchain.pem")).WaitText("certificate + 1 intermediate")
	p.In(row("shop.fullchain.pem")).WaitText("shop.example.com and 3 more names, Aldermoor CA 2, expires " + s.Now().AddDate(0, 0, 90).Format("2 Jan 2006"))
	p.In(row("shop.privkey.pem")).WaitText("ECDSA P-256 private key")
	p.In(row("shop.privkey.pem")).WaitText("Matches shop.fullchain.pem, so both go to group shop.example.com.")
	p.In(row("iis.pfx")).WaitText("password-protected")
	p.In(row("notes.txt")).WaitText("not recognised")
	p.In(row("empty.pem")).WaitText("The file is empty.")
	p.In(row("all-servers.p12")).WaitText("Larger than 256 KB, so it was not read.")
	p.WaitText("3 files will be uploaded")
	p.Accessible()
	for _, name := range []string{"iis.pfx", "notes.txt", "empty.pem", "all-servers.p12"} {
		p.ClickText("button", "Remove "+name)
	}
	p.WaitText("2 ready")
	p.ClickText("button", "Upload 2 files")
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("2 files stored.")
	p.In("#toasts").ClickText("link", "Open group")
	p.WaitURL("/dashboard/groups/*")
	p.WaitText("shop.example.com")
	if n := len(s.rows(t)); n != 4 { // the bundle, its two certificates, the key
		t.Errorf("%d rows are stored", n)
	}
}

// A second tab changes the workspace while files wait in the first: they are not stored there, and the page says why. A form
// that is fetched into that page is refused too.
func TestFilesWaitInATabOfAnotherWorkspace(t *testing.T) {
	s := newSite(t)
	kim, beta := s.inTwo(t)
	a := s.leaf("a.example.com")
	p := s.open(t, kim, browser.Options{})
	p.Upload(".drop input", file("a.pem", a.CertPEM, a.KeyPEM))
	p.WaitText("1 ready")
	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(beta.Tenant)}}).WantGo("/dashboard")
	p.Expect(http.StatusConflict)
	p.ClickText("button", "Upload 1 file")
	p.In("#dialog").WaitText("This page belongs to Test workspace; you are in Beta now. Nothing was changed.")
	p.Accessible()
	if n := len(s.rows(t)) + len(s.rowsOf(t, beta)); n != 0 {
		t.Errorf("%d rows were stored", n)
	}
	p.In("#dialog").ClickText("link", "Load it again")
	p.WaitURL(home)
	p.Upload(".drop input", file("a.pem", a.CertPEM, a.KeyPEM))
	p.WaitText("1 ready")
	p.ClickText("button", "Upload 1 file")
	p.WaitURL("/dashboard/vault")
	if len(s.rowsOf(t, beta)) == 0 {
		t.Error("the page that was loaded again is not of the other workspace")
	}
	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(s.Tenant)}}).WantGo("/dashboard")
	p.Expect(http.StatusConflict)
	p.Click("main a[data-dialog]")
	p.In("#dialog").WaitText("This page belongs to Beta; you are in Test workspace now.")
}

// The question who somebody is stands in the dialog, over the files that wait; after the answer they are uploaded by themselves.
func TestFilesWaitForAProof(t *testing.T) {
	s := newSite(t)
	shop := s.leaf("shop.example.com")
	s.put(t, s.Owner, "", shop.KeyPEM)
	kim := s.As(t, tenant.Editor)
	s.Pass(tenant.FreshFor + time.Second)
	p := s.open(t, kim, browser.Options{})
	p.Upload(".drop input", file("shop.pem", shop.CertPEM))
	p.Fill("Group for all files", "dev")
	p.WaitText("1 ready")
	p.Expect(http.StatusForbidden)
	p.ClickText("button", "Upload 1 file")
	p.In("#dialog").WaitText("Confirm that it is you")
	p.Accessible()
	p.Fill("Password", webtest.Password)
	p.In("#dialog").ClickText("button", "Confirm")
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("1 file stored.")
	if row := s.find(t, "shop.pem"); row.GroupName != "dev" {
		t.Errorf("it is in %s", row.GroupName)
	}
}

// Each file has its name and its group; what was typed stays when more files come, and so does the focus.
func TestFilesAreChosenNamedAndGrouped(t *testing.T) {
	s := newSite(t)
	a, b := s.leaf("a.example.com"), s.leaf("b.example.com")
	s.put(t, s.Owner, "storefront", s.leaf("c.example.com").CertPEM)
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.Upload(".drop input", file("a.pem", a.CertPEM, a.KeyPEM), file("b.pem", b.CertPEM))
	p.WaitText("2 ready")
	if got := p.Attr(`input[aria-label="Group for a.pem"]`, "placeholder"); got != "a.example.com" {
		t.Errorf("without a group a.pem goes to %q", got)
	}
	if !p.Has(`datalist#upload-groups option[value="storefront"]`) {
		t.Error("the group that exists is not offered")
	}
	p.Fill("Friendly name for b.pem", "The second")
	p.Fill("Group for b.pem", "brand new")
	p.Upload(".drop input", file("note.txt", []byte("hello")))
	p.WaitText("2 ready, 1 not recognised")
	if got := p.Value("Friendly name for b.pem") + " in " + p.Value("Group for b.pem"); got != "The second in brand new" {
		t.Errorf("after another file b.pem is %s", got)
	}
	p.Fill("Group for all files", "storefront")
	p.TabTo("textbox", "Friendly name for a.pem") // the change of the group has all looked at once more, under the focus
	p.WaitFor(`input[aria-label="Group for a.pem"][placeholder="storefront"]`)
	if _, name := p.Focused(); name != "Friendly name for a.pem" {
		t.Errorf("the focus has gone to %q", name)
	}
	p.Press("Control+a")
	p.Type("first")
	p.Press("Enter")
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("3 files stored.")
	for filename, want := range map[string]string{"a.pem": "first in storefront", "b.pem": "The second in brand new", "note.txt": "note in storefront"} {
		if row := s.find(t, filename); row.Name+" in "+row.GroupName != want {
			t.Errorf("%s is %s in %s, want %s", filename, row.Name, row.GroupName, want)
		}
	}
}

// A locked file asks for its password, says when it is wrong, and is stored with the right one. The others do not wait for it.
func TestAPasswordIsAskedFor(t *testing.T) {
	s := newSite(t)
	a, b := s.leaf("locked.example.com"), s.leaf("open.example.com")
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.Drop(".drop", browser.File{Name: "locked.pfx", Body: pfx(t, a, "open sesame")}, file("open.pem", b.CertPEM, b.KeyPEM))
	p.WaitText("1 ready, 1 needs a password")
	p.Fill("Password for locked.pfx", "open barley")
	p.Press("Tab")
	p.In(row("locked.pfx")).WaitText("The password does not open the file.")
	if role, name := p.Focused(); role != "button" || name != "Show the password for locked.pfx" {
		t.Errorf("after the answer the focus is on %s %q", role, name)
	}
	p.Press("Enter")
	if p.Attr(`input[aria-label="Password for locked.pfx"]`, "type") != "text" || p.Value("Password for locked.pfx") != "open barley" {
		t.Error("what was typed cannot be looked at")
	}
	p.Accessible()
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Upload 1 file")
	p.In(row("open.pem")).WaitText("In group open.example.com, generation 1.")
	p.In(row("locked.pfx")).WaitText("The password does not open the file.")
	if p.URL() != home || p.HasText("button", "Remove open.pem") {
		t.Error("the page was left, or what is stored can be removed")
	}
	if _, name := p.Focused(); name != "Password for locked.pfx" {
		t.Errorf("the focus is on %q, not on what has to be mended", name)
	}
	p.Fill("Password for locked.pfx", "open sesame")
	p.Press("Enter")
	p.In(row("locked.pfx")).WaitText("ready")
	p.In(row("locked.pfx")).WaitText("locked.example.com, Aldermoor CA 2, expires")
	p.ClickText("button", "Upload 1 file")
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("1 file stored.")
	if row := s.find(t, "locked.pfx"); row.Kind != cert.KindPFX && row.Kind != cert.KindKey && row.Kind != cert.KindCert {
		t.Errorf("locked.pfx is %s", row.Kind)
	}
}

// A group that cannot be used is said at the file, whose fields stay to mend it.
func TestAGroupThatCannotBeUsedIsMendedInItsRow(t *testing.T) {
	s := newSite(t)
	a := s.leaf("a.example.com")
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.Drop(".drop", file("a.pem", a.CertPEM, a.KeyPEM))
	p.WaitText("1 ready")
	p.Fill("Group for a.pem", "none")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Upload 1 file")
	p.In(row("a.pem")).WaitText("this one has a meaning of its own")
	p.Accessible()
	p.Fill("Group for a.pem", "some")
	p.ClickText("button", "Upload 1 file")
	p.WaitURL("/dashboard/vault")
	if got := s.find(t, "a.pem").GroupName; got != "some" {
		t.Errorf("a.pem is in %q", got)
	}
}

func TestMoreThanTwentyFiles(t *testing.T) {
	s := newSite(t)
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.Drop(".drop", many(22)...)
	p.WaitText("20 not recognised, 2 cannot be used")
	p.In(row("note-21.txt")).WaitText("More than 20 files at once. Upload these first, then drop the rest.")
	p.Accessible()
	p.ClickText("button", "Remove note-20.txt")
	if role, name := p.Focused(); role != "button" || name != "Remove note-21.txt" {
		t.Errorf("after a removal the focus is on %s %q", role, name)
	}
	p.ClickText("button", "Upload 20 files")
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("20 files stored.")
}

// Text that is pasted is one of the files, and finds the other half of its pair among them.
func TestPastedTextJoinsTheFiles(t *testing.T) {
	s := newSite(t)
	a := s.leaf("pasted.example.com")
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.Click("[data-upload-paste] summary")
	p.ClickText("button", "Add text")
	if _, name := p.Focused(); name != "Certificates and key" {
		t.Errorf("nothing was pasted, and the focus is on %q", name)
	}
	p.Accessible()
	p.Fill("Certificates and key", string(a.KeyPEM))
	p.Fill("Friendly name of the text (optional)", "From a mail")
	p.Press("Enter")
	p.WaitText("1 ready")
	p.In(row("pasted.pem")).WaitText("ECDSA P-256 private key")
	if p.Value("[name=pem]") != "" || p.Value("Friendly name for pasted.pem") != "From a mail" {
		t.Error("the key stays in the field, or the name is lost")
	}
	p.Drop("body", file("a.pem", a.CertPEM)) // beside the zone: the page is not left for the file
	p.In(row("pasted.pem")).WaitText("Matches a.pem, so both go to group pasted.example.com.")
	p.ClickText("button", "Upload 2 files")
	p.WaitURL("/dashboard/vault")
	if row := s.find(t, "pasted.pem"); row.Name != "From a mail" || row.GroupName != "pasted.example.com" {
		t.Errorf("%s in %s", row.Name, row.GroupName)
	}
}

func TestWithoutTheScript(t *testing.T) {
	s := newSite(t)
	a, b := s.leaf("plain.example.com"), s.leaf("locked.example.com")
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{NoScript: true})
	p.Accessible()
	if text := p.Text(".drop"); strings.Contains(text, "Drop") { // nothing can be dropped there
		t.Errorf("says %q", text)
	}
	p.Upload(".drop input", file("a.pem", a.CertPEM), file("a.key", a.KeyPEM), browser.File{Name: "b.pfx", Body: pfx(t, b, "open sesame")})
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Upload")
	p.WaitText("2 of 3 files stored")
	p.In(row("b.pfx")).WaitText("Choose it again below.")
	p.Accessible()
	p.Upload(".drop input", browser.File{Name: "b.pfx", Body: pfx(t, b, "open sesame")})
	p.Fill("Password of the first file (optional)", "open sesame")
	p.Fill("#upload-group-plain", "by hand")
	p.ClickText("button", "Upload")
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("1 file stored.")
	p.Goto(home)
	p.Click("[data-upload-paste] summary")
	p.Fill("Certificates and key", string(s.leaf("text.example.com").CertPEM))
	p.ClickText("button", "Upload text")
	p.WaitURL("/dashboard/vault")
	for filename, want := range map[string]string{"a.pem": "plain.example.com", "a.key": "plain.example.com", "b.pfx": "by hand", "pasted.pem": ""} {
		if got := s.find(t, filename).GroupName; got != want {
			t.Errorf("%s is in %q, want %q", filename, got, want)
		}
	}
}

func TestNobodyUploadsWhoMayNot(t *testing.T) {
	s := newSite(t)
	p := browser.Open(t, s.URL, browser.Options{})
	p.SetCookie(s.As(t, tenant.Viewer).Cookie())
	p.Expect(http.StatusForbidden)
	if status := p.Goto(home); status != http.StatusForbidden || p.Has("[data-upload]") {
		t.Errorf("a viewer gets %d", status)
	}
	p.Accessible()
	q := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	q.ClearCookies() // the session has ended in the meantime
	q.Drop(".drop", file("a.pem", s.leaf("a.example.com").CertPEM))
	q.WaitURL("/sign-in?next=%2Fdashboard%2Fvault%2Fupload")
}

// Names of files are text, whatever they hold.
func TestHostileFileNamesAreInert(t *testing.T) {
	s := newSite(t)
	a := s.leaf("a.example.com")
	names := []string{
		`<img src=x onerror=alert(1)>.pem`, `<script>alert(1)<.pem`, `"><b>bold`, "'; alert(1); '.pem", "{{7*7}}${7*7}.pem", "moc.\u202eelpmaxe.pem",
		strings.Repeat("a-name-without-any-end-", 9) + ".pem", strings.Repeat("\u4e16\u754c", 30) + ".pem",
	}
	var files []browser.File
	for i, name := range names {
		if i == 0 {
			files = append(files, file(name, a.CertPEM))
			continue
		}
		files = append(files, file(name, []byte("not much "+name)))
	}
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.Drop(".drop", files...)
	p.WaitText("1 ready, 7 not recognised")
	p.WaitText(names[0])
	p.WaitText(names[1])
	p.WaitText(`%22><b>bold`) // that is how browsers send a quote
	p.WaitText(`moc.\u{202E}elpmaxe.pem`)
	if p.Has("li.file img") || p.Has("li.file script") || p.Has("li.file b b") {
		t.Error("a name became an element")
	}
	p.Accessible()
	p.Fill("Group for "+names[0], "none")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Upload 8 files")
	p.In(row(names[0])).WaitText("this one has a meaning of its own")
	p.Accessible()
}
