package settings_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/ports"
)

// code answers what the app shows whose key the page says.
func code(t *testing.T, r *webtest.Rig, key string) string {
	t.Helper()
	c, err := totp.GenerateCode(strings.ReplaceAll(key, " ", ""), r.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// enrol gives somebody an app; it answers the key and the recovery codes.
func enrol(t *testing.T, r *webtest.Rig, p *webtest.Person) (key string, codes []string) {
	t.Helper()
	key = found(t, p.Post(security+"/authenticator", nil), `<code id="key">([^<]+)</code>`)
	a := p.Post(security+"/authenticator/confirm", form("code", code(t, r, key)))
	a.Want(200, "Store your recovery codes", "shown this once")
	r.Pass(time.Minute) // no code is taken twice
	return key, strings.Fields(found(t, a, `(?s)<code id="codes" class="codes">([^<]+)</code>`))
}

// replace puts another app in the place of the one there is.
func replace(t *testing.T, r *webtest.Rig, p *webtest.Person) {
	t.Helper()
	a := p.Post(security+"/authenticator", nil)
	key := found(t, a, `<code id="key">([^<]+)</code>`)
	p.Post(security+"/authenticator/confirm", form("code", code(t, r, key))).WantGo(security)
	r.Pass(time.Minute) // no code is taken twice
}

func TestAnAuthenticatorIsEnrolledUsedAndRemoved(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	kim.Get(security+"/authenticator").Want(200, "Show the key", "!<img")
	a := kim.Post(security+"/authenticator", nil)
	picture := found(t, a, `src="data:image/png;base64,([^"]+)"`)
	if png, err := base64.StdEncoding.DecodeString(picture); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
	if a.Header.Get("Content-Encoding") != "" {
		t.Error("a page with a secret is packed")
	}
	kim.Post(security+"/authenticator/confirm", form("code", "000000")).Want(401, "Give the newest code of the app", "Begin again with a new key", "!<img")
	kim.Get(security).Want(200, "!Recovery codes")
	key, codes := enrol(t, r, kim)
	if len(codes) != 10 {
		t.Errorf("%d codes", len(codes))
	}
	kim.Get(security).Want(200, "10 of 10 left", "Remove the authenticator app", "!"+codes[0], "!"+key)
	kim.Get(security).Want(200, "Replace the authenticator app")
	replace(t, r, kim)

	phone := r.Stranger(t)
	phone.Post("/sign-in", form("email", kim.User.Email, "password", webtest.Password)).WantGo("/sign-in/code")
	phone.Post("/sign-in/code", form("code", codes[0])).WantGo("/dashboard")
	kim.Get(security).Want(200, "9 of 10 left", "2 sessions")
	a = kim.Post(security+"/recovery-codes", nil)
	a.Want(200, "The old codes stopped working", "!"+codes[1])
	kim.Get(security+"/authenticator/remove").Want(200, "Remove the authenticator app?", "Keep it")
	kim.Post(security+"/authenticator/remove", nil).WantGo(security)
	kim.Get(security).Want(200, "!Recovery codes")
	kim.Post(security+"/recovery-codes", nil).Want(409, "Add an authenticator app or a passkey first")
	kim.Post(security+"/authenticator/confirm", form("code", "123456")).WantGo(security + "/authenticator")
}

func TestWhoMustHaveASecondFactorGetsToNothingElse(t *testing.T) {
	r := webtest.New(t, register)
	owner, kim := r.As(t, tenant.Owner), r.As(t, tenant.Editor)
	owner.Post(security+"/require", form("second_factor", "on")).Want(409, "You have no second factor yourself")
	enrol(t, r, owner)
	owner.Post(security+"/require", form("second_factor", "on")).WantGo(security)
	owner.Get(security).Want(200, "Stop requiring", "Members without one are asked")

	kim.Get(profile).WantGo(security)
	kim.Get(members).WantGo(security)
	kim.Post(profile, form("name", "x")).WantGo(security)
	kim.Get(security).Want(200, "Add a second factor to go on", "Test workspace requires one of every member", "Add an authenticator app", "Add a passkey",
		"!Change your password", "!Members", "!Sign out others", "Sign out")
	a := kim.Post(security+"/authenticator", nil)
	key := found(t, a, `<code id="key">([^<]+)</code>`)
	kim.Post(security+"/authenticator/confirm", form("code", code(t, r, key))).Want(200, "Store your recovery codes", `action="/dashboard"`)
	kim.Get(profile).Want(200, "This workspace requires it.")
	kim.Post(security+"/authenticator/remove", nil).Want(409, "this is the last one")
	for _, role := range []tenant.Role{tenant.Editor, tenant.Viewer} {
		lee := r.As(t, role)
		lee.Get(security).Want(200, "!Require a second factor")
		enrol(t, r, lee)
		lee.Post(security+"/require", form("second_factor", "off")).Want(403)
	}
	owner.Post(security+"/require", form("second_factor", "off")).WantGo(security)
	r.As(t, tenant.Viewer).Get(profile).Want(200)
}

func TestPlatformAdminsMustHaveOne(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Owner)
	err := r.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Users().SetPlatformAdmin(ctx, u.ID, true) })
	if err != nil {
		t.Fatal(err)
	}
	kim := r.Of(t, u)
	kim.Get(profile).WantGo(security)
	kim.Get(security).Want(200, "You are a platform admin")
	enrol(t, r, kim)
	kim.Get(profile).Want(200, "Required for platform admins.")
	kim.Post(security+"/authenticator/remove", nil).Want(409, "this is the last one")
}

func TestChangingThePasswordEndsOtherSessions(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Viewer)
	kim, phone := r.Of(t, u), r.Of(t, u)
	const path = security + "/password"
	kim.Get(path).Want(200, `autocomplete="current-password"`, `autocomplete="new-password"`)
	kim.Post(path, form("password", "wrong", "new_password", "another long password")).Want(422, "The password is wrong", "!another long password")
	kim.Post(path, form("password", webtest.Password, "new_password", "short")).Want(422, `id="f-new_password-e"`, "!"+webtest.Password)
	kim.Post(path, form("password", webtest.Password, "new_password", "another long password")).WantGo(security)
	kim.Get(security).Want(200, "1 session", "Your other sessions are over")
	phone.Get(profile).WantGo("/sign-in?next=%2Fdashboard%2Fsettings%2Fprofile")
	r.Stranger(t).Post("/sign-in", form("email", u.Email, "password", webtest.Password)).Want(401)
	r.Stranger(t).Post("/sign-in", form("email", u.Email, "password", "another long password")).WantGo("/dashboard")
	for range 5 {
		kim.Post(path, form("password", "wrong", "new_password", "another long password"))
	}
	kim.Post(path, form("password", "another long password", "new_password", "yet another password")).Want(429, "Too many wrong tries")
}

// A new password that cannot be taken is said before the current one is looked at: it is no wrong try.
func TestANewPasswordThatIsRefusedIsNoWrongTry(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	const path = security + "/password"
	for range 8 {
		kim.Post(path, form("password", webtest.Password, "new_password", "short")).Want(422, `id="f-new_password-e"`)
	}
	kim.Post(path, form("password", "wrong", "new_password", "short")).Want(422, `id="f-new_password-e"`, "!The password is wrong")
	kim.Post(path, form("password", webtest.Password, "new_password", "another long password")).WantGo(security)
	for range 20 { // but looking at new ones is not free without end
		kim.Post(path, form("password", "wrong", "new_password", "short"))
	}
	kim.Post(path, form("password", "x", "new_password", "short")).Want(429)
}

// A session has a bounded number of challenges made.
func TestChallengesOfASessionAreBounded(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Viewer)
	kim, other := r.Of(t, u), r.Of(t, u)
	script := map[string]string{"Content-Type": "application/json", "Accept": "application/json", "HX-Request": "true"}
	for range 10 {
		kim.DoBody("POST", security+"/passkeys/begin", "{}", script).Want(200, "challenge")
		kim.Post(security+"/authenticator", nil).Want(200)
	}
	for _, path := range []string{security + "/passkeys/begin", security + "/passkeys/finish", "/dashboard/confirm/passkey/begin", "/dashboard/confirm/passkey/finish"} {
		kim.DoBody("POST", path, "{}", script).Want(429, "Too many")
	}
	kim.Post(security+"/authenticator", nil).Want(429)
	kim.Post(security+"/authenticator/confirm", form("code", "123456")).Want(429)
	other.DoBody("POST", security+"/passkeys/begin", "{}", script).Want(200)
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Viewer)
	kim, phone, tablet := r.Of(t, u), r.Of(t, u), r.Of(t, u)
	kim.Get(security).Want(200, "3 sessions", "Firefox on Linux", "(this one)", "127.0.0.1")
	stranger := r.As(t, tenant.Owner)
	id := found(t, stranger.Get(security), `sessions/(ses[^/]+)/end`)
	kim.Post(security+"/sessions/"+id+"/end", nil).Want(404)
	kim.Get(security + "/sessions/" + id + "/end").Want(404)
	stranger.Get(security).Want(200)

	kim.Post(security+"/sessions/end-others", nil).WantGo(security)
	kim.Get(security).Want(200, "1 session", "2 other sessions signed out.")
	phone.Get(profile).WantGo("/sign-in?next=%2Fdashboard%2Fsettings%2Fprofile")
	tablet.Get(profile).WantGo("/sign-in?next=%2Fdashboard%2Fsettings%2Fprofile")
	here := found(t, kim.Get(security), `href="/dashboard/settings/security/sessions/(ses[^/]+)/end" aria-label="[^"]+" data-dialog`) // one's own is asked about
	kim.Get(security+"/sessions/"+here+"/end").Want(200, "Sign out of this browser?", "you have to sign in again", `action="/dashboard/settings/security/sessions/`+here+`/end"`)
	kim.Get(security).Want(200, "1 session")
	kim.Post(security+"/sessions/"+here+"/end", nil).WantGo("/sign-in")
	kim.Get(profile).WantGo("/sign-in?next=%2Fdashboard%2Fsettings%2Fprofile")
}

func TestWorkOnFactorsNeedsAProof(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Owner)
	r.Pass(tenant.FreshFor + time.Second)
	kim.Get(security).Want(200)
	for _, path := range []string{"/password", "/authenticator", "/recovery-codes", "/passkeys/new", "/authenticator/remove"} {
		kim.Get(security + path).WantGo("/dashboard/confirm?next=" + strings.ReplaceAll(security+path, "/", "%2F"))
	}
	for _, path := range []string{"/password", "/authenticator", "/authenticator/confirm", "/recovery-codes", "/passkeys/begin", "/passkeys/finish", "/authenticator/remove"} {
		kim.Post(security+path, nil).Want(403, "Confirm that it is you")
	}
}
