package main

import (
	"path"

	"github.com/ignisfox/ignisfox/sdk/deploy"
)

// clean takes away new files that wait for nobody, and the previous files of older deployments once this one has kept its own. So
// one previous set stays on the device, for a roll back by hand.
func clean(w *work, deployment string, st state) (deploy.StepResult, error) {
	ours := false
	found := map[string][]string{} // by folder
	for _, ch := range st.Changes {
		dir := parent(ch.Path)
		if _, listed := found[dir]; !listed {
			names, err := w.files.list(dir)
			if err != nil {
				return deploy.StepResult{}, onFile(err, ch.Field, ch.Path, "cleaned up")
			}
			found[dir] = names
		}
		kept, err := present(w.files, previousName(ch.Path, deployment))
		if err != nil {
			return deploy.StepResult{}, onFile(err, ch.Field, ch.Path, "cleaned up")
		}
		ours = ours || kept
	}
	n := 0
	for _, ch := range st.Changes {
		dir := parent(ch.Path)
		for _, name := range found[dir] {
			if !superfluous(ch.Path, name, tag(deployment), ours) {
				continue
			}
			if err := discard(w.files, path.Join(dir, name)); err != nil {
				return deploy.StepResult{}, onFile(err, ch.Field, ch.Path, "cleaned up")
			}
			n++
		}
	}
	return deploy.StepResult{Message: count(n, "removed")}, nil
}

func superfluous(p, name, deployment string, ours bool) bool {
	if _, ok := markOf(p, name, newMark); ok {
		return true
	}
	of, ok := markOf(p, name, previousMark)
	return ok && ours && of != deployment
}
