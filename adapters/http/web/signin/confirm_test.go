package signin_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestAProofOfIdentityIsAskedForAndHolds(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	kim.Get("/dashboard/target").Want(200)
	r.Pass(tenant.FreshFor + time.Second)
	kim.Get("/dashboard/target?a=b").WantGo("/dashboard/confirm?next=%2Fdashboard%2Ftarget%3Fa%3Db")
	kim.Get("/dashboard/confirm?next=%2Fdashboard%2Ftarget%3Fa%3Db").Want(200, `value="/dashboard/target?a=b"`, "!data-passkey=")
	kim.Post("/dashboard/confirm", form("password", "wrong", "next", "/dashboard/target?a=b")).Want(422, "The password is wrong", `value="/dashboard/target?a=b"`)
	before := kim.Cookie()
	kim.Post("/dashboard/confirm", form("password", webtest.Password, "next", "/dashboard/target?a=b")).WantGo("/dashboard/target?a=b")
	if kim.Cookie().Value == before.Value {
		t.Error("the cookie is the old one")
	}
	kim.Get("/dashboard/target").Want(200)
	r.Stranger(t).Get("/dashboard/confirm").WantGo("/sign-in?next=%2Fdashboard%2Fconfirm")
}

func TestAFormThatNeedsAProofComesBackToItsPage(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	r.Pass(tenant.FreshFor + time.Second)
	a := kim.Post("/dashboard/target", form("name", "x"))
	a.Want(403, "Confirm that it is you", `value="/dashboard/target"`, "<html")
	script := map[string]string{"HX-Request": "true", "HX-Current-URL": r.URL + "/dashboard"}
	a = kim.Do("POST", "/dashboard/target", form("name", "x"), script)
	a.Want(403, "Confirm that it is you", "!<html", `name="again"`)
	if a.Header.Get("X-Confirm") != "1" {
		t.Error("the script is not told what the answer is")
	}
	a = kim.Do("POST", "/dashboard/confirm", form("password", "wrong", "again", "1"), script)
	a.Want(422, "The password is wrong", "!<html", `name="again"`)
	a = kim.Do("POST", "/dashboard/confirm", form("password", webtest.Password, "again", "1"), script)
	a.Want(204)
	if a.Header.Get("X-Confirmed") != "1" {
		t.Error("the script is not told that it may repeat the request")
	}
	kim.Do("POST", "/dashboard/target", form("name", "x"), script).Want(200)
	// A form on the page of the confirmation itself has nothing to repeat.
	a = kim.Do("POST", "/dashboard/confirm", form("password", webtest.Password, "next", "/dashboard/target"), script)
	if a.Status != 204 || a.Header.Get("HX-Redirect") != "/dashboard/target" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
}

func TestProofsAreCountedAsTries(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	for range 5 {
		kim.Post("/dashboard/confirm", form("password", "wrong")).Want(422)
	}
	kim.Post("/dashboard/confirm", form("password", webtest.Password)).Want(429, "Too many wrong tries")
}

func TestSwitchingWorkspaces(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	other := r.NewTenant(t, "Beta")
	r.Join(t, other.Tenant, kim.User, tenant.Viewer)
	kim.Post("/dashboard/workspace", form("workspace", string(other.Tenant))).WantGo("/dashboard")
	kim.Get("/dashboard").Want(200, `"in":"Beta"`, "You are in Beta now.")
	foreign := r.NewTenant(t, "Gamma")
	kim.Post("/dashboard/workspace", form("workspace", string(foreign.Tenant))).Want(404, "!Gamma")
	kim.Post("/dashboard/workspace", form("workspace", "nothing")).Want(404)
	kim.Get("/dashboard").Want(200, `"in":"Beta"`)
}

// Somebody with a second factor gives it too before what decides about sign-ins and members; the password alone does not do.
func TestAStrongProofTakesTheSecondFactor(t *testing.T) {
	r := webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		register(k, r)
		k.Get("/dashboard/strong", "", tenant.CredentialUpdate, page)
		k.Post("/dashboard/strong", "", tenant.CredentialUpdate, page)
	})
	plain := r.As(t, tenant.Editor)
	kim, app, codes := somebodyWithApp(t, r)
	kim.Get("/dashboard/strong").Want(200)
	r.Pass(tenant.FreshFor + time.Second)
	plain.Get("/dashboard/strong").WantGo("/dashboard/confirm?next=%2Fdashboard%2Fstrong")
	plain.Get("/dashboard/confirm?next=%2Fdashboard%2Fstrong&strong=1").Want(200, `!name="code"`)
	plain.Post("/dashboard/confirm", form("password", webtest.Password, "next", "/dashboard/strong", "strong", "1")).WantGo("/dashboard/strong")
	plain.Get("/dashboard/strong").Want(200)

	const ask = "/dashboard/confirm?next=%2Fdashboard%2Fstrong&strong=1"
	kim.Get("/dashboard/strong").WantGo(ask)
	kim.Get(ask).Want(200, `name="code"`, `name="strong" value="1"`, "or one of your recovery codes")
	kim.Get("/dashboard/confirm?next=%2Fdashboard%2Ftarget").Want(200, `!name="code"`)
	proof := func(password, code string) webtest.Answer {
		return kim.Post("/dashboard/confirm", form("password", password, "code", code, "next", "/dashboard/strong", "strong", "1"))
	}
	proof(webtest.Password, "").Want(422, "Give a code too", `id="confirm-code"`)
	proof(webtest.Password, "000000").Want(401, "The code is wrong", `name="strong"`, "!"+webtest.Password)
	kim.Get("/dashboard/strong").WantGo(ask)
	kim.Post("/dashboard/confirm", form("password", webtest.Password, "next", "/dashboard/target")).WantGo("/dashboard/target")
	kim.Get("/dashboard/target").Want(200) // that proof was enough for it
	kim.Get("/dashboard/strong").WantGo(ask)
	proof(webtest.Password, app()).WantGo("/dashboard/strong")
	kim.Get("/dashboard/strong").Want(200)

	r.Pass(tenant.FreshFor + time.Second)
	script := map[string]string{"HX-Request": "true", "HX-Current-URL": r.URL + "/dashboard"}
	a := kim.Do("POST", "/dashboard/strong", nil, script)
	a.Want(403, `name="strong" value="1"`, `name="again" value="1"`, `name="code"`)
	a = kim.Do("POST", "/dashboard/confirm", form("password", webtest.Password, "code", codes[0], "again", "1", "strong", "1"), script)
	if a.Status != 204 || a.Header.Get("X-Confirmed") != "1" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	kim.Do("POST", "/dashboard/strong", nil, script).Want(200)
}

// somebodyWithApp is somebody signed in who has an app; code answers what it shows, another one each time.
func somebodyWithApp(t *testing.T, r *webtest.Rig) (p *webtest.Person, code func() string, recovery []string) {
	t.Helper()
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	p = r.Of(t, u)
	who, err := r.SignIn.Authenticate(ctx, secret.NewString(p.Cookie().Value), netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.SignIn.BeginAuthenticator(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	code = func() string {
		r.Pass(time.Minute) // no code is taken twice
		c, err := totp.GenerateCode(e.Key.Reveal(), r.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	codes, err := r.SignIn.ConfirmAuthenticator(ctx, who, code())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range codes {
		recovery = append(recovery, c.Reveal())
	}
	in := r.Stranger(t)
	in.User = u
	in.Post("/sign-in", form("email", u.Email, "password", webtest.Password)).WantGo("/sign-in/code")
	in.Post("/sign-in/code", form("code", code())).WantGo("/dashboard")
	return in, code, recovery
}
