// Package view is what every page of the dashboard knows about the request it answers: who asks, which sections there
// are, how dates are shown. It is plain data, so that a page can be drawn without a server:
//
//	v := view.View{Person: tenant.User{Name: "Kim"}, Role: tenant.Owner, Now: now, Zone: time.UTC}
//	page.Vault(v, rows).Render(ctx, w)
package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// View is what a page knows of its request.
type View struct {
	SignedIn   bool
	Actor      tenant.Actor // of the session; its role says what is shown
	Person     tenant.User
	Workspace  tenant.Tenant // in use; empty when the person is in none
	Workspaces []tenant.Membership
	Sections   []Section // that work here and that the person may see, in the order of the navigation
	Current    string    // ID of the section the page belongs to
	Manual     Manual    // about this page; the zero Manual: that of its section
	Path       string    // that leads back to this page, with its query; that of its form for what a form was answered with
	Theme      string    // "light", "dark" or "" for the system's
	Compact    bool      // dense tables
	Now        time.Time
	Zone       *time.Location
	Dates      tenant.DateFormat
	BaseURL    string // how devices reach the server
	Assets     Assets
	Toasts     []Toast
	Dialog     bool   // the page is wanted inside the dialog, without the shell
	Nonce      string // of the forms on this page that are good once: part.OnceField
	Script     bool   // htmx asks: the browser runs our script
}

// Manual is where the manual explains a page.
type Manual struct {
	Href string // "/docs/sign-in#invites"; empty for nowhere
	Text string // "Help with invites"
}

// Section is a part of the dashboard, as data: it is in the navigation, the palette and the shortcuts, or in none.
type Section struct {
	ID    string // "vault"
	Title string // "Cert vault"
	Path  string // "/dashboard/vault"
	Icon  string // name in icons.svg without "i-"
	Group string // label above it: "Certificates", "Sources", "Workspace"; empty at the top
	Key   string // letter after g, empty for none
	Allow tenant.Action
	Docs  string // address of its page of the manual
	// Count is shown behind the title: nil for none. Tone and Note say what it counts when it is no plain number.
	Count *int
	Tone  string
	Note  string
	// Commands are what the palette offers to do there.
	Commands []Command
}

// Command is something to do, as the palette offers it.
type Command struct {
	Title  string // "New push target"
	Path   string // of its page
	Icon   string
	Allow  tenant.Action
	Dialog bool // the page opens in the dialog
}

// Assets are the addresses of the built files.
type Assets struct{ CSS, JS, Icons, Logo, Font string }

// Toast says what just happened.
type Toast struct {
	Text string
	Href string // of what can be done about it; empty for nothing
	Link string
	Keep bool // a warning: it stands at the top for as long as the page does
}

// Can says whether the person may do action: controls that change things are drawn only then. A recent proof of identity
// does not count here: it is asked for when the control is used.
func (v View) Can(action tenant.Action) bool {
	a := v.Actor
	a.Fresh, a.Strong = true, true
	return a.Can(action)
}

// ReadOnly says whether the person can only look.
func (v View) ReadOnly() bool { return v.SignedIn && v.Actor.Role == tenant.Viewer }

// Has says whether the section of that ID works here and is open to the person.
func (v View) Has(id string) bool {
	for _, s := range v.Sections {
		if s.ID == id {
			return true
		}
	}
	return false
}

// Section answers the section of that ID, the zero Section when it does not work here.
func (v View) Section(id string) Section {
	for _, s := range v.Sections {
		if s.ID == id {
			return s
		}
	}
	return Section{}
}

// About answers the view of a page that the manual explains elsewhere than its section.
func (v View) About(m Manual) View {
	v.Manual = m
	return v
}

// Help answers where the manual explains this page.
func (v View) Help() Manual {
	if v.Manual.Href != "" {
		return v.Manual
	}
	return Manual{Href: v.Section(v.Current).Docs, Text: "Help for this page"}
}

// Initials answers at most two letters for an avatar.
func Initials(name, email string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		words = []string{email}
	}
	out := first(words[0])
	if len(words) > 1 {
		out += first(words[len(words)-1])
	}
	if out == "" {
		return "?"
	}
	return out
}

func first(s string) string {
	for _, r := range s {
		return strings.ToUpper(string(r))
	}
	return ""
}

// AvatarTone answers a kind's tone that is always the same for the same text.
func AvatarTone(s string) string {
	tones := []string{"ember", "cert", "key", "bundle", "pfx"}
	sum := 0
	for _, b := range []byte(s) {
		sum += int(b)
	}
	return tones[sum%len(tones)]
}

// Number answers n in digits.
func Number(n int) string { return strconv.Itoa(n) }

// Counted answers a number that was counted up to artifact.MostCounted.
func Counted(n int) string {
	if n >= artifact.MostCounted {
		return strconv.Itoa(artifact.MostCounted-1) + "+"
	}
	return strconv.Itoa(n)
}

// Article answers a role as a sentence has it: "an owner".
func Article(r tenant.Role) string {
	if r == tenant.Viewer {
		return "a viewer"
	}
	return "an " + string(r)
}
