package settings_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

const aNonce = `name="once" value="([A-Z2-7]{20,})"`

// A reload of the page that shows a token sends the form again, and so does a second press where no script holds it back.
func TestAFormThatIsSentAgainMakesNoSecondToken(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	f := form("name", "grafana", "scopes", "read", "days", "30", "once", found(t, kim.Get(tokens+"/new"), aNonce))
	wrong := form("name", "grafana", "scopes", "everything", "days", "30", "once", f.Get("once"))
	kim.Post(tokens+"/new", wrong).Want(422, `value="grafana"`) // a refusal uses nothing up
	raw := found(t, kim.Post(tokens+"/new", f), `<code id="token">([^<]+)</code>`)
	for range 2 {
		kim.Post(tokens+"/new", f).Want(409, "Already made", "shown once", `href="`+tokens+`"`, "!"+raw)
	}
	kim.Get(tokens).Want(200, "1 token<", raw[len(raw)-4:])
	f.Set("once", found(t, kim.Get(tokens+"/new"), aNonce))
	kim.Post(tokens+"/new", f).Want(200, "Copy the token of grafana now")
}

// Of a form that is sent twice at once, one sending makes the token.
func TestTwoSendingsAtOnceMakeOneToken(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	f := form("name", "grafana", "scopes", "read", "days", "30", "once", found(t, kim.Get(tokens+"/new"), aNonce))
	var both sync.WaitGroup
	answers := make([]webtest.Answer, 2)
	for i := range answers {
		both.Go(func() { answers[i] = kim.Post(tokens+"/new", f) })
	}
	both.Wait()
	if a, b := answers[0].Status, answers[1].Status; a+b != 200+409 {
		t.Errorf("the answers are %d and %d", a, b)
	}
	kim.Get(tokens).Want(200, "1 token<")
}

func TestAnInviteThatIsSentAgainKeepsItsLink(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	page := members + "/invite"
	f := form("emails", owner.User.Email, "role", "editor", "once", found(t, owner.Get(members), aNonce))
	owner.Post(page, f).Want(409, "is a member of the workspace already", `value="`+owner.User.Email+`"`) // and uses nothing up
	f.Set("emails", owner.User.Email+", lena@example.com")
	link := found(t, owner.Post(page, f), `/invite#([^<]+)<`)
	f.Set("emails", "ivo@example.com")
	owner.Post(page, f).Want(409, "Already made", `href="`+members+`"`, "!"+link)
	if a := owner.Get(members); strings.Count(a.Body, "invited as") != 1 || strings.Contains(a.Body, "ivo@") {
		t.Errorf("the form was taken twice: %s", a.Body)
	}
	r.Stranger(t).Post("/invite", form("link", link)).WantGo("/invite") // the second sending made no new link in its place

	renew := members + "/invites/" + found(t, owner.Get(members), `members/invites/([^/]+)/renew`) + "/renew"
	again := form("once", found(t, owner.Get(renew), aNonce))
	fresh := found(t, owner.Post(renew, again), `/invite#([^<]+)<`)
	r.Stranger(t).Post("/invite", form("link", link)).Want(404)
	owner.Post(renew, again).Want(409, "Already made", `href="`+members+`"`, "!"+fresh)
	r.Stranger(t).Post("/invite", form("link", fresh)).WantGo("/invite")
}

func TestRecoveryCodesThatAreAskedForAgainStayAsTheyWereShown(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	enrol(t, r, kim)
	page := security + "/recovery-codes"
	f := form("once", found(t, kim.Get(page), aNonce))
	codes := strings.Fields(found(t, kim.Post(page, f), `(?s)<code id="codes" class="codes">([^<]+)</code>`))
	kim.Post(page, f).Want(409, "Already made", "shown once", `href="`+security+`"`, "!"+codes[0])
	phone := r.Stranger(t)
	phone.Post("/sign-in", form("email", kim.User.Email, "password", webtest.Password)).WantGo("/sign-in/code")
	phone.Post("/sign-in/code", form("code", codes[0])).WantGo("/dashboard")
	kim.Post(page, form("once", found(t, kim.Get(page), aNonce))).Want(200, "The old codes stopped working", "!"+codes[1])
}
