package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
)

const setupLink = "setup"

// setupForm is what somebody says who sets the server up.
type setupForm struct {
	Name, Organisation, Email, TimeZone string
	Held                                bool // the browser holds the link
}

func (h *handlers) setupForm(rq *kit.Request) error {
	form := setupForm{TimeZone: "UTC", Held: !rq.Link(setupLink).Empty()}
	return rq.Render(http.StatusOK, setupPage(rq.View, h.facts(), form, nil))
}

func (h *handlers) setUp(rq *kit.Request) error {
	link := rq.Secret("link")
	if link.Empty() {
		link = rq.Link(setupLink)
	}
	form := setupForm{Name: rq.Text("name"), Organisation: rq.Text("organisation"), Email: rq.Text("email"), TimeZone: rq.Text("time_zone")}
	opened, err := h.SignIn.Setup(rq.Context(), core.Setup{
		Link: link, Name: form.Name, Organisation: form.Organisation, Email: form.Email, TimeZone: form.TimeZone, Password: rq.Secret("password"),
	}, rq.Visit())
	status, ok := rq.Refused(err)
	if fault.CodeOf(err) == "setup_link_dead" {
		status, ok = http.StatusNotFound, true
	}
	if ok {
		if form.Held, _ = h.SignIn.SetupValid(rq.Context(), link); form.Held {
			rq.KeepLink(setupLink, link)
		} else {
			rq.DropLink(setupLink)
		}
		return rq.Render(status, setupPage(rq.View, h.facts(), form, err))
	}
	if err != nil {
		return err
	}
	rq.DropLink(setupLink)
	rq.SignedIn(opened)
	return rq.Go("/dashboard/settings/security")
}

// facts are what is said about the server under the heading.
func (h *handlers) facts() facts { return facts{Server: h.Server, host: h.host} }

type facts struct {
	Server
	host string
}
