package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// exchange is one file about to be swapped.
type exchange struct {
	change
	aside bool // what is there has to be moved away, since it could not be linked
}

// swap keeps what is there under a second name, then renames the new files over it, one right after the other. What an attempt
// before this one did is found and not done again. When a rename is refused, those before it are put back.
func swap(w *work, deployment string, st state) (deploy.StepResult, error) {
	var todo []exchange
	for _, ch := range st.Changes {
		waiting, err := present(w.files, newName(ch.Path, deployment))
		if err != nil {
			return deploy.StepResult{}, onFile(err, ch.Field, ch.Path, "looked at")
		}
		if !waiting {
			if w.sum(ch.Path) == ch.New {
				continue
			}
			return deploy.StepResult{}, &plugin.Problem{Code: "staged_file_missing", Field: ch.Field,
				Message: fmt.Sprintf("the new file for %s is gone from its folder: something on the server removes it", ch.Path)}
		}
		aside, err := w.keep(ch, deployment)
		if err != nil {
			return deploy.StepResult{}, onFile(err, ch.Field, ch.Path, "kept for a roll back")
		}
		todo = append(todo, exchange{ch, aside})
	}
	for i, e := range todo {
		if err := w.exchange(e, deployment); err != nil {
			err = onFile(err, e.Field, e.Path, "put in place")
			for at := i; at >= 0; at-- {
				if _, back := w.putBack(todo[at].change, deployment); back != nil {
					w.log.Linef("%s is not put back yet: %v", todo[at].Path, back)
				}
			}
			return deploy.StepResult{}, err
		}
		w.log.Linef("%s is the new one", e.Path)
	}
	return deploy.StepResult{Message: count(len(st.Changes), "put in place")}, nil
}

// keep gives what is there its second name. Where links are refused (a file system without them, a file of somebody else's) it has
// to be moved away, which is left for the last moment.
func (w *work) keep(ch change, deployment string) (aside bool, err error) {
	previous := previousName(ch.Path, deployment)
	kept, err := present(w.files, previous)
	if err != nil || kept {
		return false, err
	}
	found, err := w.files.stat(ch.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := replaceable(found, ch.Field, ch.Path); err != nil { // it became something else since Stage
		return false, err
	}
	if err := w.files.link(ch.Path, previous); err != nil {
		if w.ctx.Err() != nil {
			return false, w.ctx.Err()
		}
		w.log.Linef("%s cannot be linked and is moved away: %v", ch.Path, err)
		return true, nil
	}
	return false, nil
}

func (w *work) exchange(e exchange, deployment string) error {
	if e.aside {
		if err := w.files.rename(e.Path, previousName(e.Path, deployment)); err != nil {
			return err
		}
	}
	return w.files.rename(newName(e.Path, deployment), e.Path)
}
