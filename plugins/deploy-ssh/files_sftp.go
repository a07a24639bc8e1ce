package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// sftpFiles are files by SFTP, version 3 with the extensions of OpenSSH.
type sftpFiles struct {
	channel ssh.Channel
	client  *sftp.Client
	heard   *metered
}

// maxHeard bounds what a server sends in one call: the library keeps the names of a folder until the last has come, which a hostile
// server never sends. Files of this plugin are small, and this is a folder of some hundred thousand files.
const maxHeard = 16 << 20

var errTooMuch = errors.New("the server sent more than 16 MiB: is the folder full of other files?")

// metered ends after left bytes.
type metered struct {
	io.Reader
	left int64
	over atomic.Bool
}

func (m *metered) Read(p []byte) (int, error) {
	if m.left <= 0 {
		m.over.Store(true)
		return 0, errTooMuch
	}
	n, err := m.Reader.Read(p[:min(int64(len(p)), m.left)])
	m.left -= int64(n)
	return n, err
}

// openSFTP answers nil and why, when the device has no SFTP or one that cannot replace a file in one go.
func openSFTP(ctx context.Context, c *connection) (f files, why string, err error) {
	channel, requests, err := c.openChannel(ctx)
	if err != nil {
		return nil, "", err
	}
	go ssh.DiscardRequests(requests)
	go func() { _, _ = io.Copy(io.Discard, channel.Stderr()) }()
	accepted, err := channel.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"}))
	if err != nil {
		return nil, "", lost(ctx, err)
	}
	if !accepted {
		_ = channel.Close()
		return nil, "the server has no SFTP", nil
	}
	heard := &metered{Reader: channel, left: maxHeard}
	client, err := sftp.NewClientPipe(heard, &privateOpen{to: channel})
	if err != nil {
		_ = channel.Close()
		if !c.alive() {
			return nil, "", lost(ctx, err)
		}
		return nil, "the server's SFTP does not answer", nil
	}
	opened := &sftpFiles{channel, client, heard}
	if _, ok := client.HasExtension("posix-rename@openssh.com"); !ok {
		opened.close()
		return nil, "the server's SFTP cannot replace files in one go", nil
	}
	return opened, "", nil
}

// close ends the channel first: the client's own way waits for the server.
func (s *sftpFiles) close() {
	_ = s.channel.Close()
}

func (s *sftpFiles) stat(path string) (info, error) {
	found, err := s.client.Lstat(path)
	if err != nil {
		return info{}, err
	}
	i := info{mode: uint32(found.Mode().Perm()), size: found.Size(), uid: -1, gid: -1}
	switch t := found.Mode().Type(); {
	case t == 0:
	case t&fs.ModeDir != 0:
		i.kind = folder
	case t&fs.ModeSymlink != 0:
		i.kind = symlink
	default:
		i.kind = special
	}
	if raw, ok := found.Sys().(*sftp.FileStat); ok {
		i.uid, i.gid, i.mode = int64(raw.UID), int64(raw.GID), raw.Mode&0o7777
	}
	return i, nil
}

func (s *sftpFiles) read(path string) ([]byte, error) {
	f, err := s.client.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(data) > maxFile {
		return nil, errTooLarge
	}
	return data, err
}

func (s *sftpFiles) list(dir string) ([]string, error) {
	found, err := s.client.ReadDir(dir)
	if s.heard.over.Load() {
		return nil, errTooMuch
	}
	names := make([]string, 0, len(found))
	for _, f := range found {
		names = append(names, f.Name())
	}
	return names, err
}

func (s *sftpFiles) create(path string, data []byte) (err error) {
	f, err := s.client.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	found, err := f.Stat()
	if err != nil {
		return err
	}
	if found.Mode().Perm()&0o077 != 0 { // while there is nothing in it yet
		return &plugin.Problem{Code: "files_not_private", Field: "username",
			Message: "the server's SFTP lets others read new files: set umask 077 for this user, or switch SFTP off for it"}
	}
	if err := write(f, data); err != nil {
		return err
	}
	if _, ok := s.client.HasExtension("fsync@openssh.com"); !ok {
		return nil // the server decides when it goes to the disk
	}
	return f.Sync()
}

func write(f *sftp.File, data []byte) error {
	_, err := io.Copy(f, bytes.NewReader(data))
	var status *sftp.StatusError
	if errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxFailure {
		return errDiskFull // SFTP has no other word for it, and hardly another reason for this one
	}
	if err != nil {
		return err
	}
	found, err := f.Stat()
	if err == nil && found.Size() != int64(len(data)) {
		err = io.ErrShortWrite
	}
	return err
}

func (s *sftpFiles) chmod(path string, mode uint32) error {
	return s.client.Chmod(path, fs.FileMode(mode))
}

// chown leaves alone what is -1; SFTP knows both or none.
func (s *sftpFiles) chown(path string, uid, gid int64) error {
	now, err := s.stat(path)
	if err != nil {
		return err
	}
	if uid < 0 {
		uid = now.uid
	}
	if gid < 0 {
		gid = now.gid
	}
	return s.client.Chown(path, int(uid), int(gid))
}

func (s *sftpFiles) link(old, new string) error   { return s.client.Link(old, new) }
func (s *sftpFiles) rename(old, new string) error { return s.client.PosixRename(old, new) }
func (s *sftpFiles) remove(path string) error     { return s.client.Remove(path) }
