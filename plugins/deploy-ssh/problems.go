package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/pkg/sftp"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

var errDiskFull = errors.New("the disk is full, or a quota or limit of file size is reached")

// problemOf answers what leaves the plugin: the Problem in an error, or the error.
func problemOf(err error) error {
	var p *plugin.Problem
	if errors.As(err, &p) {
		return p
	}
	return err
}

// onFile says in plain words what went wrong with a file. doing is "read", "written", "put in place".
func onFile(err error, field, path, doing string) error {
	var known *plugin.Problem
	if errors.As(err, &known) {
		if known.Field == "" {
			known.Field = field
		}
		return known
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	p := &plugin.Problem{Field: field}
	switch dir := parent(path); {
	case errors.Is(err, errDiskFull):
		p.Code, p.Message = "device_full", fmt.Sprintf("%s could not be %s: %v", path, doing, err)
	case errors.Is(err, fs.ErrPermission):
		p.Code, p.Message = "permission_denied", fmt.Sprintf("%s could not be %s: the user may not write in %s. Let a group of the user write there", path, doing, dir)
	case errors.Is(err, fs.ErrNotExist):
		p.Code, p.Message = "folder_missing", fmt.Sprintf("%s could not be %s: is the folder %s there?", path, doing, dir)
	case errors.Is(err, sftp.ErrSSHFxConnectionLost), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		p.Code, p.Field = "connection_lost", ""
		p.Message = fmt.Sprintf("%s could not be %s: the connection or the server's SFTP ended. Is there room left, and a limit of file size?", path, doing)
	case errors.Is(err, errTooMuch), errors.Is(err, errTooLarge):
		p.Code, p.Message = "write_failed", fmt.Sprintf("%s could not be %s: %v", path, doing, err)
	default:
		p.Code, p.Message = "write_failed", fmt.Sprintf("%s could not be %s (%v). Is there room left on the disk?", path, doing, err)
	}
	return p
}
