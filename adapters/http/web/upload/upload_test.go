package upload_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// A certificate and its key in one form go to a group of the certificate's first name, which then serves them.
func TestAPairIsStoredWithoutTheScript(t *testing.T) {
	s := newSite(t)
	shop := s.leaf("shop.example.com", "www.shop.example.com")
	kim := s.As(t, tenant.Editor)
	kim.Get(home).Want(http.StatusOK, `action="`+home+`"`, `enctype="multipart/form-data"`, "Paste PEM text", "Upload cert")
	sheet{files: []browser.File{file("shop.pem", shop.CertPEM, shop.ChainPEM()), file("shop.key", shop.KeyPEM)}, fields: map[string]string{"name.0": "Shop"}}.
		post(kim, home, false).WantGo("/dashboard/vault")
	kim.Get("/dashboard/vault").Want(http.StatusOK, "2 files stored.", "Open group")
	g, err := s.Vault.Group(context.Background(), s.Owner, "shop.example.com")
	if err != nil || g.Current != 1 {
		t.Errorf("the group: %+v, %v", g, err)
	}
	if a := s.find(t, "shop.pem"); a.CreatedBy == "" || a.Group != g.ID {
		t.Errorf("the row: %+v", a)
	}
	sheet{files: []browser.File{file("again.pem", shop.CertPEM)}}.post(kim, home, false).WantGo("/dashboard/vault")
	kim.Get("/dashboard/vault").Want(http.StatusOK, "All of it was in the vault already.")
}

// The certificate of a key that lies in the vault puts that key before the targets of a group: who has not shown lately who they
// are is asked first, with the script and without, and nothing is stored before.
func TestAKeyOfTheVaultIsAskedFor(t *testing.T) {
	s := newSite(t)
	shop, next := s.leaf("shop.example.com"), s.leaf("next.example.com")
	s.put(t, s.Owner, "", shop.KeyPEM)
	before := len(s.rows(t))
	kim := s.As(t, tenant.Editor)
	s.Pass(tenant.FreshFor + time.Second)
	form := sheet{files: []browser.File{file("shop.pem", shop.CertPEM)}, fields: map[string]string{"group": "dev"}}
	for _, script := range []bool{true, false} {
		answer := form.post(kim, home, script)
		answer.Want(http.StatusForbidden, "Confirm that it is you", "!broke on our side")
		if answer.Header.Get("X-Confirm") != "1" {
			t.Errorf("with script %v: %v", script, answer.Header)
		}
		if !script {
			answer.Want(http.StatusForbidden, "<html", `name="next" value="`+home+`"`)
		}
	}
	if n := len(s.rows(t)); n != before {
		t.Errorf("%d rows were stored", n-before)
	}
	own := sheet{files: []browser.File{file("next.pem", next.CertPEM, next.KeyPEM)}, fields: map[string]string{"group": "dev"}}
	own.post(kim, home, false).WantGo("/dashboard/vault") // a key of one's own is no question
	kim.Post("/dashboard/confirm", url.Values{"password": {webtest.Password}, "next": {home}}).WantGo(home)
	form.fields["group"] = "test"
	form.post(kim, home, false).WantGo("/dashboard/vault")
	if g, err := s.Vault.Group(context.Background(), s.Owner, "test"); err != nil || g.Current != 1 {
		t.Errorf("after the proof: %+v, %v", g, err)
	}
}

// What the form says of each file, and of all, is what is done with it.
func TestNamesGroupsAndPasswordsAreThoseOfTheirFile(t *testing.T) {
	s := newSite(t)
	a, b, c := s.leaf("a.example.com"), s.leaf("b.example.com"), s.leaf("c.example.com")
	kim := s.As(t, tenant.Editor)
	sheet{
		files: []browser.File{file("a.pem", a.CertPEM), file("b.pem", b.CertPEM), {Name: "c.pfx", Body: pfx(t, c, "open sesame")}},
		fields: map[string]string{
			"group": "storefront", "name.0": "First", "group.1": "Other one", "name.1": "Second", "password.2": "open sesame",
		},
	}.post(kim, home, true).Want(http.StatusNoContent)
	for filename, want := range map[string]string{"a.pem": "First in storefront", "b.pem": "Second in Other one", "c.pfx": "c in storefront"} {
		if row := s.find(t, filename); row.Name+" in "+row.GroupName != want {
			t.Errorf("%s is %s in %s, want %s", filename, row.Name, row.GroupName, want)
		}
	}
}

func TestPastedTextIsAFile(t *testing.T) {
	s := newSite(t)
	a := s.leaf("text.example.com")
	kim := s.As(t, tenant.Editor)
	text := map[string]string{"pem": string(a.CertPEM) + string(a.KeyPEM), "pem_name": "From a mail", "pem_group": "letters", "name.0": "not this", "group": "nor this"}
	sheet{files: []browser.File{{}}, fields: text}.post(kim, home, false).WantGo("/dashboard/vault") // browsers send the file field, empty
	if row := s.find(t, "pasted.pem"); row.Name != "From a mail" || row.GroupName != "letters" {
		t.Errorf("%s in %s", row.Name, row.GroupName)
	}
	// A key that is pasted is never sent back, whatever else is wrong.
	answer := sheet{fields: map[string]string{"pem": "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----", "pem_password": "hunter2", "pem_group": "none"}}.post(kim, home, false)
	answer.Want(http.StatusUnprocessableEntity, "0 of 1 file stored", "pasted.pem", "this one has a meaning of its own", "!SECRETSECRET", "!hunter2")
}

// When something could not be stored the page says of each file what became of it.
func TestMixedFilesAreToldOneByOne(t *testing.T) {
	s := newSite(t)
	good, locked := s.leaf("good.example.com"), s.leaf("locked.example.com")
	kim := s.As(t, tenant.Editor)
	form := sheet{files: []browser.File{
		file("good.pem", good.CertPEM, good.KeyPEM), {Name: "locked.pfx", Body: pfx(t, locked, "open sesame")},
		file("empty.pem"), file("notes.txt", []byte("hello")), {Name: "huge.pem", Body: make([]byte, 256<<10+1)},
	}, fields: map[string]string{"password.1": "wrong guess"}}
	page := form.post(kim, home, false)
	page.Want(http.StatusUnprocessableEntity, "2 of 5 files stored", "In group good.example.com, generation 1.", "The password does not open the file.",
		"Choose it again below.", "The file is empty.", "kept as it is", "!wrong guess", "!password.1", "<html")
	script := form.post(kim, home, true)
	script.Want(http.StatusUnprocessableEntity, `data-state="done"`, "already here", `name="password.1"`, `data-state="password"`, `data-state="refused"`, "!<html", "!wrong guess")
	if row := s.find(t, "notes.txt"); row.Kind != cert.KindUnknown {
		t.Errorf("the note is %s", row.Kind)
	}
}

// A look says what the files are and stores nothing.
func TestALookStoresNothing(t *testing.T) {
	s := newSite(t)
	shop := s.leaf("shop.example.com", "a.shop.example.com", "b.shop.example.com", "c.shop.example.com")
	kim := s.As(t, tenant.Editor)
	form := sheet{files: []browser.File{
		file("shop.pem", shop.CertPEM, shop.ChainPEM()), file("shop.key", shop.KeyPEM), {Name: "iis.pfx", Body: pfx(t, shop, "open sesame")}, file("notes.txt", []byte("hello")),
	}}
	form.post(kim, home+"/look", true).Want(http.StatusOK,
		"certificate + 1 intermediate", "shop.example.com and 3 more names, Aldermoor CA 2", "ECDSA P-256 private key", "Matches shop.key, so both go to group shop.example.com.",
		"Matches shop.pem, so both go to group shop.example.com.", "password-protected", `name="password.2"`, "not recognised", "It can be kept as it is, sealed.", "!<html")
	form.fields = map[string]string{"group": "storefront", "group.1": "elsewhere", "name.0": "Mine"}
	form.post(kim, home+"/look", true).Want(http.StatusOK, `value="Mine"`, `placeholder="storefront"`, `value="elsewhere"`, "so both go to group storefront.")
	form = sheet{files: []browser.File{file("a.pem", shop.CertPEM)}, fields: map[string]string{"name.0": "a\u202eb"}}
	form.post(kim, home+"/look", true).Want(http.StatusOK, `data-state="again"`, `name="name.0"`, "holds characters that do not show")
	if rows := s.rows(t); len(rows) != 0 {
		t.Errorf("looking stored %d rows", len(rows))
	}
}

// What is wrong with the form as a whole is told at its top, and nothing is stored.
func TestWhatIsWrongWithTheFormAsAWhole(t *testing.T) {
	s := newSite(t)
	kim := s.As(t, tenant.Editor)
	fat := make([]browser.File, 0, 13)
	for range 13 {
		fat = append(fat, browser.File{Name: "fat.bin", Body: make([]byte, 500<<10)})
	}
	for name, c := range map[string]struct {
		form   sheet
		status int
		want   string
	}{
		"nothing chosen": {sheet{files: []browser.File{{}}, fields: map[string]string{"group": "storefront"}}, http.StatusUnprocessableEntity, "There is no file in the request. Choose one, or paste PEM text."},
		"too many":       {sheet{files: many(21)}, http.StatusRequestEntityTooLarge, "Send at most 20 files at a time. Nothing was stored."},
		"too large":      {sheet{files: fat}, http.StatusRequestEntityTooLarge, "The files are larger than 6 MB together."},
		"a long field":   {sheet{files: many(1), fields: map[string]string{"name.0": strings.Repeat("x", 2000)}}, http.StatusUnprocessableEntity, "A field of the form is too long or no text."},
		"many fields":    {sheet{files: many(1), fields: hundred()}, http.StatusUnprocessableEntity, "A field of the form is too long or no text."},
	} {
		t.Run(name, func(t *testing.T) {
			c.form.post(s.Of(t, kim.User), home, false).Want(c.status, c.want, "Drop files here", "<html")
			c.form.post(s.Of(t, kim.User), home, true).Want(c.status, "!<html")
			c.form.post(s.Of(t, kim.User), home+"/look", true).Want(c.status, "!<html")
		})
	}
	kim.Post(home, url.Values{"pem": {"x"}}).Want(http.StatusBadRequest, "The form was not sent as files.")
	kim.DoBody(http.MethodPost, home, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\ncut off",
		map[string]string{"Content-Type": "multipart/form-data; boundary=x"}).Want(http.StatusBadRequest, "The files did not arrive whole.")
	if rows := s.rows(t); len(rows) != 0 {
		t.Errorf("%d rows were stored", len(rows))
	}
}

func hundred() map[string]string {
	out := map[string]string{}
	for i := range 100 {
		out["extra."+strings.Repeat("x", i)] = "y"
	}
	return out
}

// The group of another workspace is not there, and neither is its name anywhere. One bad group does not spoil the other files.
func TestAGroupOfAnotherWorkspaceIsNotThere(t *testing.T) {
	s := newSite(t)
	other := s.NewTenant(t, "Other workspace")
	theirs := s.leaf("theirs.example.com")
	foreign := s.put(t, other, "their secret group", append(append([]byte{}, theirs.CertPEM...), theirs.KeyPEM...)).Group.ID
	kim := s.As(t, tenant.Editor)
	kim.Get(home+"?group="+foreign).Want(http.StatusNotFound, "!their secret group")
	a, b := s.leaf("a.example.com"), s.leaf("b.example.com")
	files := []browser.File{file("a.pem", a.CertPEM), file("b.pem", b.CertPEM)}
	for _, script := range []bool{false, true} {
		sheet{files: files[:1], fields: map[string]string{"group": foreign}}.post(kim, home, script).
			Want(http.StatusNotFound, "a.pem", "Give the id or the name of a group of this workspace.", "!their secret group")
	}
	if rows := s.rows(t); len(rows) != 0 {
		t.Fatalf("%d rows were stored", len(rows))
	}
	sheet{files: files, fields: map[string]string{"group.0": foreign, "group.1": "mine"}}.post(kim, home, true).
		Want(http.StatusUnprocessableEntity, `data-state="again"`, `data-state="done"`, "In group mine, generation 1.", "Give the id or the name")
	if rows := s.rows(t); len(rows) != 1 || rows[0].GroupName != "mine" {
		t.Errorf("stored: %+v", rows)
	}
	mine := s.rows(t)[0].Group
	kim.Get(home+"?group="+mine).Want(http.StatusOK, `value="mine"`)
	kim.Get(home + "?group=none").Want(http.StatusOK)
	sheet{files: files[:1], fields: map[string]string{"group": "none"}}.post(kim, home, true).
		Want(http.StatusUnprocessableEntity, `data-state="again"`, "this one has a meaning of its own")
}

// Files that are sent from a page of one workspace are not stored in another that the session has changed to.
func TestFilesOfAPageOfAnotherWorkspaceAreNotStored(t *testing.T) {
	s := newSite(t)
	kim, other := s.inTwo(t)
	view := regexp.MustCompile(`data-max-bytes[^>]*><input type="hidden" name="view" value="([0-9a-f]{16})">`).FindStringSubmatch(kim.Get(home).Body)
	if view == nil {
		t.Fatal("the form does not say whose page it is on")
	}
	a := s.leaf("a.example.com")
	form := sheet{files: []browser.File{file("a.pem", a.CertPEM, a.KeyPEM)}, fields: map[string]string{"view": view[1], "group": "www"}}
	form.post(kim, home+"/look", true).Want(http.StatusOK, "a.example.com")
	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(other.Tenant)}}).WantGo("/dashboard")
	const words = "This page belongs to Test workspace; you are in Beta now. Nothing was changed."
	form.post(kim, home, false).Want(http.StatusConflict, "<!doctype html>", words)
	form.post(kim, home, true).Want(http.StatusConflict, "!<html", words)
	form.post(kim, home+"/look", true).Want(http.StatusConflict, words)
	if n := len(s.rows(t)) + len(s.rowsOf(t, other)); n != 0 {
		t.Errorf("%d rows were stored", n)
	}
	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(s.Tenant)}}).WantGo("/dashboard")
	form.post(kim, home, false).WantGo("/dashboard/vault")
	if len(s.rows(t)) == 0 || len(s.rowsOf(t, other)) != 0 {
		t.Error("the files are not where the page was")
	}
}

func TestOnlyEditorsUpload(t *testing.T) {
	s := newSite(t)
	a := s.leaf("a.example.com")
	form := sheet{files: []browser.File{file("a.pem", a.CertPEM)}}
	viewer := s.As(t, tenant.Viewer)
	viewer.Get(home).Want(http.StatusForbidden)
	form.post(viewer, home, false).Want(http.StatusForbidden)
	form.post(viewer, home+"/look", true).Want(http.StatusForbidden)
	stranger := s.Stranger(t)
	stranger.Get(home).WantGo("/sign-in?next=" + url.QueryEscape(home))
	form.post(stranger, home, false).Want(http.StatusSeeOther)
	kim := s.As(t, tenant.Owner)
	kim.DoBody(http.MethodPost, home, "", map[string]string{"Content-Type": "multipart/form-data; boundary=x", "Sec-Fetch-Site": "cross-site"}).
		Want(http.StatusForbidden, "This form was sent from another site")
	if rows := s.rows(t); len(rows) != 0 {
		t.Errorf("%d rows were stored", len(rows))
	}
}

// Names of files come from anywhere. They are shown as text, what hides or turns text is made visible, and folders are cut off.
func TestHostileFileNamesAreText(t *testing.T) {
	s := newSite(t)
	kim := s.As(t, tenant.Editor)
	a := s.leaf("a.example.com")
	for name, want := range map[string]string{
		`<script>alert(1)//</script>.pem`: "script&gt;.pem", `<script src=x>.pem`: "&lt;script src=x&gt;.pem", `"><img src=x onerror=alert(1)>.pem`: "&lt;img src=x onerror=alert(1)&gt;",
		"moc.\u202eelpmaxe.pem": `moc.\u{202E}elpmaxe.pem`, `..\..\etc\passwd`: `title="passwd"`,
	} {
		form := sheet{files: []browser.File{file(name, a.CertPEM)}}
		form.post(kim, home+"/look", true).Want(http.StatusOK, want, "!<img", "!<script src=x", "!\u202e")
		form.fields = map[string]string{"group": "none"} // refused, so that the page tells of it
		form.post(kim, home, false).Want(http.StatusUnprocessableEntity, want, "!<img", "!<script src=x", "!\u202e")
	}
}
