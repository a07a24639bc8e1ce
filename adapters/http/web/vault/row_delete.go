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
	Typed string
}

// word is what has to be typed.
func (in deleteInput) word() string {
	if len(in.Loss.Rows) == 1 {
		return strings.TrimSpace(in.Loss.Rows[0].Name)
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

// delete carries out what the form has shown. When more would break than it showed, the form is shown again.
func (h *handlers) delete(rq *kit.Request) error {
	in, err := h.deleting(rq)
	if err != nil {
		return err
	}
	in.Typed = rq.Text("typed")
	err = mustType(in.Typed, in.word())
	if err == nil {
		err = h.Vault.DeleteMany(rq.Context(), rq.Who.Actor, named(rq), rq.Checked("breaks"))
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
	ids := named(rq)
	if err := fewEnough(ids); err != nil {
		return in, err
	}
	in.Loss, err = h.Vault.WhatBreaks(rq.Context(), rq.Who.Actor, ids)
	return in, err
}

// mustType refuses when somebody has not typed what says that they mean it.
func mustType(typed, word string) error {
	if typed == word {
		return nil
	}
	return fault.New(fault.Invalid, "not_typed", "Nothing was deleted.").Field("typed", "Type it exactly as it stands above.")
}

// fewEnough says what is wrong with a form without rows, or with too many.
func fewEnough(ids []artifact.ID) error {
	if len(ids) == 0 || len(ids) > vault.ManyMax {
		return fault.New(fault.Invalid, "bad_ids", "Choose between 1 and 200 rows in the table first.")
	}
	return nil
}

func deleted(list []artifact.Artifact) string {
	if len(list) == 1 {
		return list[0].Name + " deleted."
	}
	return rows(len(list)) + " deleted."
}
