package signin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/settings"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestMain(m *testing.M) { browser.Main(m) }

const profile = "/dashboard/settings/profile"

// whole is the sign-in pages with the settings, where one comes out.
func whole(k *kit.Kit, r *webtest.Rig) {
	signin.Register(k, signin.Deps{
		SignIn: r.SignIn, BaseURL: r.URL,
		Server: signin.Server{Version: "0.1.0", Engine: "SQLite", KEK: "It is the file /var/lib/ignisfox/kek."},
	})
	settings.Register(k, settings.Deps{SignIn: r.SignIn, Account: r.Account, BaseURL: r.URL})
	k.Get("/dashboard", "overview", tenant.OverviewRead, func(rq *kit.Request) error { return rq.Go(profile) })
}

func fillSetup(p *browser.Page, password string) {
	p.Fill("Your name", "Mara Lindqvist")
	p.Fill("Organisation", "Aldermoor Logistics")
	p.Fill("E-mail", "mara@aldermoor.example")
	p.Fill("Password", password)
}

func fillSignIn(p *browser.Page, email, password string) {
	p.Fill("E-mail", email)
	p.Fill("Password", password)
	p.ClickText("button", "Sign in")
}

func TestTheFirstDayInTheBrowser(t *testing.T) {
	r := webtest.New(t, whole)
	nobody(t, r)
	link, _, err := r.SignIn.OpenSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, r.URL, browser.Options{})
	p.Goto("/setup")
	p.Eval("link => { location.hash = link }", link.Reveal()) // as pasted into the address of the open page: nothing is loaded
	p.WaitText("Create the first owner")                      // the script has sent the secret on, and the form has come
	if strings.Contains(p.URL(), "#") || p.Sees("#f-link") {
		t.Errorf("the secret stays in the address %s, or its field is seen", p.URL())
	}
	p.Accessible()
	fillSetup(p, "short")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Create the first owner")
	p.WaitText("The password is too short")
	if p.Has("#f-link") {
		t.Error("the link is asked for again")
	}
	p.Accessible()
	p.Fill("Password", webtest.Password)
	p.ClickText("button", "Create the first owner")
	p.WaitText("Add a second factor to go on")
	p.Accessible()

	p.ClickText("link", "Add an authenticator app")
	p.ClickText("button", "Show the key")
	p.WaitText("Scan this with your app")
	p.Axe()
	key := strings.ReplaceAll(p.Text("#key"), " ", "")
	p.Fill("Code", "000000")
	p.Expect(http.StatusUnauthorized)
	p.ClickText("button", "Add the app")
	p.WaitText("Give the newest code of the app")
	if !p.Sees("img.qr") {
		t.Error("the picture goes with the first wrong code")
	}
	p.Fill("Code", codeOf(t, r, key))
	p.ClickText("button", "Add the app")
	p.WaitText("Store your recovery codes")
	p.Axe()
	codes := strings.Fields(p.Text("#codes"))
	p.Check("I have stored the codes", true)
	p.ClickText("button", "Done")
	p.WaitURL(profile)
	p.WaitText("Aldermoor Logistics")

	r.Pass(time.Minute)
	p.Click(".nav-user")
	p.ClickText("button", "Sign out")
	p.WaitURL("/sign-in")
	p.Goto(profile)
	p.WaitText("Sign in to Ignisfox")
	fillSignIn(p, "mara@aldermoor.example", webtest.Password)
	p.WaitText("Prove that it is you")
	p.Accessible()
	p.Fill("Code", codeOf(t, r, key))
	p.ClickText("button", "Sign in")
	p.WaitURL(profile)

	q := browser.Open(t, r.URL, browser.Options{NoScript: true})
	q.Goto("/sign-in")
	fillSignIn(q, "mara@aldermoor.example", webtest.Password)
	q.Fill("Code", codes[0])
	q.ClickText("button", "Sign in")
	q.WaitURL(profile)
}

func TestSetupWithoutScript(t *testing.T) {
	r := webtest.New(t, whole)
	nobody(t, r)
	link, _, err := r.SignIn.OpenSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, r.URL, browser.Options{NoScript: true})
	p.Goto("/setup")
	p.Accessible()
	p.Fill("Setup code", link.Reveal())
	p.ClickText("button", "Go on")
	p.WaitText("Where the master key lies")
	fillSetup(p, "short")
	p.Expect(http.StatusUnprocessableEntity)
	p.ClickText("button", "Create the first owner")
	p.WaitText("The password is too short")
	p.Fill("Password", webtest.Password)
	p.ClickText("button", "Create the first owner")
	p.WaitText("Add a second factor to go on")
	p.ClickText("link", "Add an authenticator app")
	p.ClickText("button", "Show the key")
	key := strings.ReplaceAll(p.Text("#key"), " ", "")
	p.Expect(http.StatusUnauthorized)
	p.Fill("Code", "000000")
	p.ClickText("button", "Add the app")
	p.WaitText("Begin again with a new key")
	p.Fill("Code", codeOf(t, r, key))
	p.ClickText("button", "Add the app")
	p.WaitText("Store your recovery codes")
	p.Check("I have stored the codes", true)
	p.ClickText("button", "Done")
	p.WaitURL(profile)
}

func TestSignInInTheBrowser(t *testing.T) {
	for name, o := range map[string]browser.Options{"script": {}, "plain": {NoScript: true}} {
		t.Run(name, func(t *testing.T) {
			r := webtest.New(t, whole)
			u := r.NewPerson(t, r.Tenant, tenant.Viewer)
			p := browser.Open(t, r.URL, o)
			p.Goto(profile)
			p.WaitText("Sign in to Ignisfox")
			p.Expect(http.StatusUnauthorized)
			fillSignIn(p, u.Email, "wrong password")
			p.WaitText("After 4 more tries you have to wait 5 minutes.")
			if p.Value("E-mail") != u.Email || p.Value("Password") != "" {
				t.Error("the form keeps too little or too much")
			}
			if name == "script" {
				p.Accessible()
				p.ClickText("button", "Switch theme")
				p.WaitTrue("() => document.documentElement.dataset.theme === 'dark'")
			}
			p.ClickText("link", "Forgot it?")
			p.WaitText("ignisfox admin reset-password")
			p.ClickText("link", "Back to sign-in")
			fillSignIn(p, u.Email, webtest.Password)
			p.WaitURL(profile)
			p.Goto("/sign-in")
			p.WaitURL(profile)
		})
	}
}

func TestPasskeysInTheBrowser(t *testing.T) {
	r := webtest.New(t, whole)
	u := r.NewPerson(t, r.Tenant, tenant.Owner)
	p := browser.Open(t, r.URL, browser.Options{})
	device := p.VirtualAuthenticator()
	p.Goto("/sign-in")
	fillSignIn(p, u.Email, webtest.Password)
	p.Goto("/dashboard/settings/security")
	p.ClickText("link", "Add a passkey")
	p.WaitFor("#add-passkey")
	p.Axe()
	p.Fill("Name (optional)", "Laptop")
	p.ClickText("button", "Make the passkey")
	p.WaitText("Store your recovery codes")
	p.Check("I have stored the codes", true)
	p.ClickText("button", "Done")
	p.WaitText("added " + r.Now().Format("2 Jan 2006") + ", never used")
	if device.Credentials() != 1 {
		t.Errorf("%d passkeys", device.Credentials())
	}
	p.ClickText("link", "Add a passkey")
	p.WaitFor("#add-passkey")
	p.ClickText("button", "Make the passkey")
	p.WaitText("This device already has a passkey for this account.")
	p.Goto(profile)
	p.Click(".nav-user")
	p.ClickText("button", "Sign out")
	p.Goto(profile)
	p.ClickText("button", "Use a passkey")
	p.WaitURL(profile)

	// The proof of identity, asked for by a link that opens in the dialog.
	r.Pass(tenant.FreshFor + time.Second)
	p.Goto(profile)
	p.Expect(http.StatusForbidden)
	p.ClickText("link", "Delete workspace")
	p.WaitText("Confirm that it is you")
	p.Axe()
	p.In("#dialog").ClickText("button", "Use a passkey")
	p.WaitText("This cannot be undone")
	p.Press("Escape")

	// Somebody with a password and without the device does not come in.
	q := browser.Open(t, r.URL, browser.Options{})
	none := q.VirtualAuthenticator()
	none.Verifies(false)
	q.Goto("/sign-in")
	fillSignIn(q, u.Email, webtest.Password)
	q.WaitText("Prove that it is you")
	q.Accessible()
	if strings.Contains(q.URL(), "/dashboard") {
		t.Error("let in without the second step")
	}
}

func TestInvitesInTheBrowser(t *testing.T) {
	r := webtest.New(t, whole)
	owner := r.As(t, tenant.Owner)
	p := browser.Open(t, r.URL, browser.Options{})
	p.SetCookie(owner.Cookie())
	p.Goto("/dashboard/settings/members")
	p.Fill("E-mail addresses", "lena@example.com")
	p.In("#invite").Fill("Role", "editor")
	p.ClickText("button", "Make the link")
	p.WaitText("1 invite link")
	p.Accessible()
	link := p.Text("#link-0")
	p.Check("I have stored the link", true)
	p.ClickText("button", "Done")
	p.WaitText("invited as editor, 72 hours left")

	q := browser.Open(t, r.URL, browser.Options{})
	q.Goto(strings.TrimPrefix(link, r.URL))
	q.WaitText("Join Test workspace") // the script has sent the secret by itself
	if strings.Contains(q.URL(), "#") {
		t.Error("the secret stays in the address")
	}
	q.Accessible()
	q.Fill("Your name", "Lena")
	q.Fill("Password", webtest.Password)
	q.ClickText("button", "Make the account and join")
	q.WaitText("You are in Test workspace now, as editor.")

	late := browser.Open(t, r.URL, browser.Options{NoScript: true})
	late.Goto("/invite")
	_, secret, _ := strings.Cut(link, "#")
	late.Fill("Invite code", secret)
	late.Expect(http.StatusNotFound)
	late.ClickText("button", "Open the invite")
	late.WaitText("This invite is used, too old or withdrawn")
}

func TestWelcomeInTheBrowser(t *testing.T) {
	r := webtest.New(t, whole)
	kim := r.Of(t, r.NewPerson(t, "", ""))
	p := browser.Open(t, r.URL, browser.Options{})
	p.SetCookie(kim.Cookie())
	p.Goto("/dashboard")
	p.WaitText("You are in no workspace")
	p.Accessible()
	p.ClickText("link", "Delete my account")
	p.WaitText("This cannot be undone")
	p.Accessible()
	p.Fill("Type your e-mail address to confirm", kim.User.Email)
	p.ClickText("button", "Delete for good")
	p.WaitText("Your account is deleted")
	p.Goto("/dashboard")
	p.WaitText("Sign in to Ignisfox")
}
