package vault_test

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

func TestAnEmptyVaultShowsTheWayIn(t *testing.T) {
	s := newSite(t)
	s.As(t, tenant.Editor).Get(home).Want(http.StatusOK, "Nothing in the vault yet", "Upload files", "!Export CSV", "!Set up a pipeline")
	s.As(t, tenant.Viewer).Get(home).Want(http.StatusOK, "Nothing in the vault yet", "!Upload files")
	s.Stranger(t).Get(home).WantGo("/sign-in?next=" + url.QueryEscape(home))
}

func TestTheTableIsSearchedNarrowedAndSorted(t *testing.T) {
	s := newSite(t)
	s.pair(t, s.leaf("shop.example.com"), "")
	s.pair(t, s.leaf("mail.example.com", testcert.Valid(s.Now().AddDate(0, 0, -80), s.Now().AddDate(0, 0, 10))), "")
	s.put(t, s.Owner, "old.pem", "", s.leaf("old.example.com", testcert.Valid(s.Now().AddDate(0, 0, -80), s.Now().AddDate(0, 0, -2))).CertPEM)
	kim := s.As(t, tenant.Editor)
	kim.Get(home).Want(http.StatusOK, "shop.example.com", "mail.example.com", "old.example.com", "of 8", "expired 2 d", "10 days", "Export CSV")
	kim.Get(home+"?search=sho").Want(http.StatusOK, "shop.example.com", "!mail.example.com</a>", "!old.example.com")
	kim.Get(home+"?kind=key").Want(http.StatusOK, "1 to 2 of 2", "!old.example.com")
	kim.Get(home+"?expires=expired").Want(http.StatusOK, "old.example.com", `aria-current="true"`, "10 days</span>", "!expired 2 d</span>")
	kim.Get(home+"?expires=30d").Want(http.StatusOK, "!old.example.com", "10 days</b>")
	kim.Get(home+"?group=none").Want(http.StatusOK, "old.example.com")
	kim.Get(home+"?group=mail.example.com").Want(http.StatusOK, "Group: mail.example.com", "Build PFX", "matches")
	kim.Get(home+"?search=nowhere").Want(http.StatusOK, "No match for", "Nothing in 8 items", "Clear search")
	kim.Get(home+"?kind=unknown").Want(http.StatusOK, "Nothing in the vault is like that")
	byName := kim.Get(home + "?kind=cert&sort=name").Body
	if a, b := strings.Index(byName, "mail.example.com"), strings.Index(byName, "shop.example.com"); a < 0 || b < a {
		t.Error("the table is not sorted by name")
	}
	if !strings.Contains(byName, `aria-sort="ascending"`) || !strings.Contains(byName, "sort=-name") {
		t.Error("the head does not say how the table is sorted, or how it is turned round")
	}
	for _, bad := range []string{"?kind=nonsense", "?sort=size", "?expires=never", "?at=nonsense"} {
		kim.Get(home+bad).Want(http.StatusUnprocessableEntity, "!panic")
	}
	kim.Get(home+"?group=nowhere").Want(http.StatusOK, "Nothing in the vault is like that", "Nothing in 8 items")
	kim.Get(home+"?expires=due").Want(http.StatusOK, "old.example.com", `<small title="mail.example.com">`, `!<small title="shop.example.com">`)
	kim.Get(home + "?search=%00").Want(http.StatusBadRequest)
}

func TestSearchingAsOneTypesBringsTheTableAlone(t *testing.T) {
	s := newSite(t)
	_, _, g := s.pair(t, s.leaf("shop.example.com"), "")
	a := s.As(t, tenant.Editor).Do(http.MethodGet, home+"?search=shop&kind=&group="+g+"&sort=", nil,
		map[string]string{"HX-Request": "true", "HX-Target": "vault-list"})
	a.Want(http.StatusOK, `id="vault-list"`, "shop.example.com", "!<html", `hx-swap-oob="true" id="vault-side"`, "Group: shop.example.com", `id="vault-csv"`)
	if got, want := a.Header.Get("HX-Push-Url"), home+"?group="+g+"&search=shop"; got != want {
		t.Errorf("the address becomes %q, want %q", got, want)
	}
}

func TestPagesOfFifty(t *testing.T) {
	s := newSite(t)
	for i := range 6 {
		var files []intake.File
		for j := range 20 {
			files = append(files, intake.File{Filename: fmt.Sprintf("host-%03d.bin", 20*i+j), Data: fmt.Appendf(nil, "nonsense %d", 20*i+j)})
		}
		if _, err := s.Vault.Upload(context.Background(), s.Owner, intake.Request{Files: files}); err != nil {
			t.Fatal(err)
		}
	}
	kim := s.As(t, tenant.Viewer)
	follow := func(page, label string) string {
		t.Helper()
		m := regexp.MustCompile(`href="([^"]+)" aria-label="` + label + `"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("there is no link %q:\n%s", label, page)
		}
		a := kim.Get(strings.ReplaceAll(m[1], "&amp;", "&"))
		a.Want(http.StatusOK)
		return a.Body
	}
	first := kim.Get(home + "?sort=name").Body
	second := follow(first, "Next page")
	third := follow(second, "Next page")
	for page, want := range map[string]string{first: "host-000", second: "host-050", third: "host-119"} {
		if !strings.Contains(page, want) {
			t.Errorf("a page lacks %s", want)
		}
	}
	if !strings.Contains(third, "101 to 120 of 120") || strings.Contains(third, `aria-label="Next page"`) {
		t.Error("the last page does not say that it is the last")
	}
	if back := follow(follow(third, "Previous page"), "Previous page"); !strings.Contains(back, "1 to 50 of 120") || strings.Contains(back, "Previous page") {
		t.Error("going back does not lead to the beginning")
	}
	if begin := follow(third, "First page"); !strings.Contains(begin, "1 to 50 of 120") {
		t.Error("the first page is not reached")
	}
}

func TestMetadataIsExported(t *testing.T) {
	s := newSite(t)
	s.pair(t, s.leaf("shop.example.com"), "")
	s.pair(t, s.leaf("mail.example.com"), "")
	a := s.As(t, tenant.Viewer).Get(home + ".csv?search=shop&kind=cert")
	a.Want(http.StatusOK, "shop.example.com", "!mail.example.com", "!BEGIN")
	if got := a.Header.Get("Content-Disposition"); !strings.Contains(got, "artifacts.csv") {
		t.Errorf("the file is named %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(a.Body)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Errorf("%d lines, %v", len(rows), err)
	}
	s.As(t, tenant.Viewer).Get(home+".csv?sort=nonsense").Want(http.StatusUnprocessableEntity, "<html")
}

func TestRowsAreDownloadedTogether(t *testing.T) {
	s := newSite(t)
	cert, key, _ := s.pair(t, s.leaf("shop.example.com"), "")
	kim := s.As(t, tenant.Editor)
	a := kim.Post(home+"/zip", url.Values{"id": {string(cert.ID), string(key.ID), string(cert.ID)}})
	a.Want(http.StatusOK)
	z, err := zip.NewReader(strings.NewReader(a.Body), int64(len(a.Body)))
	if err != nil || len(z.File) != 2 {
		t.Fatalf("the archive: %v, %v", z, err)
	}
	s.As(t, tenant.Viewer).Post(home+"/zip", url.Values{"id": {string(cert.ID)}}).Want(http.StatusOK)
	s.As(t, tenant.Viewer).Post(home+"/zip", url.Values{"id": {string(key.ID)}}).Want(http.StatusForbidden, "!PRIVATE KEY")
	kim.Post(home+"/zip", nil).Want(http.StatusUnprocessableEntity, "1 and 200")
	kim.Post(home+"/zip", url.Values{"id": {"art_nonsense"}}).Want(http.StatusNotFound, "None of the rows you chose is in the vault any more.")
	kim.Post(home+"/zip", url.Values{"id": {string(cert.ID), "art_nonsense"}}).Want(http.StatusOK)
	s.Pass(tenant.FreshFor + time.Second)
	kim.Post(home+"/zip", url.Values{"id": {string(cert.ID)}}).Want(http.StatusOK)
	stale := kim.Post(home+"/zip", url.Values{"id": {string(key.ID)}})
	stale.Want(http.StatusForbidden, "!PRIVATE KEY", "assword")
	if stale.Header.Get("X-Confirm") != "1" {
		t.Error("nobody asks who it is")
	}
}

func TestRowsAreMovedTogether(t *testing.T) {
	s := newSite(t)
	cert, key, g := s.pair(t, s.leaf("shop.example.com"), "")
	lone := s.put(t, s.Owner, "a.bin", "", []byte("nonsense a")).Artifacts[0]
	other := s.put(t, s.Owner, "b.bin", "", []byte("nonsense b")).Artifacts[0]
	kim := s.As(t, tenant.Editor)
	both := url.Values{"id": {string(lone.ID), string(other.ID)}}
	kim.Get(home+"/move?"+both.Encode()).Want(http.StatusOK, "Move 2 items to a group", string(lone.ID), `<option value="shop.example.com">`)
	kim.Post(home+"/move", both).Want(http.StatusUnprocessableEntity, "Name a group, or take them out of any")
	both.Set("group", "brand new")
	kim.Post(home+"/move", both).WantGo(home)
	kim.Get(home+"?group=brand+new").Want(http.StatusOK, "1 to 2 of 2")
	kim.Post(home+"/move", url.Values{"id": both["id"], "group": {"none"}}).Want(http.StatusUnprocessableEntity, `value="none"`)
	nowhere := "grp_06h07jaxa1tg13nhgv6f8dfez8"
	kim.Post(home+"/move", url.Values{"id": both["id"], "group": {nowhere}}).Want(http.StatusUnprocessableEntity, "Give the id or the name of a group", `value="`+nowhere+`"`)
	used := url.Values{"id": {string(cert.ID)}, "group": {"brand new"}}
	kim.Post(home+"/move", used).Want(http.StatusConflict, "shop.example.com has nothing current any more", "No target is bound to it.", `name="confirm"`, `value="brand new"`)
	used.Set("confirm", "on")
	kim.Post(home+"/move", used).Want(http.StatusConflict, `name="confirm"`) // without what was shown
	used.Set("breaks", shown(t, kim.Post(home+"/move", used).Body, "breaks"))
	kim.Post(home+"/move", used).WantGo(home)
	kim.Get(groups+"/"+g).Want(http.StatusOK, "Serves nothing yet")
	kim.Post(at(key)+"/move", url.Values{"out": {"on"}}).WantGo(at(key))
	kim.Get(at(key)).Want(http.StatusOK, "In no group")
	kim.Get(home+"/move").Want(http.StatusUnprocessableEntity, "Choose between 1 and 200 rows")
}

func TestViewersChangeNothing(t *testing.T) {
	s := newSite(t)
	cert, key, g := s.pair(t, s.leaf("shop.example.com"), "")
	leo := s.As(t, tenant.Viewer)
	leo.Get(home).Want(http.StatusOK, "shop.example.com", "Read-only access", "!Move to group", `!type="checkbox"`, "!New group", at(cert)+"/download", "!"+at(key)+"/download")
	leo.Get(at(key)).Want(http.StatusOK, "!/download", "!Rename", "!Delete")
	leo.Get(groups+"/"+g).Want(http.StatusOK, "!Build PFX", "!Rename", "!Delete")
	leo.Get(at(cert)+"/download").Want(http.StatusOK, "BEGIN CERTIFICATE")
	leo.Get(at(key)+"/download").Want(http.StatusForbidden, "!PRIVATE KEY")
	for _, path := range []string{
		home + "/move", home + "/delete", at(cert) + "/rename", at(cert) + "/move", at(cert) + "/delete", at(cert) + "/parse", groups + "/new",
		groups + "/" + g + "/rename", groups + "/" + g + "/password", groups + "/" + g + "/delete", groups + "/" + g + "/key", groups + "/" + g + "/pfx",
		groups + "/" + g + "/generations/1/activate",
	} {
		leo.Get(path + "?id=" + string(cert.ID)).Want(http.StatusForbidden)
		leo.Post(path, url.Values{"id": {string(cert.ID)}, "name": {"x"}, "typed": {"x"}}).Want(http.StatusForbidden)
	}
}

func TestWhatIsOfAnotherWorkspaceIsNotThere(t *testing.T) {
	s := newSite(t)
	cert, _, g := s.pair(t, s.leaf("shop.example.com"), "")
	ann := s.Of(t, s.NewPerson(t, s.NewTenant(t, "Another workspace").Tenant, tenant.Owner))
	ann.Get(home).Want(http.StatusOK, "!shop.example.com")
	ann.Get(home+"?group="+g).Want(http.StatusOK, "!shop.example.com")
	for _, path := range []string{
		at(cert), at(cert) + "/download", at(cert) + "/rename", at(cert) + "/move", at(cert) + "/delete", at(cert) + "/parse", groups + "/" + g,
		groups + "/" + g + "/rename", groups + "/" + g + "/password", groups + "/" + g + "/delete", groups + "/" + g + "/key", groups + "/" + g + "/pfx",
		groups + "/" + g + "/generations/1/activate",
	} {
		ann.Get(path).Want(http.StatusNotFound, "!shop.example.com")
	}
	for _, path := range []string{home + "/move", home + "/delete"} {
		ann.Get(path+"?id="+string(cert.ID)).Want(http.StatusNotFound, "!shop.example.com")
	}
	for path, form := range map[string]url.Values{
		at(cert) + "/rename": {"name": {"x"}}, at(cert) + "/move": {"out": {"on"}}, at(cert) + "/delete": {"typed": {"shop.example.com"}},
		home + "/zip": {"id": {string(cert.ID)}}, groups + "/" + g + "/rename": {"name": {"x"}}, groups + "/" + g + "/password": {"password": {"x"}},
		groups + "/" + g + "/delete": {"typed": {"shop.example.com"}}, groups + "/" + g + "/key": {"key": {"x"}}, groups + "/" + g + "/pfx": {"password": {"x"}},
		groups + "/" + g + "/generations/1/activate": {},
	} {
		ann.Post(path, form).Want(http.StatusNotFound, "!shop.example.com")
	}
	s.As(t, tenant.Viewer).Get(home).Want(http.StatusOK, "shop.example.com")
}
