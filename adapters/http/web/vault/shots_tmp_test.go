package vault_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

func TestTmpShots(t *testing.T) {
	dir := os.Getenv("SHOTS")
	if dir == "" {
		t.Fatal("SHOTS")
	}
	s := newSite(t)
	valid := func(from, to int) testcert.Option {
		return testcert.Valid(s.Now().AddDate(0, 0, from), s.Now().AddDate(0, 0, to))
	}
	s.put(t, s.Owner, "root.pem", "", s.ca.Issuer.CertPEM)
	for name, v := range map[string][2]int{"mail": {-92, -2}, "edi-as2": {-362, 3}, "edge": {-2, 4}, "warehouse": {-78, 12}, "iis-intranet": {-200, 19}, "vpn-f5": {-300, 27}, "api": {-26, 64}, "portal": {-250, 118}} {
		s.pair(t, s.leaf(name+".aldermoor.example", valid(v[0], v[1])), name)
	}
	var names []string
	for i := range 42 {
		names = append(names, fmt.Sprintf("host-%02d.shop.aldermoor.example", i))
	}
	_, _, g := s.pair(t, s.leaf("shop.aldermoor.example", testcert.Names(names...), valid(-140, -50)), "storefront")
	cert, key, _ := s.pair(t, s.leaf("shop.aldermoor.example", testcert.Names(names...), valid(-57, 33)), "storefront")
	s.pair(t, s.leaf("shop.aldermoor.example", testcert.Names(names[:30]...), valid(-2, 88)), "storefront")
	s.target(t, "web-eu-01", g)
	s.target(t, "f5-dmz", g)
	wait := s.put(t, s.Owner, "new.pem", "new-site", s.leaf("new.aldermoor.example").CertPEM).Group.ID
	noise := s.put(t, s.Owner, "firmware.bin", "", []byte("nonsense")).Artifacts[0]
	kim := s.As(t, tenant.Owner)
	p := browser.Open(t, s.URL, browser.Options{})
	p.SetCookie(kim.Cookie())
	for name, path := range map[string]string{
		"vault": home + "?sort=not_after&kind=cert&group=" + g, "vault-all": home, "cert": at(cert), "key": at(key), "unknown": at(noise), "groups": groups, "group": groups + "/" + g, "waiting": groups + "/" + wait,
		"pfx-page": groups + "/" + g + "/pfx", "delete-page": at(cert) + "/delete", "nomatch": home + "?q=shpo", "rollback": groups + "/" + g + "/generations/1/activate", "move": home + "/move?id=" + string(cert.ID) + "&id=" + string(key.ID),
	} {
		p.Goto(path)
		p.Look(browser.Desktop)
		p.Screenshot(dir + "/" + name + ".png")
		p.Look(browser.PhoneDark)
		p.Screenshot(dir + "/" + name + "-phone.png")
		p.Look(browser.Desktop)
	}
	p.Goto(groups + "/" + g)
	p.ClickText("link", "Build PFX")
	p.WaitFor("#dialog[open] form")
	p.Screenshot(dir + "/pfx-dialog.png")
	p.Goto(home)
	p.Eval(`() => { for (const b of [...document.querySelectorAll("tbody .c-check input")].slice(1,3)) b.click() }`)
	p.Screenshot(dir + "/vault-bulk.png")
}
