package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// stage writes what differs beside what is in use, whole, on the disk, with its final owner and mode.
func stage(w *work, deployment string, m deploy.Material) (deploy.StepResult, error) {
	all, err := w.compare(m)
	if err != nil {
		return deploy.StepResult{}, err
	}
	var st state
	for _, c := range all {
		if c.action() == "keep" {
			w.log.Linef("%s is as it should be", c.path)
			continue
		}
		ch := change{Path: c.path, Field: c.field, New: sum(c.data), Existed: c.existed}
		if c.now != nil {
			ch.Old = sum(c.now)
		}
		st.Changes = append(st.Changes, ch)
		if err := w.write(c, deployment); err != nil {
			return deploy.StepResult{}, errors.Join(onFile(err, c.field, c.path, "written"), w.unstage(st, deployment))
		}
		w.log.Linef("%s: %s", c.path, c.detail())
	}
	left, err := json.Marshal(st)
	if err != nil {
		return deploy.StepResult{}, err
	}
	r := deploy.StepResult{State: left, Unchanged: len(st.Changes) == 0, Message: count(len(st.Changes), "written")}
	if r.Unchanged {
		r.Message = "everything is in place already"
	}
	return r, nil
}

// write writes one new file. What an attempt before this one left under its name is replaced.
func (w *work) write(c compared, deployment string) error {
	name := newName(c.path, deployment)
	if err := discard(w.files, name); err != nil {
		return err
	}
	if err := w.files.create(name, c.data); err != nil {
		return err
	}
	if c.uid >= 0 || c.gid >= 0 {
		if err := w.files.chown(name, c.uid, c.gid); err != nil {
			return &plugin.Problem{Code: "owner_refused", Field: ownerField(c),
				Message: fmt.Sprintf("%s could not be given to that owner and group (%v). Giving to another user takes root; to a group, membership", c.path, err)}
		}
	}
	if err := w.files.chmod(name, c.mode); err != nil {
		return err
	}
	got, err := w.files.stat(name)
	if err == nil && got.mode != c.mode {
		return &plugin.Problem{Code: "mode_refused", Field: c.field,
			Message: fmt.Sprintf("%s came out with mode %04o instead of %04o: its file system does not keep modes", c.path, got.mode, c.mode)}
	}
	return err
}

func ownerField(c compared) string {
	if c.uid >= 0 {
		return "owner"
	}
	return "group_owner"
}

// unstage takes away what was written. When SFTP ended, as it does at a limit of file size, it is opened anew.
func (w *work) unstage(st state, deployment string) error {
	var failed error
	for _, ch := range st.Changes {
		failed = errors.Join(failed, discard(w.files, newName(ch.Path, deployment)))
	}
	if failed == nil || w.reopen() != nil {
		return nil // Clean comes at the end of every deployment
	}
	for _, ch := range st.Changes {
		if err := discard(w.files, newName(ch.Path, deployment)); err != nil {
			w.log.Linef("%s stays until the next deployment: %v", newName(ch.Path, deployment), err)
		}
	}
	return nil
}

func count(n int, done string) string {
	if n == 1 {
		return "1 file " + done
	}
	return fmt.Sprintf("%d files %s", n, done)
}
