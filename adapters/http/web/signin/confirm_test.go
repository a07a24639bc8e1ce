package signin_test

import (
	"testing"
	"time"

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
