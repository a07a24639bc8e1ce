package main

import (
	"context"
	"errors"
	"io/fs"
)

// maxFile bounds what is read from a device. Certificates, keys and PFX are a few kilobytes.
const maxFile = 1 << 20

var errTooLarge = errors.New("larger than 1 MiB")

// kind is what a path names.
type kind int

const (
	regular kind = iota
	folder
	symlink
	special
)

// info is what the device says of a path itself; links are not followed.
type info struct {
	kind     kind
	mode     uint32 // the lower twelve bits
	uid, gid int64
	size     int64
}

// files are the few things this plugin does to files. Paths are absolute. What is not there is fs.ErrNotExist, what is not allowed
// fs.ErrPermission, as far as the device says so.
type files interface {
	stat(path string) (info, error)
	read(path string) ([]byte, error)
	list(dir string) ([]string, error)
	// create writes a file that is not there yet and brings it to the disk. From its first moment it is the owner's alone (0600).
	create(path string, data []byte) error
	chmod(path string, mode uint32) error
	chown(path string, uid, gid int64) error
	link(old, new string) error
	rename(old, new string) error // replaces new in one go
	remove(path string) error
	close()
}

// openFiles answers the files of the device: by SFTP when it is there with what this plugin needs of it, else by commands.
func openFiles(ctx context.Context, c *connection) (files, error) {
	f, why, err := openSFTP(ctx, c)
	if err != nil {
		return nil, err
	}
	if f == nil {
		c.log.Linef("%s: files are written by commands", why)
		f = &shellFiles{ctx: ctx, conn: c}
	}
	return careful{f, ctx}, nil
}

// careful begins nothing after the end of the call.
type careful struct {
	files
	ctx context.Context
}

func (c careful) do(effect func() error) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	err := effect()
	if err != nil && c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	return err
}

func (c careful) create(path string, data []byte) error {
	return c.do(func() error { return c.files.create(path, data) })
}

func (c careful) chmod(path string, mode uint32) error {
	return c.do(func() error { return c.files.chmod(path, mode) })
}

func (c careful) chown(path string, uid, gid int64) error {
	return c.do(func() error { return c.files.chown(path, uid, gid) })
}

func (c careful) link(old, new string) error {
	return c.do(func() error { return c.files.link(old, new) })
}

func (c careful) rename(old, new string) error {
	return c.do(func() error { return c.files.rename(old, new) })
}

func (c careful) remove(path string) error {
	return c.do(func() error { return c.files.remove(path) })
}

// present says whether something is at a path.
func present(f files, path string) (bool, error) {
	_, err := f.stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// discard removes a path that may be gone already.
func discard(f files, path string) error {
	if err := f.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
