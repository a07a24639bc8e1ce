package vault

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
)

// deleteInput is what the form that deletes rows shows: they are typed for, when it cannot be undone by an upload.
type deleteInput struct {
	Path  string
	Loss  vault.Breakage
	Gone  int // rows that were chosen and are not there any more
	Typed string
}

// word is what has to be typed.
func (in deleteInput) word() string {
	if len(in.Loss.Rows) == 1 {
		return oneSpaced(in.Loss.Rows[0].Name)
	}
	return "delete " + strconv.Itoa(len(in.Loss.Rows))
}

func (h *handlers) deleteForm(rq *kit.Request) error {
	in, err := h.deleting(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, deletePage(rq.View, in, nil))
}

// delete carries out what the form has shown. When more would break than it showed, or something else, the form is shown anew.
func (h *handlers) delete(rq *kit.Request) error {
	in, err := h.deleting(rq)
	if err != nil {
		return err
	}
	in.Typed = rq.Text("typed")
	err = mustType(in.Typed, in.word())
	if err == nil {
		err = h.Vault.DeleteShown(rq.Context(), rq.Who.Actor, idsOf(in.Loss.Rows), rq.Text("breaks"))
	}
	if status, no := rq.Refused(err); no {
		return rq.Render(status, deletePage(rq.View, in, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(back(rq, home, home+"/"+rq.ID()), view.Toast{Text: deleted(in.Loss.Rows)})
}

func (h *handlers) deleting(rq *kit.Request) (in deleteInput, err error) {
	in.Path = home + "/delete"
	if rq.ID() != "" {
		in.Path = home + "/" + rq.ID() + "/delete"
	}
	list, gone, err := h.rows(rq)
	if err != nil {
		return in, err
	}
	in.Gone = gone
	in.Loss, err = h.Vault.WhatBreaks(rq.Context(), rq.Who.Actor, idsOf(list))
	return in, err
}

// mustType refuses when somebody has not typed what says that they mean it.
func mustType(typed, word string) error {
	if oneSpaced(typed) == oneSpaced(word) {
		return nil
	}
	return fault.New(fault.Invalid, "not_typed", "Nothing was deleted.").Field("typed", "Type it exactly as it stands above.")
}

// oneSpaced answers a text as a page shows it: however much white space there is between two words, one sees one space.
func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

func deleted(list []artifact.Artifact) string {
	if len(list) == 1 {
		return list[0].Name + " deleted."
	}
	return rows(len(list)) + " deleted."
}
