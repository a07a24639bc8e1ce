package overview_test

import (
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
)

// chosen answers the title of the palette's marked option.
func chosen(p *browser.Page) string {
	return strings.Join(p.Texts("#palette [aria-selected=true] .clip"), ", ")
}

func TestThePaletteByKeyboard(t *testing.T) {
	s := newSite(t)
	s.furnish()
	p := s.open(tenant.Editor, browser.Options{})
	p.Press("Control+k")
	p.WaitFor("#palette")
	if role, name := p.Focused(); role != "combobox" || name != "Search or jump to" || chosen(p) != "Overview" {
		t.Errorf("the focus is on %s %q, and %q is marked", role, name, chosen(p))
	}
	p.In("#palette").Axe()
	p.Press("ArrowDown", "ArrowDown")
	if got := chosen(p); got != "Upload cert" {
		t.Errorf("two down is %q", got)
	}
	p.Press("ArrowUp", "ArrowUp", "ArrowUp")
	if got := chosen(p); got == "Overview" || got == "" {
		t.Errorf("up from the first is %q, not the last", got)
	}
	p.Type("target")
	if got := chosen(p); got != "New push target" {
		t.Errorf("target finds %q first", got)
	}
	p.Press("Escape")
	p.WaitGone("#palette")
	p.Press("Control+k")
	if p.Value("#palette-q") != "" || chosen(p) != "Overview" {
		t.Error("it does not begin anew")
	}
	p.Type("ALDERMOOR api")
	p.WaitFor("#palette-found [role=option]")
	if got := chosen(p); got != "api.aldermoor.example" && got != "Customer API" {
		t.Errorf("the search finds %q", got)
	}
	if got := p.Attr("#palette-q", "aria-activedescendant"); !p.Has("#" + got + "[aria-selected=true]") {
		t.Errorf("screen readers are told of %q", got)
	}
	p.In("#palette").Axe()
	p.Press("Enter")
	p.WaitTrue(`() => /^\/dashboard\/(vault|groups)\/./.test(location.pathname)`)
}

func TestThePaletteByMouse(t *testing.T) {
	s := newSite(t)
	s.furnish()
	p := s.open(tenant.Editor, browser.Options{})
	p.ClickText("button", "Search or jump to")
	p.In("#palette").ClickText("option", "New group")
	p.WaitFor("#dialog[open]")
	p.In("#dialog").WaitText("New group")
	p.Press("Escape")
	p.WaitGone("#dialog")
	p.ClickText("button", "Search or jump to")
	p.Type("nothing has such a name")
	p.WaitTrue(`() => document.querySelectorAll("#palette [role=option]:not([hidden])").length === 0`)
	p.Press("Enter", "Escape")
	if p.URL() != "/dashboard" {
		t.Error("Enter on nothing goes somewhere")
	}
	p.Look(browser.Phone)
	p.ClickText("button", "Search or jump to")
	p.NoSideScroll()
	p.In("#palette").Axe()
	p.In("#palette").Click("#go-vault")
	p.WaitURL("/dashboard/vault")

	q := s.open(tenant.Viewer, browser.Options{})
	q.Press("Control+k")
	for _, text := range q.Texts("#palette [role=option]") {
		if strings.Contains(text, "New") || strings.Contains(text, "Upload") {
			t.Errorf("a viewer is offered %q", text)
		}
	}
}

func TestShortcuts(t *testing.T) {
	s := newSite(t)
	s.furnish()
	p := s.open(tenant.Editor, browser.Options{})
	for letter, path := range map[string]string{
		"v": "/dashboard/vault", "u": "/dashboard/vault/upload", "p": "/dashboard/push", "i": "/dashboard/ingest", "s": "/dashboard/settings/profile", "o": "/dashboard",
	} {
		p.Press("g", letter)
		p.WaitURL(path)
	}
	p.Goto("/dashboard")
	p.Press("?")
	p.WaitFor("#keys")
	p.In("#keys").WaitText("Command palette")
	p.In("#keys").Axe()
	p.In("#keys").ClickText("button", "Close")
	p.WaitGone("#keys")
	p.Press("/") // nothing to search here but everything
	p.WaitFor("#palette")
	p.Type("g v?")
	if got := p.Value("#palette-q"); got != "g v?" || p.URL() != "/dashboard" {
		t.Errorf("letters that are typed are %q, and the page is %s", got, p.URL())
	}
	p.Press("Escape", "g", "v")
	p.WaitURL("/dashboard/vault")
	p.Press("/")
	if role, name := p.Focused(); role != "searchbox" {
		t.Errorf("/ leads to %s %q", role, name)
	}
	p.Click(".nav-user")
	p.ClickText("button", "Keyboard shortcuts ?")
	p.WaitFor("#keys")
}

func TestTheThemeIsSwitchedAndKept(t *testing.T) {
	s := newSite(t)
	p := s.open(tenant.Viewer, browser.Options{Dark: true})
	p.ClickText("button", "Switch theme")
	p.WaitFor(`html[data-theme="light"]`)
	if p.Attr("meta[name=color-scheme]", "content") != "light" {
		t.Error("the controls of the browser stay dark")
	}
	p.WaitTrue(`() => performance.getEntriesByType("resource").some(e => e.name.endsWith("/dashboard/theme"))`) // the server was told
	p.Reload()
	if got := p.Attr("html", "data-theme"); got != "light" {
		t.Errorf("after a reload the theme is %q", got)
	}
	p.ClickText("button", "Switch theme")
	p.WaitFor(`html[data-theme="dark"]`)
}

func TestTheNavigationIsADrawerOnATelephone(t *testing.T) {
	s := newSite(t)
	s.furnish()
	for _, script := range []bool{true, false} {
		p := s.open(tenant.Editor, browser.Options{Width: 390, Height: 844, Touch: true, NoScript: !script})
		if p.Sees("#nav") {
			t.Error("the drawer is open by itself")
		}
		p.ClickText("button", "Open navigation")
		p.WaitFor("#nav")
		p.Axe()
		p.NoSideScroll()
		p.Press("Escape")
		p.WaitGone("#nav")
		p.TabTo("button", "Open navigation")
		p.Press("Enter")
		p.WaitFor("#nav")
		p.TabTo("link", "Cert vault 9")
		p.Press("Enter")
		p.WaitURL("/dashboard/vault")
		if p.Sees("#nav") {
			t.Error("the drawer stays open")
		}
		p.Look(browser.Narrow)
		p.ClickText("button", "Open navigation")
		p.Click(".nav-user")
		p.WaitFor("#user-menu")
		p.NoSideScroll()
		p.In("#user-menu").ClickText("link", "Account settings")
		p.WaitURL("/dashboard/settings/profile")
	}
}

// What a viewer cannot do is said once, and is offered nowhere.
func TestAViewerIsToldOfReadOnlyAccess(t *testing.T) {
	s := newSite(t)
	s.furnish()
	p := s.open(tenant.Viewer, browser.Options{})
	p.WaitText("Read-only access. You see facts, never a key, password or token")
	if p.Has(`a[href="/dashboard/vault/upload"]`) || p.Has(`a[href="/dashboard/push/new"]`) || p.HasText("link", "Attach key: api.aldermoor.example") {
		t.Error("a viewer is offered a change")
	}
	p.Accessible()
	p.ClickText("link", "Ask an owner for editor access")
	p.WaitURL("/dashboard/settings/members")
}
