package signin_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestSetupMakesTheFirstOwnerOnce(t *testing.T) {
	r := webtest.New(t, register)
	nobody(t, r)
	link, _, err := r.SignIn.OpenSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	mara := r.Stranger(t)
	// Nothing is said of the server before somebody shows a link.
	facts := []string{"Set up this server", "version 0.1.0", "SQLite", "It is the file /var/lib/ignisfox/kek.", `name="link"`, "Europe/Stockholm (UTC"}
	mara.Get("/setup").Want(200, "Set up this server", "Setup code", "!0.1.0", "!SQLite", "!/var/lib", "!Organisation")
	mara.Post("/setup", form("link", "setup_wrong")).Want(404, "not known", "Setup code", "!SQLite", "!/var/lib")
	mara.Get("/setup").Want(200, "!SQLite")
	mara.Post("/setup", form("link", link.Reveal())).WantGo("/setup")
	mara.Get("/setup").Want(200, append(facts, "!Setup code", "!"+link.Reveal())...)
	r.Stranger(t).Get("/setup").Want(200, "!SQLite", "!/var/lib")
	mara = r.Stranger(t) // the form and the link may also come together
	in := form("link", link.Reveal(), "name", "Mara", "organisation", "Aldermoor", "email", "mara@aldermoor.example", "time_zone", "Europe/Stockholm", "password", "short")
	refused := mara.Post("/setup", in)
	refused.Want(422, "mara@aldermoor.example", "Aldermoor", "!"+link.Reveal(), `id="f-password-e"`, "!Setup code")
	// The browser holds the link by now: nobody goes back to the console for a password that was too short.
	in.Set("link", "")
	in.Set("password", webtest.Password)
	mara.Post("/setup", in).WantGo("/dashboard/settings/security")
	mara.Get("/dashboard/settings/security").Want(200, `"in":"Aldermoor"`, `"must":"second_factor"`)
	mara.Get("/dashboard").WantGo("/dashboard/settings/security")

	late := r.Stranger(t)
	in.Set("link", link.Reveal())
	in.Set("email", "eve@example.com")
	late.Post("/setup", in).Want(404, "This setup link is used, too old or not known", "Setup code")
	if late.Cookie() != nil {
		t.Error("a dead link signs somebody in")
	}
	late.Get("/setup").WantGo("/sign-in")
	late.Post("/setup", form("link", link.Reveal())).Want(404, "This setup link is used", "!/var/lib")
}

func TestASetupLinkThatIsWrongOrOldOpensNothing(t *testing.T) {
	r := webtest.New(t, register)
	nobody(t, r)
	link, _, err := r.SignIn.OpenSetup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	in := form("link", "setup_nothing", "name", "Mara", "organisation", "A", "email", "m@example.com", "time_zone", "UTC", "password", webtest.Password)
	r.Stranger(t).Post("/setup", in).Want(404, "not known")
	r.Pass(25 * time.Hour)
	in.Set("link", link.Reveal())
	r.Stranger(t).Post("/setup", in).Want(404, "too old")
}
