package vault

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
)

// moveInput is what the form that moves rows was filled in with.
type moveInput struct {
	Path  string // that the form posts to
	Rows  []artifact.Artifact
	Gone  int             // rows that were chosen and are not there any more
	Group part.Groups     // with what was typed
	Out   bool            // out of any group
	Loss  *vault.Breakage // what it would break, once that stands in the way: it has to be confirmed
}

func (h *handlers) moveForm(rq *kit.Request) error {
	in, err := h.moving(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, movePage(rq.View, in, nil))
}

// move carries out what the form has shown. What it would break has to be confirmed; when that is more than the form showed, or
// something else, it is shown anew.
func (h *handlers) move(rq *kit.Request) error {
	in, err := h.moving(rq)
	if err != nil {
		return err
	}
	to := rq.Text("group")
	if in.Out {
		to = ""
	}
	agreed := ""
	if rq.Checked("confirm") {
		agreed = rq.Text("breaks")
	}
	if to == "" && !in.Out {
		err = fault.New(fault.Invalid, "no_group", "Say where the rows go.").Field("group", "Name a group, or take them out of any.")
	} else {
		err = h.Vault.MoveShown(rq.Context(), rq.Who.Actor, idsOf(in.Rows), to, agreed)
	}
	if status, no := rq.RefusedFor(err, "group"); no {
		if code := fault.CodeOf(err); code == "in_use" || code == "breaks_otherwise" {
			loss, failed := h.Vault.WhatMoveBreaks(rq.Context(), rq.Who.Actor, idsOf(in.Rows), to)
			if failed != nil {
				return failed
			}
			in.Loss = &loss
		}
		return rq.Render(status, movePage(rq.View, in, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(back(rq, movedTo(rq)), view.Toast{Text: moved(len(in.Rows), to, in.Out)})
}

// moving reads what the form shows.
func (h *handlers) moving(rq *kit.Request) (in moveInput, err error) {
	in = moveInput{Path: home + "/move", Out: rq.Method == http.MethodPost && rq.Checked("out")}
	if rq.ID() != "" {
		in.Path = home + "/" + rq.ID() + "/move"
	}
	if in.Rows, in.Gone, err = h.rows(rq); err != nil {
		return in, err
	}
	in.Group, err = groupchoice.Read(rq, h.Vault, groupchoice.Want{Value: rq.Text("group"), Free: true})
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
