package settings

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

func (h *handlers) leaveForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, leave(rq.View, nil))
}

func (h *handlers) leave(rq *kit.Request) error {
	err := h.SignIn.Leave(rq.Context(), rq.Who)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, leave(rq.View, err))
	}
	if err != nil {
		return err
	}
	return rq.Go("/dashboard", view.Toast{Text: "You left " + rq.Who.Workspace.Name + "."})
}

func (h *handlers) deleteForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, deleteWorkspace(rq.View, "", nil))
}

// delete ends the workspace. The person goes on in another one of theirs, or is told that they are in none.
func (h *handlers) delete(rq *kit.Request) error {
	name := rq.Text("name")
	err := h.Account.DeleteWorkspace(rq.Context(), rq.Who.Actor, name)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, deleteWorkspace(rq.View, name, err))
	}
	if err != nil {
		return err
	}
	return rq.Go("/dashboard", view.Toast{Text: rq.Who.Workspace.Name + " is deleted. Its key is gone."})
}
