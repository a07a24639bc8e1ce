package vault_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/push"
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
	page.Want(http.StatusOK, "shop.example.com", "and 1 more name", "www.example.com", "Aldermoor CA 2", "complete and in order", "Aldermoor Root",
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

	kim.Get(at(key)+"/delete").Want(http.StatusOK, "loses its key", "as2-gateway get the certificate alone", `name="breaks"`)
	kim.Get(at(cert)+"/delete").Want(http.StatusOK, "has nothing current any more", "as2-gateway get 404 at the next fetch", "Keep it")
	kim.Post(at(cert)+"/delete", url.Values{"typed": {cert.Name}}).Want(http.StatusConflict, "has nothing current any more", `name="breaks"`)
	both := url.Values{"id": {string(cert.ID), string(key.ID)}}
	kim.Get(home+"/delete?"+both.Encode()).Want(http.StatusOK, "Delete 2 items?", "Type delete 2 to confirm", "Keep them")
	both.Set("typed", "delete 2")
	both.Set("breaks", "shown")
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
