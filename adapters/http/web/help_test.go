package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest/whole"
	"github.com/ignisfox/ignisfox/ports"
)

// pageless are routes of which nobody gets a whole page, asked by no script: they send elsewhere, or answer a file or a part.
var pageless = map[string]bool{
	"/{$}": true, settingsPath: true, "/dashboard/calendar": true, "/dashboard/search": true, "/dashboard/groups/names": true,
	pushPath + "/firings": true, pushPath + "/{id}/live": true, pushPath + "/{id}/recipe": true, // the device of the test has no recipe
	pushPath + "/{id}/waiting": true, pushPath + "/{id}/script": true, vaultPath + ".csv": true, vaultPath + "/{id}/download": true,
}

// chapter answers the page of the manual that explains what a route shows.
func chapter(r kit.Route) string {
	switch {
	case strings.HasPrefix(r.Path, groupsPath):
		return "groups"
	case r.Path == "/dashboard/account/delete":
		return "settings"
	case r.Section == "": // where people come in, and prove who they are
		return "sign-in"
	default:
		return r.Section
	}
}

var (
	insideMain = regexp.MustCompile(`(?s)<main.*</main>`)
	toManual   = regexp.MustCompile(`href="(/docs/([a-z-]+)(?:#([a-z0-9-]+))?)"`)
)

// helped holds pages against the manual, each of whose pages it reads once.
type helped struct {
	t    *testing.T
	read func(path string) (status int, body string)
	seen map[string]string
}

// page looks at the frame of a page: it leads to the chapter that explains it.
func (h *helped) page(what, body, chapter string) {
	h.t.Helper()
	own := false
	for _, m := range toManual.FindAllStringSubmatch(insideMain.ReplaceAllString(body, ""), -1) {
		own = own || m[2] == chapter
	}
	if !own {
		h.t.Errorf("%s: nothing around the page leads to /docs/%s", what, chapter)
	}
	h.links(what, body)
}

// links looks whether each link into the manual leads to a page, and to a heading, that is there.
func (h *helped) links(what, body string) {
	h.t.Helper()
	for _, m := range toManual.FindAllStringSubmatch(body, -1) {
		text, read := h.seen[m[2]]
		if !read {
			status, got := h.read("/docs/" + m[2])
			if status != http.StatusOK {
				h.t.Errorf("%s leads to %s, which answers %d", what, m[1], status)
			}
			h.seen[m[2]], text = got, got
		}
		if m[3] != "" && !strings.Contains(text, `id="`+m[3]+`"`) {
			h.t.Errorf("%s leads to %s, and there is no such heading", what, m[1])
		}
	}
}

// Whoever is shown a page, signed in or not, is one step from where the manual explains it.
func TestEveryPageLeadsToItsChapter(t *testing.T) {
	w := newWorld(t, "sqlite:"+t.TempDir()+"/x.db", true)
	o := w.furnish(w.Owner, "ours-7f3a", "Test workspace")
	m := &matrix{world: w, t: t, ours: o}
	h := &helped{t: t, seen: map[string]string{}, read: func(path string) (int, string) {
		got := w.ask(call{method: http.MethodGet, path: path})
		return got.status, got.body
	}}
	in := o.owner.Tenant
	pending := w.seated("pending second factor", in, kind{role: tenant.Owner, factor: true, session: func(s *tenant.Session) { s.Pending = true }})
	comers := []comer{
		{name: "stranger"}, pending, w.seated("viewer", in, kind{role: tenant.Viewer}), w.ownerOf("owner", o, strong), w.removed("removed member", in, ""),
		w.seated("platform admin", in, kind{role: tenant.Owner, platform: true, factor: true, session: strong}),
		w.seated("platform admin without second factor", in, kind{role: tenant.Owner, platform: true}).unfinished(signin.MustSecondFactor),
	}
	shown := map[string]bool{"/setup": true} // a test of its own
	for _, a := range append(aims, signUpAim) {
		r := routeOf(t, w.web.Routes(), a.route)
		if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/docs/") || a.script {
			continue
		}
		for _, c := range comers {
			answer := w.ask(m.request(r, a.aim, c, o))
			if answer.status != http.StatusOK || !strings.Contains(answer.body, "<main") {
				continue
			}
			shown[r.Path] = true
			h.page(a.route+" as "+c.name, answer.body, chapter(r))
		}
	}
	for _, r := range w.web.Routes() {
		if r.Method == http.MethodGet && !strings.HasPrefix(r.Path, "/docs/") && shown[r.Path] == pageless[r.Path] {
			t.Errorf("%s: somebody gets a page of it: %v", r.Pattern(), shown[r.Path])
		}
	}
}

// signUpAim is of a page that is there only where anybody may make an account.
var signUpAim = struct {
	route string
	aim
}{"GET /sign-up", aim{}}

// The set-up is over once there is an account, so it has a server of its own.
func TestTheSetUpLeadsToItsChapter(t *testing.T) {
	s := whole.New(t)
	if err := s.Store.Platform().Update(t.Context(), func(tx ports.PlatformTx) error {
		if err := tx.Tenants().Shred(t.Context(), s.Tenant); err != nil {
			return err
		}
		return tx.Users().Delete(t.Context(), s.Owner.User)
	}); err != nil {
		t.Fatal(err)
	}
	stranger := s.Stranger(t)
	h := &helped{t: t, seen: map[string]string{}, read: func(path string) (int, string) {
		got := stranger.Get(path)
		return got.Status, got.Body
	}}
	page := stranger.Get("/setup")
	page.Want(http.StatusOK, "Set up this server")
	h.page("the set-up without a link", page.Body, "sign-in")
	link, _, err := s.SignIn.OpenSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stranger.Post("/setup", map[string][]string{"link": {link.Reveal()}}).WantGo("/setup")
	page = stranger.Get("/setup")
	page.Want(http.StatusOK, "Create the first owner")
	h.page("the set-up", page.Body, "sign-in")
}

// The question who somebody is stands in the dialog too, over a page that is explained elsewhere.
func TestTheQuestionWhoSomebodyIsIsExplained(t *testing.T) {
	w := newWorld(t, "sqlite:"+t.TempDir()+"/x.db", false)
	o := w.furnish(w.Owner, "ours-7f3a", "Test workspace")
	owner := w.ownerOf("owner whose proof is stale", o, stale)
	h := &helped{t: t, seen: map[string]string{}, read: func(path string) (int, string) {
		got := w.ask(call{method: http.MethodGet, path: path})
		return got.status, got.body
	}}
	for what, c := range map[string]call{
		"asked for":        {method: http.MethodGet, path: "/dashboard/confirm"},
		"in place of work": {method: http.MethodPost, path: pushPath + "/" + o.target + "/delete"},
	} {
		c.cookie, c.headers = owner.cookie, map[string]string{"HX-Request": "true", "X-Dialog": "1"}
		answer := w.ask(c)
		if !strings.Contains(answer.body, `href="/docs/sign-in#confirming-that-it-is-you"`) || strings.Contains(answer.body, "<main") {
			t.Errorf("%s: %d %.300s", what, answer.status, words(answer.body))
		}
		h.links(what, answer.body)
	}
}
