package signin_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// withApp gives somebody an authenticator app; it answers its key and a recovery code.
func withApp(t *testing.T, r *webtest.Rig, u tenant.User) (key, recovery string) {
	t.Helper()
	visit := core.Visit{Address: netip.MustParseAddr("127.0.0.1")}
	o, err := r.SignIn.SignIn(ctx, u.Email, secret.NewString(webtest.Password), visit)
	if err != nil {
		t.Fatal(err)
	}
	who, err := r.SignIn.Authenticate(ctx, o.Cookie, visit.Address)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.SignIn.BeginAuthenticator(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := r.SignIn.ConfirmAuthenticator(ctx, who, codeOf(t, r, e.Key.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	r.Pass(time.Minute) // no code is taken twice
	return e.Key.Reveal(), codes[0].Reveal()
}

func codeOf(t *testing.T, r *webtest.Rig, key string) string {
	t.Helper()
	code, err := totp.GenerateCode(key, r.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestTheSecondStepIsAskedFor(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	key, recovery := withApp(t, r, u)
	kim := r.Stranger(t)
	kim.Post("/sign-in", form("email", u.Email, "password", webtest.Password, "next", "/dashboard/target")).WantGo("/sign-in/code?next=%2Fdashboard%2Ftarget")
	pending := kim.Cookie()
	kim.Get("/dashboard").WantGo("/sign-in")
	kim.Get("/sign-in/code?next=%2Fdashboard%2Ftarget").Want(200, "6 digits", "recovery codes", `value="/dashboard/target"`, "!passkey/begin")
	kim.Post("/sign-in/code", form("code", "000000", "next", "/dashboard/target")).Want(401, "The code is wrong", `value="/dashboard/target"`)
	kim.Post("/sign-in/code", form("code", codeOf(t, r, key), "next", "/dashboard/target")).WantGo("/dashboard/target")
	if kim.Cookie().Value == pending.Value {
		t.Error("the cookie is that of before the second step")
	}
	kim.Get("/dashboard").Want(200, u.Email)

	lost := r.Stranger(t)
	lost.Post("/sign-in", form("email", u.Email, "password", webtest.Password)).WantGo("/sign-in/code")
	lost.Post("/sign-in/code", form("code", " "+recovery)).WantGo("/dashboard")
	again := r.Stranger(t)
	again.Post("/sign-in", form("email", u.Email, "password", webtest.Password))
	again.Post("/sign-in/code", form("code", recovery)).Want(401, "used already")
}

// Whoever tries codes knows the password: the person is told, with what to do.
func TestWrongCodesAreToldAtTheNextSignIn(t *testing.T) {
	r := webtest.New(t, register)
	k := r.NewPerson(t, r.Tenant, tenant.Editor)
	key, _ := withApp(t, r, k)
	thief := r.Stranger(t)
	thief.Post("/sign-in", form("email", k.Email, "password", webtest.Password)).WantGo("/sign-in/code")
	for range 3 {
		thief.Post("/sign-in/code", form("code", "000000")).Want(401)
	}
	in := func() *webtest.Person {
		t.Helper()
		p := r.Stranger(t)
		p.Post("/sign-in", form("email", k.Email, "password", webtest.Password)).WantGo("/sign-in/code")
		p.Post("/sign-in/code", form("code", "000000")).Want(401) // one's own mistake is no news
		p.Post("/sign-in/code", form("code", codeOf(t, r, key))).WantGo("/dashboard")
		r.Pass(time.Minute) // no code is taken twice
		return p
	}
	kim := in()
	kim.Get("/dashboard/drawn").Want(200, `role="alert"`, "3 wrong codes of an authenticator app were given for your account since you last signed in", "change it now",
		`href="/dashboard/settings/security/password"`, "!data-toast")
	kim.Get("/dashboard/drawn").Want(200, "!wrong code") // once
	in().Get("/dashboard/drawn").Want(200, "!wrong code")

	// A confirmation ends the count too, so it tells as well; what is said next does not take the place of it.
	thief.Post("/sign-in/code", form("code", "000000")).Want(401)
	kim.Post("/dashboard/confirm", form("password", webtest.Password, "code", codeOf(t, r, key), "strong", "1")).WantGo("/dashboard")
	kim.Post("/dashboard/say", nil).WantGo("/dashboard/drawn")
	kim.Get("/dashboard/drawn").Want(200, "1 wrong code of an authenticator app was given", "Something was done.", "data-toast")
}

func TestFiveWrongCodesEndTheSignIn(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	key, _ := withApp(t, r, u)
	kim := r.Stranger(t)
	kim.Post("/sign-in", form("email", u.Email, "password", webtest.Password))
	for range 4 {
		kim.Post("/sign-in/code", form("code", "000000")).Want(401, "The code is wrong")
	}
	kim.Post("/sign-in/code", form("code", "000000")).Want(401, "This sign-in is over", `name="password"`)
	kim.Post("/sign-in/code", form("code", codeOf(t, r, key))).Want(401, "This sign-in is over")
	// The right password gives no new tries for ever: it is counted until the sign-in is whole.
	for range 4 {
		kim.Post("/sign-in", form("email", u.Email, "password", webtest.Password)).WantGo("/sign-in/code")
	}
	kim.Post("/sign-in", form("email", u.Email, "password", webtest.Password)).Want(429, "Wait 5 minutes")
}

func TestASecondStepThatIsOverBeginsAgain(t *testing.T) {
	r := webtest.New(t, register)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	withApp(t, r, u)
	kim := r.Stranger(t)
	kim.Get("/sign-in/code").Want(401, "Begin again with your password", `name="password"`)
	kim.Post("/sign-in", form("email", u.Email, "password", webtest.Password))
	r.Pass(tenant.PendingFor + time.Second)
	kim.Get("/sign-in/code?next=%2Fdashboard%2Ftarget").Want(401, "Begin again with your password", `value="/dashboard/target"`)
}

func TestPasskeysThatProveNothingAreRefused(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.Stranger(t)
	script := map[string]string{"Content-Type": "application/json", "HX-Request": "true"}
	a := kim.Do("POST", "/sign-in/passkey/begin", nil, script)
	a.Want(200, `"ceremony":"`, `"challenge":"`)
	a = kim.DoBody("POST", "/sign-in/passkey/finish", `{"ceremony":"x","answer":{}}`, script)
	a.Want(401, `{"error":"The passkey was not accepted. Try again."}`)
	kim.DoBody("POST", "/sign-in/passkey/finish", `{"cere`, script).Want(400, `{"error":`)
	if kim.Cookie() != nil {
		t.Error("somebody was signed in")
	}
}
