package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// Test implements deploy.Target. Without a confirmed host key, or with another one, it ends after the key exchange and answers the key
// that was shown.
func (device) Test(ctx context.Context, c deploy.Call) (deploy.TestResult, error) {
	w, err := open(ctx, c)
	var key *otherKey
	if errors.As(err, &key) {
		r := deploy.TestResult{Identity: key.shown, Lines: []string{"nothing was sent but the key exchange: confirm the host key first"}}
		if key.Code == "host_key_not_confirmed" && key.hop.prefix == "" {
			return r, nil
		}
		return r, problemOf(err) // Field says whose key it is
	}
	if err != nil {
		return deploy.TestResult{}, problemOf(err)
	}
	defer w.close()
	r := deploy.TestResult{Identity: c.Settings.String("host_key"), Confirmed: true, Lines: []string{
		fmt.Sprintf("signed in as %s: %s", w.conn.client.User(), w.conn.client.ServerVersion())}}
	lines, err := w.tryOut()
	r.Lines = append(r.Lines, lines...)
	return r, problemOf(err)
}

// tryOut looks whether a deployment could work, and changes nothing.
func (w *work) tryOut() ([]string, error) {
	var lines []string
	how := "files are written by SFTP"
	if c, ok := w.files.(careful); ok {
		if _, shell := c.files.(*shellFiles); shell {
			how = "files are written by commands, since there is no usable SFTP"
		}
	}
	lines = append(lines, how)
	if _, _, err := owners(w.ctx, w.conn, w.settings); err != nil {
		return lines, err
	}
	var folders []string
	for _, field := range pathFields {
		p := w.settings.String(field)
		if p == "" || slices.Contains(folders, parent(p)) {
			continue
		}
		folders = append(folders, parent(p))
		line, err := w.tryFolder(field, p)
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (w *work) tryFolder(field, p string) (string, error) {
	found, err := w.files.stat(parent(p))
	if err == nil && found.kind == regular {
		err = fs.ErrNotExist
	}
	if err != nil {
		return "", onFile(err, field, p, "written")
	}
	writable, err := w.writable(parent(p))
	var refused *plugin.Problem
	switch {
	case errors.As(err, &refused) && refused.Code == "commands_refused":
		if w.settings.Has("check_command") || w.settings.Has("reload_command") {
			return "", err
		}
		return parent(p) + " is there", nil
	case err != nil:
		return "", err
	case !writable:
		return "", onFile(fs.ErrPermission, field, p, "written")
	}
	return parent(p) + " can be written", nil
}

// writable asks the shell. Its answer is a word, since a server that allows nothing but SFTP takes the command and runs SFTP.
func (w *work) writable(dir string) (bool, error) {
	out := &bounded{limit: 1 << 10}
	_, err := w.conn.run(w.ctx, "if [ -w "+quoted(dir)+" ]; then echo writable; else echo locked; fi", nil, out, io.Discard)
	if err != nil {
		return false, err
	}
	switch strings.TrimSpace(out.String()) {
	case "writable":
		return true, nil
	case "locked":
		return false, nil
	}
	return false, errNoCommands
}
