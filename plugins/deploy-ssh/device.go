package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// device implements deploy.Target. It keeps nothing: one connection is opened per call.
type device struct{}

var _ deploy.Target = device{}

// work is one call that does something to files.
type work struct {
	ctx      context.Context
	conn     *connection
	files    files
	settings deploy.Settings
	log      *plugin.Log
}

func open(ctx context.Context, c deploy.Call) (*work, error) {
	conn, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	f, err := openFiles(ctx, conn)
	if err != nil {
		conn.close()
		return nil, err
	}
	return &work{ctx: ctx, conn: conn, files: f, settings: c.Settings, log: c.Log}, nil
}

func (w *work) close() {
	w.files.close()
	w.conn.close()
}

// reopen opens the files anew over the same connection.
func (w *work) reopen() error {
	w.conn.suspect.Store(true)
	f, err := openFiles(w.ctx, w.conn)
	if err != nil {
		return err
	}
	w.files.close()
	w.files = f
	return nil
}

// compare looks at every wanted file.
func (w *work) compare(m deploy.Material) ([]compared, error) {
	wanted, err := wantedFiles(w.settings, m)
	if err != nil {
		return nil, err
	}
	uid, gid, err := owners(w.ctx, w.conn, w.settings)
	if err != nil {
		return nil, err
	}
	return compareAll(w.files, wanted, uid, gid)
}

// sum answers the sum of a file, "" when it cannot be read.
func (w *work) sum(path string) string {
	data, err := w.files.read(path)
	if err != nil {
		return ""
	}
	return sum(data)
}

// Plan implements deploy.Target.
func (device) Plan(ctx context.Context, c deploy.Call, m deploy.Material) (deploy.Plan, error) {
	w, err := open(ctx, c)
	if err != nil {
		return deploy.Plan{}, problemOf(err)
	}
	defer w.close()
	p, err := plan(w, m)
	return p, problemOf(err)
}

// Step implements deploy.Target.
func (device) Step(ctx context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
	var result deploy.StepResult
	var err error
	switch r.Step {
	case deploy.Check:
		result, err = runGiven(ctx, c, "check_command", "check_failed", "check")
	case deploy.Reload:
		result, err = runGiven(ctx, c, "reload_command", "reload_failed", "reload")
	case deploy.Stage, deploy.Swap, deploy.Restore, deploy.Clean:
		result, err = onFiles(ctx, c, r)
	default:
		err = fmt.Errorf("there is no step %q", r.Step)
	}
	return result, problemOf(err)
}

func onFiles(ctx context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
	st, err := readState(r, c.Settings)
	if err != nil || r.Step == deploy.Swap && len(r.State) == 0 {
		return deploy.StepResult{}, errors.New("the state of this deployment cannot be read")
	}
	w, err := open(ctx, c)
	if err != nil {
		return deploy.StepResult{}, err
	}
	defer w.close()
	switch r.Step {
	case deploy.Stage:
		return stage(w, r.Deployment, r.Material)
	case deploy.Swap:
		return swap(w, r.Deployment, st)
	case deploy.Restore:
		return restore(w, r.Deployment, st)
	}
	return clean(w, r.Deployment, st)
}
