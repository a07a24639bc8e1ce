package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// setupForm is what somebody says who sets the server up.
type setupForm struct{ Name, Organisation, Email, TimeZone string }

// setupForm is there until there is an account. Without a link that works it asks for one, and says nothing of the server.
func (h *handlers) setupForm(rq *kit.Request) error {
	done, err := h.SignIn.IsSetUp(rq.Context())
	if err != nil {
		return err
	}
	if done {
		rq.DropLink(kit.SetupLink)
		return rq.Go("/sign-in")
	}
	held, err := h.SignIn.SetupValid(rq.Context(), rq.Link(kit.SetupLink))
	if err != nil {
		return err
	}
	if !held {
		return rq.Render(http.StatusOK, setupLinkPage(rq.View, nil))
	}
	return rq.Render(http.StatusOK, setupPage(rq.View, h.facts(), setupForm{TimeZone: "UTC"}, nil))
}

// setUp takes the form. A link alone is only looked at: the browser holds it from here on, and the form comes next.
func (h *handlers) setUp(rq *kit.Request) error {
	link := rq.Secret("link")
	if link.Empty() {
		link = rq.Link(kit.SetupLink)
	}
	if !rq.PostForm.Has("name") && !rq.PostForm.Has("email") {
		return h.openSetup(rq, link)
	}
	form := setupForm{Name: rq.Text("name"), Organisation: rq.Text("organisation"), Email: rq.Text("email"), TimeZone: rq.Text("time_zone")}
	opened, err := h.SignIn.Setup(rq.Context(), core.Setup{
		Link: link, Name: form.Name, Organisation: form.Organisation, Email: form.Email, TimeZone: form.TimeZone, Password: rq.Secret("password"),
	}, rq.Visit())
	status, ok := rq.Refused(err)
	switch {
	case err == nil:
		rq.DropLink(kit.SetupLink)
		rq.SignedIn(opened)
		return rq.Go("/dashboard/settings/security")
	case ok || fault.CodeOf(err) == "setup_link_dead":
		return h.notSetUp(rq, status, link, form, err)
	default:
		return err
	}
}

// openSetup has the browser hold a link that works.
func (h *handlers) openSetup(rq *kit.Request, link secret.String) error {
	_, err := h.SignIn.SetupUntil(rq.Context(), link)
	if fault.CodeOf(err) == "setup_link_dead" {
		return h.notSetUp(rq, http.StatusNotFound, link, setupForm{}, err)
	}
	if err != nil {
		return err
	}
	rq.KeepLink(kit.SetupLink, link)
	return rq.Go("/setup")
}

// notSetUp says why it did not work: with the form again for a link that works, which the browser holds from here on.
func (h *handlers) notSetUp(rq *kit.Request, status int, link secret.String, form setupForm, refused error) error {
	held, err := h.SignIn.SetupValid(rq.Context(), link)
	if err != nil {
		return err
	}
	if held {
		rq.KeepLink(kit.SetupLink, link)
		return rq.Render(status, setupPage(rq.View, h.facts(), form, refused))
	}
	rq.DropLink(kit.SetupLink)
	return rq.Render(http.StatusNotFound, setupLinkPage(rq.View, refused))
}

// facts are what is said about the server under the heading.
func (h *handlers) facts() facts { return facts{Server: h.Server, host: h.host} }

type facts struct {
	Server
	host string
}
