package kit_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// Without our script the question for a proof leads back to the form that was sent, and where there is none of the same route to
// the page above: never to a page that only happens to be called alike, and never to a file.
func TestTheQuestionLeadsBackToAPageThatIsThere(t *testing.T) {
	r := withForms(t)
	kim := r.As(t, tenant.Editor)
	r.Pass(tenant.FreshFor + time.Second)
	thing := "/dashboard/things/" + id.New("grp", r.Now())
	for path, back := range map[string]string{
		"/dashboard/things/zip": "/dashboard", thing + "/script": thing, thing + "/delete?a=1": thing + "/delete?a=1", "/dashboard/only-post": "/dashboard",
	} {
		kim.Post(path, nil).Want(http.StatusForbidden, "Confirm that it is you", `name="next" value="`+back+`"`)
	}
	zip := kim.Do("POST", "/dashboard/things/zip", nil, map[string]string{"Referer": r.URL + thing + "?b=2"})
	zip.Want(http.StatusForbidden, `name="next" value="`+thing+`?b=2"`)
}

// The switch of the theme and Try again lead back to what was looked at, with its query, and never to what takes forms alone.
func TestAPageKnowsTheWayBackToItself(t *testing.T) {
	r := withForms(t)
	kim := r.As(t, tenant.Editor)
	theme := func(to string) string { return `name="next" value="` + to + `"` }
	kim.Get("/dashboard?q=mail&page=2").Want(http.StatusOK, theme("/dashboard?q=mail&amp;page=2"))
	kim.Get("/dashboard?next=//evil.example").Want(http.StatusOK, theme("/dashboard"), "!evil.example")
	kim.Get("/dashboard/broken?q=mail").Want(http.StatusInternalServerError, `href="/dashboard/broken?q=mail"`, "Try again; if it keeps happening", "!your change")
	kim.Post("/dashboard/things/break", nil).Want(http.StatusInternalServerError, theme("/dashboard"), "It is not sure that your change was saved.", "Try again", "!/dashboard/things/break")
	kim.Do("DELETE", "/dashboard/fresh", nil, nil).Want(http.StatusMethodNotAllowed, "There is no page at this address", "!header Allow")
}

func withForms(t *testing.T) *webtest.Rig {
	t.Helper()
	return webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
		pages(k)
		page := func(rq *kit.Request) error { return rq.Render(http.StatusOK, part.Shell(rq.View, "Page", nil)) }
		nothing := func(*kit.Request) error { return nil }
		k.Post("/dashboard/things/zip", "overview", tenant.GroupDelete, nothing)
		k.Post("/dashboard/things/break", "overview", tenant.GroupRead, func(*kit.Request) error { return io.ErrUnexpectedEOF })
		k.File("/dashboard/things/{id}/script", "overview", tenant.GroupRead, page)
		k.Post("/dashboard/things/{id}/script", "overview", tenant.GroupDelete, nothing)
		k.Get("/dashboard/things/{id}/delete", "overview", tenant.GroupDelete, page)
		k.Post("/dashboard/things/{id}/delete", "overview", tenant.GroupDelete, nothing)
	})
}
