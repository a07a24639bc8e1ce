package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// welcome is for somebody who is in no workspace.
func (h *handlers) welcome(rq *kit.Request) error {
	if rq.Who.Must != core.MustWorkspace {
		return rq.Go("/dashboard")
	}
	return h.showWelcome(rq, http.StatusOK, nil)
}

// showWelcome says what somebody in no workspace can do; refused is why they did not get one.
func (h *handlers) showWelcome(rq *kit.Request, status int, refused error) error {
	return rq.Render(status, welcomePage(rq.View, welcomeOffer{
		Workspace: h.SignIn.Deps.SignUp, Delete: !rq.Who.Person.PlatformAdmin,
	}, refused))
}

// welcomeOffer is what somebody in no workspace may do.
type welcomeOffer struct {
	Workspace bool // make one
	Delete    bool // their account
}

// newWorkspace makes one for somebody in none who asks for it.
func (h *handlers) newWorkspace(rq *kit.Request) error {
	if rq.Who.Must != core.MustWorkspace {
		return rq.Go("/dashboard")
	}
	err := rq.TrySignUp()
	if err == nil {
		_, err = h.SignIn.NewWorkspace(rq.Context(), rq.Who)
	}
	if status, ok := rq.Refused(err); ok {
		return h.showWelcome(rq, status, err)
	}
	if err != nil {
		return err
	}
	return rq.Go("/dashboard", view.Toast{Text: "The workspace is made. It is named after you: change its name in the settings."})
}

// workspace changes to another workspace of the person.
func (h *handlers) workspace(rq *kit.Request) error {
	to := tenant.ID(rq.Text("workspace"))
	if err := h.SignIn.Switch(rq.Context(), rq.Who, to); err != nil {
		return err
	}
	for _, m := range rq.View.Workspaces {
		if m.Tenant.ID == to {
			return rq.Go("/dashboard", view.Toast{Text: "You are in " + m.Tenant.Name + " now."})
		}
	}
	return rq.Go("/dashboard")
}

func (h *handlers) deleteAccountForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, deleteAccountPage(rq.View, "", nil))
}

// deleteAccount is for somebody who is in no workspace; the use case refuses everybody else.
func (h *handlers) deleteAccount(rq *kit.Request) error {
	email := rq.Text("email")
	err := h.SignIn.DeleteAccount(rq.Context(), rq.Who, email)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, deleteAccountPage(rq.View, email, err))
	}
	if err != nil {
		return err
	}
	rq.SignedOut()
	stranger := rq.View
	stranger.SignedIn = false
	return rq.Render(http.StatusOK, deletedPage(stranger))
}
