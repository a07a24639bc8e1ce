package vault_test

import (
	"html"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// Somebody holds the token of a target of the group dev. A browser that was left open hands them no key of another group: to move a
// pair to where it is served, and to activate what the group never served, asks who it is. To roll back does not.
func TestAKeyGoesToOtherTargetsWithAProofAlone(t *testing.T) {
	s := newSite(t)
	cert, key, _ := s.pair(t, s.leaf("www.example.com"), "www")
	_, _, dev := s.pair(t, s.leaf("dev.example.com"), "dev")
	s.target(t, "laptop", dev)
	kim := s.As(t, tenant.Editor)
	s.Pass(tenant.FreshFor + time.Second)
	both := url.Values{"id": {string(cert.ID), string(key.ID)}, "group": {"spare"}}
	both.Set("breaks", shown(t, kim.Post(home+"/move", both).Body, "breaks"))
	both.Set("confirm", "on")
	form := home + "/move?" + url.Values{"id": both["id"]}.Encode()
	kim.Post(home+"/move", both).Want(http.StatusForbidden, "Confirm that it is you", `name="next" value="`+html.EscapeString(form)+`"`)
	kim.Get(form).Want(http.StatusOK, "Move 2 items to a group")
	kim.Get(at(key)).Want(http.StatusOK, ">www<", "!spare")

	both.Set("group", "dev") // it waits there, for it has not the names of what is served
	kim.Post(home+"/move", both).WantGo(home)
	activate := func(n, over string) webtest.Answer {
		return kim.Post(groups+"/"+dev+"/generations/"+n+"/activate", url.Values{"current": {over}})
	}
	activate("2", "1").Want(http.StatusForbidden, "Confirm that it is you", `name="next" value="`+groups+"/"+dev+`/generations/2/activate"`)
	kim.Get(groups+"/"+dev).Want(http.StatusOK, "Serves generation 1")
	kim.Post("/dashboard/confirm", url.Values{"password": {webtest.Password}}).WantGo("/dashboard")
	activate("2", "1").WantGo(groups + "/" + dev)
	s.Pass(tenant.FreshFor + time.Second)
	activate("1", "2").WantGo(groups + "/" + dev)
	activate("2", "1").WantGo(groups + "/" + dev)
}

// The question comes over the form, which goes on after the answer.
func TestAMoveWaitsForAProof(t *testing.T) {
	s := newSite(t)
	_, key, _ := s.pair(t, s.leaf("www.example.com"), "www")
	kim := s.As(t, tenant.Editor)
	p := browser.Open(t, s.URL, browser.Options{})
	p.SetCookie(kim.Cookie())
	s.Pass(tenant.FreshFor + time.Second)
	p.Goto(home + "?group=www")
	p.Check("Select all on this page", true)
	p.ClickText("button", "Move to group")
	p.WaitFor("#dialog[open]")
	p.In("#dialog").Fill("Group", "spare")
	p.Expect(http.StatusConflict)
	p.In("#dialog").ClickText("button", "Move")
	p.WaitText("www has nothing current any more")
	p.Accessible()
	p.In("#dialog").Check("Move them all the same", true)
	p.Expect(http.StatusForbidden)
	p.In("#dialog").ClickText("button", "Move")
	p.In("#dialog").WaitText("Confirm that it is you")
	p.Fill("Password", webtest.Password)
	p.In("#dialog").ClickText("button", "Confirm")
	p.WaitText("rows moved to spare.")
	kim.Get(at(key)).Want(http.StatusOK, "spare")
}

// What was agreed to is what the form said: a group that came to rest on the row meanwhile brings the form again.
func TestNothingIsMovedThatTheFormDidNotShow(t *testing.T) {
	s := newSite(t)
	cert, _, first := s.pair(t, s.leaf("shop.example.com"), "")
	s.target(t, "web-1", first)
	kim := s.As(t, tenant.Editor)
	move := url.Values{"group": {"elsewhere"}}
	form := kim.Post(at(cert)+"/move", move)
	form.Want(http.StatusConflict, "Devices of 1 group would notice", "web-1 gets 404 at the next fetch", `name="confirm"`)
	move.Set("confirm", "on")
	kim.Post(at(cert)+"/move", move).Want(http.StatusConflict, "Look at what would break", `name="breaks"`) // agreed to nothing
	move.Set("breaks", shown(t, form.Body, "breaks"))
	s.target(t, "web-2", first)
	again := kim.Post(at(cert)+"/move", move)
	again.Want(http.StatusConflict, "is not what the form showed", "web-1 and web-2 get 404")
	kim.Get(at(cert)).Want(http.StatusOK, "!elsewhere")
	move.Set("breaks", shown(t, again.Body, "breaks"))
	kim.Post(at(cert)+"/move", move).WantGo(at(cert))
	kim.Get(at(cert)).Want(http.StatusOK, "elsewhere")
}
