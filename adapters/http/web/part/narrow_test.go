package part_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// On a telephone the head of a command is read to its end, and the page above is named as far as there is room, never by a letter.
func TestHeadsAndCrumbsOnATelephone(t *testing.T) {
	const head = "Endpoint: POST, with the header Authorization: Bearer and the token"
	name := strings.Repeat("storefront.aldermoor.example ", 4)
	r := webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
		k.Get("/dashboard", "overview", tenant.OverviewRead, func(rq *kit.Request) error {
			body := templ.Join(ui.PageHead(name, ""), ui.Code(rq.View, ui.CodeProps{ID: "c", Title: head, Text: "curl"}))
			crumbs := []part.Crumb{{Title: rq.Text("above"), Href: "/dashboard"}}
			return rq.Render(http.StatusOK, drawn(part.Shell(rq.View, name, crumbs), body))
		})
	})
	p := browser.Open(t, r.URL, browser.Options{})
	p.SetCookie(r.As(t, tenant.Editor).Cookie())
	for _, width := range []int{320, 390} {
		p.Look(browser.Options{Width: width, Height: 844, Touch: true})
		p.Goto("/dashboard?above=Groups")
		whole := `s => { const e = document.querySelector(s); return e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight + 1 }`
		if p.Eval(whole, ".code-head .clip") != true {
			t.Errorf("at %d the head of the command is cut", width)
		}
		if p.Eval(whole, ".crumbs li:nth-last-child(2) > a") != true {
			t.Errorf("at %d the page above is cut", width)
		}
		p.NoSideScroll()
		p.Goto("/dashboard?above=" + strings.Repeat("storefront", 5))
		shown := p.Eval(`() => { const e = document.querySelector(".crumbs li:nth-last-child(2) > a"); const s = getComputedStyle(e);
			return e.parentElement.clientWidth >= e.offsetWidth && e.offsetWidth >= 40 && s.textOverflow === "ellipsis" && s.display !== "inline" }`)
		if shown != true {
			t.Errorf("at %d a long page above is cut without a sign of it", width)
		}
		p.NoSideScroll()
	}
}
