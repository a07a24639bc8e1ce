package vault_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

func TestGroupsAreListed(t *testing.T) {
	s := newSite(t)
	kim := s.As(t, tenant.Editor)
	kim.Get(groups).Want(http.StatusOK, "No groups yet", "New group")
	s.pair(t, s.leaf("late.example.com"), "")
	s.pair(t, s.leaf("soon.example.com", testcert.Valid(s.Now().AddDate(0, 0, -80), s.Now().AddDate(0, 0, 4))), "")
	page := kim.Get(groups)
	page.Want(http.StatusOK, "late.example.com", "soon.example.com", "expires soon", "Serves generation 1", "4 days")
	if strings.Index(page.Body, "soon.example.com") > strings.Index(page.Body, "late.example.com") {
		t.Error("the one that ends first is not first")
	}
	kim.Get(groups+"?search=late").Want(http.StatusOK, "late.example.com", "!soon.example.com")
	kim.Get(groups+"?search=nowhere").Want(http.StatusOK, "No match for", "Clear search")
	byName := kim.Get(groups + "?sort=name").Body
	if strings.Index(byName, "soon.example.com") < strings.Index(byName, "late.example.com") {
		t.Error("by name they are not sorted by name")
	}
	kim.Get(groups + "?sort=-created_at").Want(http.StatusOK)
	kim.Do(http.MethodGet, groups+"?search=late", nil, map[string]string{"HX-Request": "true", "HX-Target": "groups-list"}).
		Want(http.StatusOK, "!<html", "late.example.com")
	s.As(t, tenant.Viewer).Get(groups).Want(http.StatusOK, "late.example.com", "!New group", "!Build PFX")
}

func TestAGroupIsMadeRenamedAndDeleted(t *testing.T) {
	s := newSite(t)
	kim := s.As(t, tenant.Editor)
	kim.Get(groups+"/new").Want(http.StatusOK, "Make group")
	kim.Post(groups+"/new", url.Values{"name": {""}, "password": {"hunter2"}}).Want(http.StatusUnprocessableEntity, `aria-invalid="true"`, "!hunter2")
	made := kim.Post(groups+"/new", url.Values{"name": {"Mail"}, "password": {"correct horse"}})
	path := made.Header.Get("Location")
	if made.Status != http.StatusSeeOther || !strings.HasPrefix(path, groups+"/grp_") {
		t.Fatalf("%d to %q", made.Status, path)
	}
	kim.Get(path).Want(http.StatusOK, "Group Mail made.", "Nothing in this group yet", "Change PFX password", "!correct horse")
	kim.Post(groups+"/new", url.Values{"name": {"mail"}}).Want(http.StatusConflict, `value="mail"`)
	kim.Post(path+"/rename", url.Values{"name": {"Mail & more"}}).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "Mail &amp; more")
	kim.Post(path+"/delete", url.Values{"typed": {"mail"}}).Want(http.StatusUnprocessableEntity, "Type it exactly")
	kim.Post(path+"/delete", url.Values{"typed": {"Mail & more"}}).WantGo(groups)
	kim.Get(path).Want(http.StatusNotFound)
}

func TestAGroupInUseIsNotDeleted(t *testing.T) {
	s := newSite(t)
	_, _, g := s.pair(t, s.leaf("shop.example.com"), "")
	s.target(t, "as2-gateway", g)
	if _, _, err := s.Ingest.Create(context.Background(), s.Owner, ingest.NewToken{Name: "ci-prod", Group: g}); err != nil {
		t.Fatal(err)
	}
	kim := s.As(t, tenant.Owner)
	kim.Get(groups+"/"+g).Want(http.StatusOK, "as2-gateway", "ci-prod", "Delivers to")
	kim.Get(groups+"/"+g+"/delete").Want(http.StatusOK, "is in use", "as2-gateway", "ci-prod", "!Type")
	kim.Post(groups+"/"+g+"/delete", url.Values{"typed": {"shop.example.com"}}).Want(http.StatusConflict, "is in use")
	kim.Get(groups+"/"+g).Want(http.StatusOK, "shop.example.com")
}

func TestAKeyIsAttached(t *testing.T) {
	s := newSite(t)
	leaf, other := s.leaf("shop.example.com"), s.leaf("other.example.com")
	kim := s.As(t, tenant.Editor)
	path := kim.Post(groups+"/new", url.Values{"name": {"shop"}}).Header.Get("Location")
	group := strings.TrimPrefix(path, groups+"/")
	first := s.leaf("shop.example.com", testcert.Valid(s.Now().AddDate(0, 0, -10), s.Now().AddDate(0, 0, 20)))
	s.pair(t, first, group)
	s.put(t, s.Owner, "shop.pem", group, leaf.CertPEM)
	kim.Get(path).Want(http.StatusOK, "Generation 2 waits for its key", "Generation 1 stays current until it comes", "Attach key")
	kim.Get(path+"/key").Want(http.StatusOK, "For generation 2: shop.example.com.", `type="file"`)
	kim.Post(path+"/key", nil).Want(http.StatusUnprocessableEntity, "Paste the key, or choose its file")
	kim.Post(path+"/key", url.Values{"key": {string(other.KeyPEM)}}).Want(http.StatusUnprocessableEntity, "belongs to another certificate", "!PRIVATE KEY-----M")
	kim.Post(path+"/key", url.Values{"key": {"nonsense"}}).Want(http.StatusUnprocessableEntity, "no private key")
	kim.Post(path+"/key", url.Values{"key": {string(leaf.KeyPEM)}}).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "generation 2 is complete", "Serves generation 2", "!waits for")
	kim.Post(path+"/key", url.Values{"key": {string(leaf.KeyPEM)}}).Want(http.StatusConflict, "waits for a key")
}

// openssl makes self-signed certificates that say they are a CA's: what the group lacks is told, and the key can be brought.
func TestACertificateThatCallsItselfACA(t *testing.T) {
	s := newSite(t)
	lone := testcert.Root("lone.example.com")
	kim := s.As(t, tenant.Editor)
	path := kim.Post(groups+"/new", url.Values{"name": {"lone"}}).Header.Get("Location")
	s.put(t, s.Owner, "lone.pem", strings.TrimPrefix(path, groups+"/"), lone.CertPEM)
	kim.Get(path).Want(http.StatusOK, "nothing to serve", "lone.example.com says of itself that it is a CA", "Attach key", "!>empty<")
	kim.Get(groups).Want(http.StatusOK, "nothing to serve", "!>empty<")
	kim.Get(path+"/key").Want(http.StatusOK, "For lone.example.com, which is generation 1 with it.")
	kim.Post(path+"/key", url.Values{"key": {string(s.leaf("other.example.com").KeyPEM)}}).Want(http.StatusConflict, "No certificate of this group waits for this key")
	kim.Post(path+"/key", url.Values{"key": {string(lone.KeyPEM)}}).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "generation 1 is complete", "Serves generation 1", "!says of itself")
}

func TestAKeyIsAttachedAsAFile(t *testing.T) {
	s := newSite(t)
	leaf := s.leaf("shop.example.com")
	g := s.put(t, s.Owner, "shop.pem", "shop", leaf.CertPEM).Group.ID
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "shop.key")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(leaf.KeyPEM)
	_ = form.WriteField("key", "")
	_ = form.Close()
	kim := s.As(t, tenant.Editor)
	req, err := http.NewRequest(http.MethodPost, s.URL+groups+"/"+g+"/key", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.AddCookie(kim.Cookie())
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d", res.StatusCode)
	}
	kim.Get(groups+"/"+g).Want(http.StatusOK, "matches", "Serves generation 1", "!waits for")
}

func TestAStagedGenerationIsActivatedAndRolledBack(t *testing.T) {
	s := newSite(t)
	_, _, g := s.pair(t, s.leaf("shop.example.com", testcert.Names("shop.example.com", "www.example.com")), "shop")
	s.pair(t, s.leaf("shop.example.com", testcert.Names("shop.example.com", "new.example.com"), testcert.Valid(s.Now(), s.Now().AddDate(0, 3, 0))), "shop")
	path := groups + "/" + g
	kim := s.As(t, tenant.Editor)
	kim.Get(path).Want(http.StatusOK, "Generation 2 is staged", "It lacks names of the current one: www.example.com.", "new.example.com", "Activate")
	kim.Get(path+"/generations/2/activate").Want(http.StatusOK, "Activate generation 2?", "Why it did not become current by itself", "What would change", "Names lost", "No target is bound")
	kim.Post(path+"/generations/2/activate", nil).Want(http.StatusConflict, "another generation of the group became current", `name="current" value="1"`)
	kim.Post(path+"/generations/2/activate", url.Values{"current": {"1"}}).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "Serves generation 2", "Generation 2 of shop is current", "Roll back", "Back to 1")
	kim.Get(path+"/generations/1/activate").Want(http.StatusOK, "Roll back to generation 1?")
	kim.Post(path+"/generations/1/activate", url.Values{"current": {"1"}}).Want(http.StatusConflict, `name="current" value="2"`)
	kim.Post(path+"/generations/1/activate", url.Values{"current": {"2"}}).WantGo(path)
	kim.Get(path).Want(http.StatusOK, "Serves generation 1")
	kim.Get(path+"/generations/1/activate").Want(http.StatusOK, "Generation 1 is current")
	kim.Get(path + "/generations/9/activate").Want(http.StatusNotFound)
	kim.Post(path+"/generations/x/activate", nil).Want(http.StatusNotFound)
	s.As(t, tenant.Viewer).Get(path).Want(http.StatusOK, "Generation 2", "!Roll back", "!Activate")
}

func TestAWeakGenerationIsNotActivated(t *testing.T) {
	s := newSite(t)
	_, _, g := s.pair(t, s.leaf("shop.example.com"), "shop")
	s.pair(t, s.leaf("shop.example.com", testcert.RSA(1024), testcert.Valid(s.Now(), s.Now().AddDate(0, 3, 0))), "shop")
	path, kim := groups+"/"+g, s.As(t, tenant.Owner)
	kim.Get(path).Want(http.StatusOK, "Generation 2 cannot be activated", "Have it issued anew", "!Look and activate", "!<span>Activate</span>", "!is staged")
	kim.Get(path+"/generations/2/activate").Want(http.StatusOK, "cannot be activated", "Have it issued anew", "!<span>Activate</span>")
	kim.Post(path+"/generations/2/activate", url.Values{"current": {"1"}}).Want(http.StatusConflict, "has a weak key and cannot become current", "!<span>Activate</span>")
}

func TestThePasswordOfAGroup(t *testing.T) {
	s := newSite(t)
	_, _, g := s.pair(t, s.leaf("shop.example.com"), "shop")
	path := groups + "/" + g + "/password"
	kim := s.As(t, tenant.Editor)
	kim.Get(path).Want(http.StatusOK, "Set PFX password", "!Have no password instead")
	kim.Post(path, url.Values{"password": {""}}).Want(http.StatusUnprocessableEntity, "Give a password")
	kim.Post(path, url.Values{"password": {"secret word"}}).WantGo(groups + "/" + g)
	kim.Get(path).Want(http.StatusOK, "Change PFX password", "Have no password instead", "!secret word")
	kim.Post(path, url.Values{"clear": {"on"}}).WantGo(groups + "/" + g)
	kim.Get(groups+"/"+g).Want(http.StatusOK, "not set", "cleared")
}

func TestAPFXIsBuilt(t *testing.T) {
	s := newSite(t)
	leaf := s.leaf("shop.example.com")
	_, _, g := s.pair(t, leaf, "shop")
	path := groups + "/" + g + "/pfx"
	kim := s.As(t, tenant.Editor)
	kim.Get(path).Want(http.StatusOK, "Key matches the certificate", "1 intermediate", "Keep this password", "checked")
	kim.Post(path, url.Values{"preset": {"modern"}}).Want(http.StatusUnprocessableEntity, "Give a password")
	kim.Post(path, url.Values{"preset": {"ancient"}, "password": {"hunter2"}, "keep": {"on"}}).Want(http.StatusUnprocessableEntity, "!hunter2")
	kim.Get(groups+"/"+g).Want(http.StatusOK, "not set")
	for _, preset := range []string{"modern", "legacy"} {
		a := kim.Post(path, url.Values{"preset": {preset}, "password": {"secret word"}})
		a.Want(http.StatusOK)
		_, got, chain, err := pkcs12.DecodeChain([]byte(a.Body), "secret word")
		if err != nil || !got.Equal(leaf.Cert) || len(chain) != 1 {
			t.Errorf("%s: %v", preset, err)
		}
		if name := a.Header.Get("Content-Disposition"); !strings.Contains(name, "shop.pfx") {
			t.Errorf("the file is named %q", name)
		}
	}
	kim.Get(groups+"/"+g).Want(http.StatusOK, "not set")
	kim.Post(path, url.Values{"preset": {"modern"}, "password": {"kept word"}, "keep": {"on"}}).Want(http.StatusOK)
	own := kim.Post(path, url.Values{"preset": {"modern"}})
	if _, _, _, err := pkcs12.DecodeChain([]byte(own.Body), "kept word"); err != nil {
		t.Errorf("the group's own password does not open it: %v", err)
	}
	s.Pass(tenant.FreshFor + time.Second)
	kim.Get(path).WantGo("/dashboard/confirm?next=" + url.QueryEscape(path))
	kim.Post(path, url.Values{"preset": {"modern"}}).Want(http.StatusForbidden, "assword")
}

func TestAGroupWithoutAKeyBuildsNothing(t *testing.T) {
	s := newSite(t)
	g := s.put(t, s.Owner, "shop.pem", "shop", s.leaf("shop.example.com").CertPEM).Group.ID
	kim := s.As(t, tenant.Editor)
	kim.Get(groups+"/"+g).Want(http.StatusOK, "the certificate alone", "!Build PFX")
	kim.Get(groups+"/"+g+"/pfx").Want(http.StatusOK, "No PFX yet")
	kim.Post(groups+"/"+g+"/pfx", url.Values{"preset": {"modern"}, "password": {"word"}}).Want(http.StatusConflict)
}
