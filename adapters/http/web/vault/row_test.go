package vault_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// target binds a device to the group.
func (s *site) target(t testing.TB, name, group string) {
	t.Helper()
	if _, _, err := s.Push.Create(context.Background(), s.Owner, push.NewTarget{Name: name, Group: group, Type: "pull"}); err != nil {
		t.Fatal(err)
	}
}

func TestThePageOfACertificate(t *testing.T) {
	s := newSite(t)
	cert, key, g := s.pair(t, s.leaf("shop.example.com", testcert.Names("shop.example.com", "www.example.com")), "")
	s.put(t, s.Owner, "root.pem", "", s.ca.Issuer.CertPEM)
	s.target(t, "web-eu-01", g)
	kim := s.As(t, tenant.Editor)
	page := kim.Get(at(cert))
	page.Want(http.StatusOK, "shop.example.com", "and 1 more name", "www.example.com", "Aldermoor CA 2", "complete, ends at an untrusted root", "Aldermoor Root",
		"Where it is used", "web-eu-01", "never fetched", "Generation 1, with this one", "current", "matches", "Build PFX", "ECDSA P-256", "TLS server",
		"Download .pem", "ext=crt", "ext=cer", cert.Fingerprint, cert.Serial, cert.SPKI, `href="`+at(key)+`"`, "Danger zone")
	kim.Get(at(key)).Want(http.StatusOK, "Certificates of this key", `href="`+at(cert)+`"`, "Download .key", "!BEGIN")
	kim.Get(home + "/art_nonsense").Want(http.StatusNotFound)
	kim.Get(home + "/nonsense!").Want(http.StatusNotFound)
}

func TestACertificateAloneSaysWhatItLacks(t *testing.T) {
	s := newSite(t)
	weak := testcert.Root("Far Root").Intermediate("Far CA").Leaf("far.example.com", testcert.RSA(1024))
	a := s.put(t, s.Owner, "far.pem", "", weak.CertPEM).Artifacts[0]
	s.As(t, tenant.Viewer).Get(at(a)).Want(http.StatusOK, "Weak key", "shorter than 2048 bits", "an issuer is missing", "Far CA", "Its private key is not in the vault", "In no group")
}

func TestCertificatesComeUnderThreeNamesWithTheSameBytes(t *testing.T) {
	s := newSite(t)
	cert, key, _ := s.pair(t, s.leaf("shop.example.com"), "")
	kim := s.As(t, tenant.Editor)
	body := kim.Get(at(cert) + "/download").Body
	for _, ext := range []string{"pem", "crt", "cer"} {
		a := kim.Get(at(cert) + "/download?ext=" + ext)
		a.Want(http.StatusOK, "BEGIN CERTIFICATE")
		if got := a.Header.Get("Content-Disposition"); a.Body != body || !strings.Contains(got, "."+ext+`"`) {
			t.Errorf("%s: %q, other bytes: %v", ext, got, a.Body != body)
		}
	}
	kim.Get(at(cert)+"/download?ext=exe").Want(http.StatusUnprocessableEntity, "<html")
	kim.Get(at(key)+"/download").Want(http.StatusOK, "PRIVATE KEY")
	s.Pass(tenant.FreshFor + time.Second)
	kim.Get(at(cert) + "/download").Want(http.StatusOK)
	kim.Get(at(key) + "/download").WantGo("/dashboard/confirm?next=" + url.QueryEscape(at(key)+"/download"))
	asked := kim.Do(http.MethodGet, at(key)+"/download", nil, map[string]string{"HX-Request": "true", "X-Dialog": "1"})
	asked.Want(http.StatusForbidden, "!PRIVATE KEY", "!<html")
	if asked.Header.Get("X-Confirm") != "1" {
		t.Error("the dialog is not told to ask who it is")
	}
}

func TestARowIsRenamed(t *testing.T) {
	s := newSite(t)
	cert, _, _ := s.pair(t, s.leaf("shop.example.com"), "")
	kim := s.As(t, tenant.Editor)
	path := at(cert) + "/rename"
	kim.Get(path).Want(http.StatusOK, "<html", `value="`+cert.Name+`"`, `action="`+path+`"`)
	kim.Do(http.MethodGet, path, nil, map[string]string{"HX-Request": "true", "X-Dialog": "1"}).Want(http.StatusOK, "!<html", `hx-post="`+path+`"`)
	kim.Post(path, url.Values{"name": {""}}).Want(http.StatusUnprocessableEntity, `aria-invalid="true"`)
	kim.Post(path, url.Values{"name": {strings.Repeat("x", 300)}}).Want(http.StatusUnprocessableEntity, strings.Repeat("x", 300), `aria-invalid="true"`)
	kim.Post(path, url.Values{"name": {"Storefront <b>"}}).WantGo(at(cert))
	kim.Get(at(cert)).Want(http.StatusOK, "Storefront &lt;b&gt;", "Renamed to", "!<b>Storefront <b>")
	from := map[string]string{"HX-Request": "true", "X-Dialog": "1", "HX-Current-URL": s.URL + home + "?search=shop"}
	a := kim.Do(http.MethodPost, path, url.Values{"name": {"Shop"}}, from)
	if got := a.Header.Get("HX-Redirect"); a.Status != http.StatusNoContent || got != home+"?search=shop" {
		t.Errorf("%d to %q: from the table one goes back to the table", a.Status, got)
	}
	from["HX-Current-URL"] = "https://elsewhere.example/dashboard/vault"
	if got := kim.Do(http.MethodPost, path, url.Values{"name": {"Shop 2"}}, from).Header.Get("HX-Redirect"); got != home && got != at(cert) {
		t.Errorf("one is sent to %q", got)
	}
}

// shown answers the value of a hidden field.
func shown(t testing.TB, page, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no field %s in\n%s", name, page)
	}
	return m[1]
}

// What was agreed to is what the form said: a group that came to rest on the row meanwhile brings the form again.
func TestNothingIsDeletedThatTheFormDidNotShow(t *testing.T) {
	s := newSite(t)
	ca := s.put(t, s.Owner, "ca.pem", "", s.ca.CertPEM).Artifacts[0]
	_, _, first := s.pair(t, s.leaf("shop.example.com"), "")
	s.target(t, "web-1", first)
	kim := s.As(t, tenant.Editor)
	form := kim.Get(at(ca) + "/delete")
	form.Want(http.StatusOK, "Devices of 1 group would notice", "web-1 gets it with what is left of the chain", "!mail.example.com")
	agreed := url.Values{"typed": {ca.Name}, "breaks": {shown(t, form.Body, "breaks")}}
	_, _, second := s.pair(t, s.leaf("mail.example.com"), "")
	s.target(t, "mx-1", second)
	again := kim.Post(at(ca)+"/delete", agreed)
	again.Want(http.StatusConflict, "is not what the form showed", "Devices of 2 groups would notice", "mx-1 gets it")
	agreed.Set("breaks", shown(t, again.Body, "breaks"))
	kim.Get(at(ca)).Want(http.StatusOK, "Where it is used", "mail.example.com", "generation 1: in its chain", "1 target")
	kim.Post(at(ca)+"/delete", agreed).WantGo(home)
	kim.Get(at(ca)).Want(http.StatusNotFound)
}

// A page shows one space where a name has several: that is what one can type.
func TestANameWithSpacesCanBeTyped(t *testing.T) {
	s := newSite(t)
	lone := s.put(t, s.Owner, "a.bin", "", []byte("nonsense")).Artifacts[0]
	kim := s.As(t, tenant.Editor)
	kim.Post(at(lone)+"/rename", url.Values{"name": {"Front   door"}}).WantGo(at(lone))
	kim.Get(at(lone)+"/delete").Want(http.StatusOK, "Type Front door to confirm")
	kim.Post(at(lone)+"/delete", url.Values{"typed": {"Front door"}}).WantGo(home)
	path := kim.Post(groups+"/new", url.Values{"name": {"Mail  gate"}}).Header.Get("Location")
	kim.Post(path+"/delete", url.Values{"typed": {"Mail gate"}}).WantGo(groups)
}

// A file makes a certificate, a key and a bundle of one name: the form says which of them goes.
func TestTheFormSaysWhichOfOneName(t *testing.T) {
	s := newSite(t)
	cert, key, _ := s.pair(t, s.leaf("shop.example.com"), "")
	kim := s.As(t, tenant.Editor)
	kim.Get(at(cert)+"/delete").Want(http.StatusOK, `data-tone="cert"`, "shop.example.com</small>", "!ECDSA P-256</small>")
	kim.Get(at(key)+"/delete").Want(http.StatusOK, `data-tone="key"`, "ECDSA P-256</small>")
}

// Somebody else deleted one of the rows that were chosen: the others are still moved and deleted.
func TestRowsThatWentMeanwhile(t *testing.T) {
	s := newSite(t)
	kim := s.As(t, tenant.Editor)
	var ids []string
	for _, name := range []string{"a.bin", "b.bin", "c.bin"} {
		ids = append(ids, string(s.put(t, s.Owner, name, "", []byte("nonsense "+name)).Artifacts[0].ID))
	}
	kim.Post(home+"/"+ids[0]+"/delete", url.Values{"typed": {"a"}}).WantGo(home)
	three := url.Values{"id": ids}
	says := "1 row you chose is not in the vault any more. This is about the 2 rows left."
	kim.Get(home+"/move?"+three.Encode()).Want(http.StatusOK, says, "Move 2 items to a group")
	kim.Get(home+"/delete?"+three.Encode()).Want(http.StatusOK, says, "Type delete 2 to confirm")
	kim.Post(home+"/move", url.Values{"id": ids, "group": {"left"}}).WantGo(home)
	kim.Get(home+"?group=left").Want(http.StatusOK, "2 rows moved to left.", "1 to 2 of 2")
	kim.Post(home+"/delete", url.Values{"id": ids, "typed": {"delete 2"}}).WantGo(home)
	for _, form := range []string{"/move", "/delete"} {
		kim.Get(home+form+"?"+three.Encode()).Want(http.StatusNotFound, "None of the rows you chose is in the vault any more.")
	}
}

// More groups than a list holds are typed, and looked up: those behind the first fifty can be chosen too.
func TestTheGroupOfManyIsTyped(t *testing.T) {
	s := newSite(t)
	for i := range 60 {
		if _, err := s.Vault.CreateGroup(context.Background(), s.Owner, fmt.Sprintf("site %02d", i), secret.String{}); err != nil {
			t.Fatal(err)
		}
	}
	lone := s.put(t, s.Owner, "a.bin", "site 59", []byte("nonsense")).Artifacts[0]
	kim := s.As(t, tenant.Editor)
	kim.Get(home).Want(http.StatusOK, `list="list-group-names"`, `hx-get="`+part.NamesOfGroups+`"`, `<option value="none">`, "!<option value=\"site 59\">")
	kim.Get(home+"?group=site+59").Want(http.StatusOK, "1 to 1 of 1", `value="site 59"`, "Group: site 59")
	kim.Get(home+"?group=none").Want(http.StatusOK, `value="none"`, "Nothing in the vault is like that")
	kim.Get(at(lone)+"/move").Want(http.StatusOK, `hx-get="`+part.NamesOfGroups+`"`)
}

func TestDeletingSaysWhatBreaksAndIsTypedFor(t *testing.T) {
	s := newSite(t)
	cert, key, g := s.pair(t, s.leaf("shop.example.com"), "")
	s.target(t, "as2-gateway", g)
	lone := s.put(t, s.Owner, "a.bin", "", []byte("nonsense")).Artifacts[0]
	kim := s.As(t, tenant.Editor)
	kim.Get(at(lone)+"/delete").Want(http.StatusOK, "Delete "+lone.Name+"?", "no device gets anything else", "Keep it")
	kim.Post(at(lone)+"/delete", url.Values{"typed": {"yes"}}).Want(http.StatusUnprocessableEntity, "Type it exactly", `value="yes"`)
	kim.Post(at(lone)+"/delete", url.Values{"typed": {lone.Name}}).WantGo(home)
	kim.Get(at(lone)).Want(http.StatusNotFound)

	kim.Get(at(key)+"/delete").Want(http.StatusOK, "loses its key", "as2-gateway gets the certificate alone", `name="breaks"`)
	kim.Get(at(cert)+"/delete").Want(http.StatusOK, "has nothing current any more", "as2-gateway gets 404 at the next fetch", "Keep it")
	kim.Post(at(cert)+"/delete", url.Values{"typed": {cert.Name}}).Want(http.StatusConflict, "has nothing current any more", `name="breaks"`)
	both := url.Values{"id": {string(cert.ID), string(key.ID)}}
	kim.Get(home+"/delete?"+both.Encode()).Want(http.StatusOK, "Delete 2 items?", "Type delete 2 to confirm", "Keep them")
	both.Set("typed", "delete 2")
	kim.Post(home+"/delete", both).Want(http.StatusConflict, "is not what the form showed")
	both.Set("breaks", shown(t, kim.Get(home+"/delete?"+both.Encode()).Body, "breaks"))
	kim.Post(home+"/delete", both).WantGo(home)
	kim.Get(groups+"/"+g).Want(http.StatusOK, "Serves nothing yet", "as2-gateway")

	s.Pass(tenant.FreshFor + time.Second)
	kim.Get(home + "/delete?" + both.Encode()).WantGo("/dashboard/confirm?next=" + url.QueryEscape(home+"/delete?"+both.Encode()))
	kim.Post(home+"/delete", both).Want(http.StatusForbidden)
}

func TestAnUnknownFileIsReadAgain(t *testing.T) {
	s := newSite(t)
	noise := s.put(t, s.Owner, "firmware.bin", "", []byte("nonsense")).Artifacts[0]
	kim := s.As(t, tenant.Editor)
	kim.Get(at(noise)).Want(http.StatusOK, "This could not be read", "Read again", "Download as it came")
	kim.Get(at(noise)+"/parse").Want(http.StatusOK, "Last time:", `type="password"`)
	kim.Post(at(noise)+"/parse", url.Values{"password": {"hunter2"}}).Want(http.StatusUnprocessableEntity, "still cannot be read", "!hunter2")
	cert, _, _ := s.pair(t, s.leaf("shop.example.com"), "")
	kim.Post(at(cert)+"/parse", nil).Want(http.StatusConflict, "read already")
	if got := kim.Get(at(noise) + "/download").Body; got != "nonsense" {
		t.Errorf("it comes back as %q", got)
	}
}
