package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
)

// moveInput is what the form that moves rows was filled in with.
type moveInput struct {
	Path   string // that the form posts to
	Rows   []artifact.Artifact
	Choice []group.Group
	Group  string
	Out    bool // out of any group
	InUse  bool // generations rest on a row: it has to be confirmed
}

func (h *handlers) moveForm(rq *kit.Request) error {
	in, err := h.moving(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, movePage(rq.View, in, nil))
}

func (h *handlers) move(rq *kit.Request) error {
	to, out := rq.Text("group"), rq.Checked("out")
	var err error
	switch {
	case out:
		err = h.Vault.MoveMany(rq.Context(), rq.Who.Actor, named(rq), "", rq.Checked("confirm"))
	case to == "":
		err = fault.New(fault.Invalid, "no_group", "Say where the rows go.").Field("group", "Name a group, or take them out of any.")
	default:
		err = h.Vault.MoveMany(rq.Context(), rq.Who.Actor, named(rq), to, rq.Checked("confirm"))
	}
	if status, no := rq.Refused(err); no {
		in, failed := h.moving(rq)
		if failed != nil {
			return failed
		}
		in.Group, in.Out, in.InUse = to, out, fault.CodeOf(err) == "in_use"
		return rq.Render(status, movePage(rq.View, in, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(back(rq, movedTo(rq)), view.Toast{Text: moved(len(named(rq)), to, out)})
}

// moving reads what the form shows.
func (h *handlers) moving(rq *kit.Request) (in moveInput, err error) {
	in = moveInput{Path: home + "/move"}
	if rq.ID() != "" {
		in.Path = home + "/" + rq.ID() + "/move"
	}
	if in.Rows, err = h.rows(rq); err != nil {
		return in, err
	}
	in.Choice, err = h.choice(rq)
	return in, err
}

func movedTo(rq *kit.Request) string {
	if rq.ID() != "" {
		return home + "/" + rq.ID()
	}
	return home
}

func moved(n int, to string, out bool) string {
	if out {
		return rows(n) + " moved out of any group."
	}
	return rows(n) + " moved to " + to + "."
}

// named answers the rows that the address or the form names.
func named(rq *kit.Request) []artifact.ID {
	if rq.ID() != "" {
		return []artifact.ID{artifact.ID(rq.ID())}
	}
	return chosen(rq)
}

// rows reads them. They are as many as one page can show.
func (h *handlers) rows(rq *kit.Request) ([]artifact.Artifact, error) {
	ids := named(rq)
	if err := fewEnough(ids); err != nil {
		return nil, err
	}
	out := make([]artifact.Artifact, 0, len(ids))
	for _, id := range ids {
		a, err := h.Vault.Get(rq.Context(), rq.Who.Actor, id)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
