package signin_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/ports"
)

func invite(t *testing.T, r *webtest.Rig, email string, role tenant.Role) string {
	t.Helper()
	_, link, err := r.Account.CreateInvite(ctx, r.Owner, account.NewInvite{Email: email, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return link.Reveal()
}

func TestAnInviteMakesAnAccount(t *testing.T) {
	r := webtest.New(t, register)
	link := invite(t, r, "lena@example.com", tenant.Editor)
	lena := r.Stranger(t)
	lena.Get("/invite").Want(200, "Open an invite", `data-link-go`, "!Test workspace")
	lena.Post("/invite", form("link", link)).WantGo("/invite")
	lena.Get("/invite").Want(200, "Join Test workspace", "an editor", "lena@example.com", "3 days", "!"+link)
	lena.Post("/invite/accept", form("name", "Lena", "email", "lena@example.com", "password", "x")).Want(422, `value="Lena"`, `id="f-password-e"`)
	lena.Post("/invite/accept", form("name", "Lena", "email", "other@example.com", "password", webtest.Password)).WantGo("/dashboard")
	lena.Get("/dashboard").Want(200, "lena@example.com", "Test workspace", "You are in Test workspace now, as editor.")
	// Used once.
	late := r.Stranger(t)
	late.Post("/invite", form("link", link)).Want(404, "This invite is used, too old or withdrawn")
	lena.Get("/invite").Want(200, "Open an invite")
}

func TestAKnownAddressSignsInFirst(t *testing.T) {
	r := webtest.New(t, register)
	elsewhere := r.NewTenant(t, "Elsewhere")
	u := r.NewPerson(t, elsewhere.Tenant, tenant.Owner)
	link := invite(t, r, u.Email, tenant.Viewer)
	kim := r.Stranger(t)
	kim.Post("/invite", form("link", link))
	kim.Get("/invite").Want(200, "has an account here", "/sign-in?next=%2Finvite", "!Make the account")
	kim.Post("/invite/accept", form("name", "Kim", "password", webtest.Password)).Want(409, "Sign in, then accept the invite")
	kim.Post("/sign-in", form("email", u.Email, "password", webtest.Password, "next", "/invite")).WantGo("/invite")
	kim.Get("/invite").Want(200, "You are signed in as "+u.Email, "Join the workspace", "a viewer")
	kim.Post("/invite/join", nil).WantGo("/dashboard")
	kim.Get("/dashboard").Want(200, `"in":"Test workspace"`)
	again := invite(t, r, "x@example.com", tenant.Viewer)
	kim.Post("/invite", form("link", again))
	kim.Post("/invite/join", nil).Want(409, "already")
}

func TestInvitesThatAreOverOpenNothing(t *testing.T) {
	r := webtest.New(t, register)
	link := invite(t, r, "lena@example.com", tenant.Editor)
	lena := r.Stranger(t)
	lena.Post("/invite", form("link", link))
	r.Pass(tenant.InviteFor)
	lena.Get("/invite").Want(404, "too old", "!Test workspace")
	lena.Post("/invite", form("link", link)).Want(404)
	lena.Post("/invite", form("link", "inv_nothing")).Want(404)
	lena.Post("/invite/accept", form("name", "Lena", "password", webtest.Password)).Want(404)
	if lena.Cookie() != nil {
		t.Error("somebody was let in")
	}
}

func TestSomebodyWithoutAWorkspaceIsWelcomed(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.Of(t, r.NewPerson(t, "", ""))
	kim.Get("/dashboard").WantGo("/dashboard/welcome")
	kim.Get("/dashboard/welcome").Want(200, "You are in no workspace", kim.User.Email, "Delete my account")
	kim.Post("/invite", form("link", invite(t, r, "x@example.com", tenant.Viewer))).WantGo("/invite")
	kim.Post("/invite/join", nil).WantGo("/dashboard")
	kim.Get("/dashboard/welcome").WantGo("/dashboard")
}

func TestOpenSignUpMakesAWorkspaceAtTheFirstHit(t *testing.T) {
	r := webtest.NewWith(t, webtest.Setup{SignUp: true}, register)
	kim := r.Stranger(t)
	kim.Get("/sign-in").Want(200, `href="/sign-up"`)
	kim.Get("/sign-up").Want(200, "Make an account")
	kim.Post("/sign-up", form("name", "Kim", "email", "kim", "password", webtest.Password)).Want(422, `value="Kim"`, `id="f-email-e"`)
	kim.Post("/sign-up", form("name", "Kim", "email", "kim@example.com", "password", webtest.Password)).WantGo("/dashboard")
	kim.Get("/dashboard").WantGo("/dashboard")
	kim.Get("/dashboard").Want(200, "Kim's workspace")

	closed := webtest.New(t, register)
	eve := closed.Stranger(t)
	eve.Get("/sign-up").Want(404)
	eve.Post("/sign-up", form("name", "Eve", "email", "eve@example.com", "password", webtest.Password)).Want(404)
	eve.Get("/sign-in").Want(200, "!sign-up")
}

// A workspace is made for somebody once; whoever left or deleted it makes another themselves, or goes for good.
func TestWhoLostTheirWorkspaceIsNotGivenAnother(t *testing.T) {
	r := webtest.NewWith(t, webtest.Setup{SignUp: true}, register)
	kim := r.Stranger(t)
	account := form("name", "Kim", "email", "kim@example.com", "password", webtest.Password)
	kim.Post("/sign-up", account).WantGo("/dashboard")
	kim.Get("/dashboard").WantGo("/dashboard")
	shred(t, r, "kim@example.com")
	kim.Get("/dashboard").WantGo("/dashboard/welcome")
	kim.Get("/dashboard/welcome").Want(200, "You are in no workspace", "Make a workspace", "Delete my account")
	kim.Get("/dashboard").WantGo("/dashboard/welcome")
	kim.Post("/dashboard/welcome", nil).WantGo("/dashboard")
	kim.Get("/dashboard").Want(200, "Kim's workspace", "The workspace is made.")
	kim.Post("/dashboard/welcome", nil).WantGo("/dashboard") // who has one gets no other
	kim.Get("/dashboard").Want(200, `"in":"Kim's workspace"`, "!The workspace is made.")

	shred(t, r, "kim@example.com")
	kim.Get("/dashboard/account/delete").Want(200, "This cannot be undone", "!Leave or delete")
	kim.Post("/dashboard/account/delete", form("email", "kim@example.com")).Want(200, "Your account is deleted")

	closed := webtest.New(t, register)
	lee := closed.Of(t, closed.NewPerson(t, "", ""))
	lee.Get("/dashboard/welcome").Want(200, "!Make a workspace")
	lee.Post("/dashboard/welcome", nil).Want(405)
}

// shred deletes the workspace of somebody, as they would themselves.
func shred(t *testing.T, r *webtest.Rig, email string) {
	t.Helper()
	err := r.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		u, err := tx.Users().ByEmail(ctx, email)
		if err != nil {
			return err
		}
		in, err := tx.Users().Memberships(ctx, u.ID)
		if err != nil || len(in) != 1 {
			return fmt.Errorf("%d workspaces: %w", len(in), err)
		}
		return tx.Tenants().Shred(ctx, in[0].Tenant.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Another account may accept what this browser holds: signing out for that does not lose it. Any other sign-out does.
func TestAnInviteIsKeptForAnotherAccountAlone(t *testing.T) {
	r := webtest.New(t, register)
	link := invite(t, r, "x@example.com", tenant.Viewer)
	kim := r.Of(t, r.NewPerson(t, "", ""))
	lee := r.NewPerson(t, "", "")
	kim.Post("/invite", form("link", link)).WantGo("/invite")
	kim.Get("/invite").Want(200, "Use another account", `name="next" value="/invite"`)
	kim.Post("/sign-out", form("next", "/invite")).WantGo("/sign-in?next=%2Finvite")
	kim.Post("/sign-in", form("email", lee.Email, "password", webtest.Password, "next", "/invite")).WantGo("/invite")
	kim.Get("/invite").Want(200, "Join Test workspace")
	kim.Post("/sign-out", nil).WantGo("/sign-in")
	kim.Get("/invite").Want(200, "Open an invite", "!Test workspace")
}

func TestAnAccountWithoutAWorkspaceCanBeDeleted(t *testing.T) {
	r := webtest.New(t, register)
	member := r.As(t, tenant.Viewer)
	member.Get("/dashboard/account/delete").Want(200, "Leave or delete it first", "Test workspace", "!Delete for good")
	member.Post("/dashboard/account/delete", form("email", member.User.Email)).Want(409, "Leave or delete it first")
	kim := r.Of(t, r.NewPerson(t, "", ""))
	kim.Get("/dashboard/account/delete").Want(200, "This cannot be undone", "Keep it")
	kim.Post("/dashboard/account/delete", form("email", "other@example.com")).Want(422, "Repeat your e-mail address")
	r.Pass(tenant.FreshFor + time.Second)
	kim.Get("/dashboard/account/delete").WantGo("/dashboard/confirm?next=%2Fdashboard%2Faccount%2Fdelete")
	kim.Post("/dashboard/confirm", form("password", webtest.Password, "next", "/dashboard/account/delete")).WantGo("/dashboard/account/delete")
	kim.Post("/dashboard/account/delete", form("email", kim.User.Email)).Want(200, "Your account is deleted")
	kim.Get("/dashboard/welcome").WantGo("/sign-in?next=%2Fdashboard%2Fwelcome")
	r.Stranger(t).Post("/sign-in", form("email", kim.User.Email, "password", webtest.Password)).Want(401)
}
