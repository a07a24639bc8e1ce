package overview_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
)

// open opens the overview as a new member of the workspace.
func (s *site) open(role tenant.Role, o browser.Options) *browser.Page {
	s.t.Helper()
	p := browser.Open(s.t, s.URL, o)
	p.SetCookie(s.As(s.t, role).Cookie())
	if status := p.Goto("/dashboard"); status != http.StatusOK {
		s.t.Fatalf("the overview answers %d", status)
	}
	return p
}

// dayID answers the selector of the calendar's button of the day so many days from now.
func (s *site) dayID(days int) string {
	return "#d-" + s.Now().AddDate(0, 0, days).Format(time.DateOnly)
}

// dayTitle answers how that day is called when it is opened.
func (s *site) dayTitle(days int) string {
	return s.Now().AddDate(0, 0, days).Format("Monday 2 January")
}

func TestAnEmptyWorkspaceLeadsToTheFirstDelivery(t *testing.T) {
	s := newSite(t)
	p := s.open(tenant.Owner, browser.Options{})
	p.WaitText("Welcome, Kim")
	p.WaitText("Your next 18 months will appear here")
	p.Accessible()
	p.In("#main").ClickText("link", "Upload")
	p.WaitURL("/dashboard/vault/upload")
	p.Back()
	p.ClickText("link", "Open profile")
	p.WaitURL("/dashboard/settings/profile")

	q := s.open(tenant.Viewer, browser.Options{})
	q.WaitText("Read-only access.")
	q.WaitText("An editor or owner of the workspace adds the first certificate.")
	if q.Has(`a[href="/dashboard/vault/upload"], a[href="/dashboard/push/new"]`) {
		t.Error("a viewer is led to what a viewer may not do")
	}
	q.Accessible()
}

func TestTheOverviewSaysWhatIsThereAndLeadsToIt(t *testing.T) {
	s := newSite(t)
	s.furnish()
	p := s.open(tenant.Editor, browser.Options{})
	p.WaitText("Three things need you.")
	if got, want := p.Texts(".tile-n"), []string{"9", "4", "3"}; !slices.Equal(got, want) {
		t.Errorf("the tiles say %q, want %q", got, want)
	}
	p.WaitText("1 up to date, 1 behind, 1 never fetched")
	p.WaitText("1 of them expired")
	p.Accessible()
	for name, want := range map[string]string{
		"Attach key: api.aldermoor.example": "/dashboard/groups/*", "Review: mail.aldermoor.example": "/dashboard/groups/*", "Open: web-02": "/dashboard/push/*",
		"Carrier EDI": "/dashboard/vault/*", "firmware": "/dashboard/vault/*",
	} {
		if name == "firmware" || name == "Carrier EDI" {
			p.Click(`section[aria-label="Recent and upcoming"] a[title="` + name + `"]`)
		} else {
			p.ClickText("link", name)
		}
		p.WaitURL(want)
		p.Goto("/dashboard")
	}
	p.Click(".tile:nth-child(2)")
	p.WaitURL("/dashboard/vault?expires=due&kind=cert&sort=not_after")
	if got, want := p.Texts("tbody .c-name a"), []string{"Mail gateway", "Carrier EDI", "Depot scanners", "Edge"}; !slices.Equal(got, want) {
		t.Errorf("the list has %q, want %q", got, want)
	}
}

// A day of the calendar opens by mouse and by keyboard, and the focus stays where it is.
func TestADayOfTheCalendarOpensByMouseAndKeyboard(t *testing.T) {
	s := newSite(t)
	s.furnish()
	p := s.open(tenant.Viewer, browser.Options{})
	p.In("#cal-day").WaitText(s.dayTitle(-2)) // the first with any is open already
	p.Click(s.dayID(12))
	p.In("#cal-day").WaitText(s.dayTitle(12))
	p.In("#cal-day").WaitText("2 expire")
	p.In("#cal-day").WaitText("Depot scanners")
	p.In("#cal-day").WaitText("Edge")
	if p.Attr(s.dayID(12), "aria-pressed") != "true" || p.Count(`.cal [aria-pressed=true]`) != 1 || p.URL() != "/dashboard" {
		t.Error("the day is not the chosen one, or the page was left")
	}
	p.Accessible()
	name := s.Now().AddDate(0, 0, 3).Format("2 Jan 2006") + ": 1 expires"
	p.TabTo("button", name)
	p.Press("Enter")
	p.In("#cal-day").WaitText(s.dayTitle(3))
	p.In("#cal-day").WaitText("Carrier EDI")
	if _, at := p.Focused(); at != name {
		t.Errorf("the focus is on %q", at)
	}
	p.TabTo("link", "Carrier EDI")
	p.Press("Enter")
	p.WaitURL("/dashboard/vault/*")
}

// On a telephone the months are a list.
func TestTheMonthsAreAListOnATelephone(t *testing.T) {
	s := newSite(t)
	s.furnish()
	for _, script := range []bool{true, false} {
		p := s.open(tenant.Editor, browser.Options{Width: 390, Height: 844, Touch: true, NoScript: !script})
		if p.Sees(".cal td") || !p.Sees(".cal-months button") {
			t.Fatal("the months are no list")
		}
		month := s.Now().AddDate(0, 0, 400)
		p.Click("#m-" + month.Format("2006-01"))
		p.In("#cal-day").WaitText(month.Format("January 2006"))
		p.In("#cal-day").WaitText("Partner portal")
		if p.Attr("#m-"+month.Format("2006-01"), "aria-pressed") != "true" {
			t.Error("the month is not the chosen one")
		}
		p.Accessible()
	}
}

func TestTheOverviewWithoutTheScript(t *testing.T) {
	s := newSite(t)
	s.furnish()
	p := s.open(tenant.Editor, browser.Options{NoScript: true})
	p.Accessible()
	if p.Sees(".jump") || p.HasText("button", "Keyboard shortcuts") {
		t.Error("what only the script serves is shown without it")
	}
	p.Click(s.dayID(12))
	p.WaitURL("/dashboard")
	p.In("#cal-day").WaitText(s.dayTitle(12))
	p.In("#cal-day").WaitText("Depot scanners")
	p.ClickText("button", "Switch theme")
	p.WaitURL("/dashboard")
	if got := p.Attr("html", "data-theme"); got != "dark" {
		t.Errorf("the theme is %q", got)
	}
	p.Click(".nav-user")
	p.ClickText("button", "Sign out")
	p.WaitURL("/sign-in")
}
