package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
)

func (h *handlers) parseForm(rq *kit.Request) error {
	a, err := h.row(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, parsePage(rq.View, a, nil))
}

// parse reads a file of kind unknown once more.
func (h *handlers) parse(rq *kit.Request) error {
	a, err := h.row(rq)
	if err != nil {
		return err
	}
	out, err := h.Vault.ParseAgain(rq.Context(), rq.Who.Actor, a.ID, rq.Secret("password"))
	if err == nil {
		err = stillUnread(out)
	}
	if status, no := rq.Refused(err); no {
		return rq.Render(status, parsePage(rq.View, a, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(readTo(out), view.Toast{Text: a.Name + " is read: " + view.Count(len(out.Artifacts), "row") + " in the vault."})
}

// stillUnread is the fault for a file that was not read this time either.
func stillUnread(out intake.FileResult) error {
	if out.Status != intake.Unknown && out.Status != intake.Refused {
		return nil
	}
	f := fault.New(fault.Invalid, out.Code, "It still cannot be read. Nothing was changed.")
	if out.Code == "password_needed" || out.Code == "wrong_password" {
		return f.Field("password", out.Message)
	}
	return fault.New(fault.Invalid, out.Code, "It still cannot be read, and nothing was changed. "+out.Message)
}

// readTo is where what was read can be seen.
func readTo(out intake.FileResult) string {
	switch {
	case out.Group != nil:
		return groupPath(out.Group.ID)
	case len(out.Artifacts) > 0:
		return rowPath(artifact.Artifact{ID: out.Artifacts[0].ID})
	default:
		return home
	}
}
