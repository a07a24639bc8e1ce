package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestOnlyOwnersChangeMembers(t *testing.T) {
	r := webtest.New(t, register)
	owner, lee := r.As(t, tenant.Owner), r.NewPerson(t, r.Tenant, tenant.Viewer)
	row := members + "/" + string(lee.ID)
	owner.Get(members).Want(200, "3 members", lee.Email, "(you)", `href="`+row+`/remove"`, "Make the link")
	for _, role := range []tenant.Role{tenant.Editor, tenant.Viewer} {
		kim := r.As(t, role)
		kim.Get(members).Want(200, lee.Email, "!/remove", "!<select", "!Make the link")
		kim.Post(row+"/role", form("role", "owner")).Want(403)
		kim.Post(row+"/remove", nil).Want(403)
		kim.Get(row + "/remove").Want(403)
		kim.Post(members+"/invite", form("emails", "x@example.com", "role", "owner")).Want(403)
	}
	owner.Post(row+"/role", form("role", "editor")).WantGo(members)
	owner.Get(members).Want(200, "Kim viewer is an editor now.")
	owner.Get(row+"/role").Want(200, "Role of Kim viewer", `value="editor" selected`)
	owner.Post(row+"/role", form("role", "emperor")).Want(422, "There is no such role")
	owner.Get(row+"/remove").Want(200, "Remove Kim viewer?", "Keep them", "API tokens here stop working")
	owner.Post(row+"/remove", nil).WantGo(members)
	owner.Get(members).Want(200, "!"+lee.Email, "is removed")
	owner.Post(row+"/remove", nil).Want(404)
}

func TestTheLastOwnerStays(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	first := members + "/" + string(r.Owner.User)
	owner.Post(first+"/remove", nil).WantGo(members)
	self := members + "/" + string(owner.User.ID)
	owner.Post(self+"/role", form("role", "viewer")).Want(409, "A workspace keeps one owner", owner.User.Email)
	owner.Post(self+"/remove", nil).Want(409, "A workspace keeps one owner")
	owner.Get(members).Want(200, "1 member<")
}

func TestMembersOfOtherWorkspacesAreNotThere(t *testing.T) {
	r := webtest.New(t, register)
	owner, foreign := r.As(t, tenant.Owner), r.NewTenant(t, "Foreign")
	row := members + "/" + string(foreign.User)
	owner.Post(row+"/role", form("role", "viewer")).Want(404)
	owner.Get(row + "/remove").Want(404)
	owner.Post(row+"/remove", nil).Want(404)
	owner.Get(members + "/nothing/remove").Want(404)
}

func TestInvitesAreShownOnceAndWork(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	a := owner.Post(members+"/invite", form("emails", "lena@example.com, ivo@example.com;lena@EXAMPLE.com", "role", "editor"))
	a.Want(200, "2 invite links", "lena@example.com", "ivo@example.com", "shown this once")
	if a.Header.Get("Content-Encoding") != "" || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		t.Error("a page with secrets is packed or kept")
	}
	link := found(t, a, `<code id="link-0">`+r.URL+`/invite#([^<]+)<`)
	owner.Get(members).Want(200, "invited as editor, 72 hours left", "New link", "!"+link)
	r.Pass(time.Second)
	owner.Get(members).Want(200, "invited as editor, 72 hours left")

	lena := r.Stranger(t)
	lena.Post("/invite", form("link", link)).WantGo("/invite")
	lena.Post("/invite/accept", form("name", "Lena", "password", webtest.Password)).WantGo("/dashboard")
	if a := owner.Get(members); strings.Count(a.Body, "invited as") != 1 || !strings.Contains(a.Body, "Lena") {
		t.Errorf("an invite that was used is still there: %s", a.Body)
	}

	id := found(t, owner.Get(members), `members/invites/([^/]+)/renew`)
	old := found(t, a, `<code id="link-1">`+r.URL+`/invite#([^<]+)<`)
	owner.Get(members+"/invites/"+id+"/renew").Want(200, "New link for ivo@example.com?", "stops working")
	fresh := found(t, owner.Post(members+"/invites/"+id+"/renew", nil), `/invite#([^<]+)<`)
	ivo := r.Stranger(t)
	ivo.Post("/invite", form("link", old)).Want(404)
	ivo.Post("/invite", form("link", fresh)).WantGo("/invite")
	id = found(t, owner.Get(members), `members/invites/([^/]+)/cancel`)
	owner.Get(members+"/invites/"+id+"/cancel").Want(200, "Cancel the invite of ivo@example.com?", "Keep it")
	owner.Post(members+"/invites/"+id+"/cancel", nil).WantGo(members)
	ivo.Get("/invite").Want(404)
	owner.Post(members+"/invites/"+id+"/cancel", nil).Want(404)
}

func TestInvitesAreRefusedAsAWhole(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	owner.Post(members+"/invite", form("emails", " , ", "role", "editor")).Want(422, "Give at least one address")
	owner.Post(members+"/invite", form("emails", "a@example.com, <script>alert(1)</script>", "role", "editor")).
		Want(422, "&lt;script&gt;alert(1)&lt;/script&gt;", "!<script>alert", `id="f-emails-e"`)
	owner.Post(members+"/invite", form("emails", strings.Repeat("a@example.com ", 2)+many(21), "role", "editor")).Want(422, "at most 20")
	owner.Post(members+"/invite", form("emails", "a@example.com", "role", "emperor")).Want(422, "There is no such role", `value="a@example.com"`)
	owner.Post(members+"/invite", form("emails", owner.User.Email, "role", "editor")).Want(409, "is a member of the workspace already")
	owner.Get(members).Want(200, "!invited as")
	// One that cannot be invited does not keep the others back.
	owner.Post(members+"/invite", form("emails", owner.User.Email+", b@example.com", "role", "viewer")).
		Want(200, "1 invite link<", "b@example.com", owner.User.Email+" was not invited")
	r.Pass(tenant.InviteFor)
	owner.Post("/dashboard/confirm", form("password", webtest.Password))
	r.Of(t, owner.User).Get(members).Want(200, "the link has run out")
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(string(rune('a'+i)) + "@example.com ")
	}
	return b.String()
}

func TestMembersAreChangedWithAProof(t *testing.T) {
	r := webtest.New(t, register)
	owner, lee := r.As(t, tenant.Owner), r.NewPerson(t, r.Tenant, tenant.Viewer)
	row := members + "/" + string(lee.ID)
	r.Pass(tenant.FreshFor + time.Second)
	owner.Post(row+"/role", form("role", "owner")).Want(403, "Confirm that it is you", `value="`+row+`/role"`)
	owner.Post(row+"/remove", nil).Want(403, "Confirm that it is you", `value="`+row+`/remove"`)
	owner.Get(members).Want(200, `<option value="viewer" selected>`)
	owner.Post("/dashboard/confirm", form("password", webtest.Password, "next", row+"/role")).WantGo(row + "/role")
	owner.Post(row+"/role", form("role", "editor")).WantGo(members)
}

func TestInvitingNeedsAProof(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	r.Pass(tenant.FreshFor + time.Second)
	owner.Post(members+"/invite", form("emails", "a@example.com", "role", "viewer")).
		Want(403, "Confirm that it is you", `value="/dashboard/settings/members/invite"`)
	owner.Post("/dashboard/confirm", form("password", webtest.Password, "next", members+"/invite")).WantGo(members + "/invite")
	owner.Get(members+"/invite").Want(200, `name="emails"`)
}

func TestLongListsOfMembersAreCut(t *testing.T) {
	r := webtest.New(t, register)
	owner := r.As(t, tenant.Owner)
	for range 103 {
		r.NewPerson(t, r.Tenant, tenant.Viewer)
	}
	a := owner.Get(members)
	a.Want(200, "105 members", "and 5 more")
	if n := strings.Count(a.Body, `class="avatar"`); n > 102 {
		t.Errorf("%d rows", n)
	}
	owner.Get(members+"?all=1").Want(200, "105 members", "!more</a>")
}
