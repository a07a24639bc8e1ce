package main

import (
	"errors"
	"fmt"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// restore makes everything as it was before the deployment, wherever in swap it ended. New files that still wait go first, so that
// a rename that hangs somewhere finds nothing to rename any more.
func restore(w *work, deployment string, st state) (deploy.StepResult, error) {
	for _, ch := range st.Changes {
		if err := discard(w.files, newName(ch.Path, deployment)); err != nil {
			return deploy.StepResult{}, onFile(err, ch.Field, ch.Path, "restored")
		}
	}
	n := 0
	var failed []error
	for i := len(st.Changes) - 1; i >= 0; i-- {
		ch := st.Changes[i]
		done, err := w.putBack(ch, deployment)
		if err != nil {
			failed = append(failed, onFile(err, ch.Field, ch.Path, "restored"))
			continue
		}
		if done {
			w.log.Linef("%s is the previous one", ch.Path)
			n++
		}
	}
	if len(failed) > 0 {
		return deploy.StepResult{}, errors.Join(failed...)
	}
	if n == 0 {
		return deploy.StepResult{Message: "nothing had been changed"}, nil
	}
	return deploy.StepResult{Message: count(n, "put back")}, nil
}

// putBack restores one file and says whether there was something to do.
func (w *work) putBack(ch change, deployment string) (done bool, err error) {
	previous := previousName(ch.Path, deployment)
	kept, err := present(w.files, previous)
	if err != nil {
		return false, err
	}
	if kept {
		// A rename between two names of one file does nothing, and leaves both: swap ended after it gave the second name.
		if err := w.files.rename(previous, ch.Path); err != nil {
			return false, err
		}
		return true, discard(w.files, previous)
	}
	if ch.New == "" || w.sum(ch.Path) != ch.New {
		return false, nil // restored already, or never swapped
	}
	if !ch.Existed {
		return true, w.files.remove(ch.Path)
	}
	return false, &plugin.Problem{Code: "previous_missing", Field: ch.Field,
		Message: fmt.Sprintf("%s cannot be put back: the previous file, kept as %s, is gone", ch.Path, previous)}
}
