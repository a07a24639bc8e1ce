// Package sshtest gives tests real SSH servers: OpenSSH's sshd on loopback, each with its own configuration, keys and folder, several
// of them as several hosts.
//
//	h := sshtest.Start(t, sshtest.Options{})
//	… connect to h.Hostname:h.Port as h.User with h.ClientKey, expecting h.HostKey, and write below h.Dir …
//	h.CutAfter(2000) // the next connections break after so many bytes
//	h.Hang()         // nothing answers any more, as when a machine stands still
//
// The servers never run as root: when the tests do, they run as an account of the machine that has a shell, so that what works in
// the tests works without rights on a device too. Command runs the services of a test (nginx, HAProxy) as the same user.
//
// The binary comes from Debian's openssh-server. When it is missing tests fail and name `make test-deps`; nothing is skipped. A
// server ends with its test, and with the process of the test however that ends.
package sshtest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Options of a server. The zero value is an ordinary one with SFTP and an Ed25519 key.
type Options struct {
	HostKeys []string // kinds of host keys: "ed25519", "ecdsa", "rsa"; Ed25519 when empty
	NoSFTP   bool     // no SFTP subsystem
	SFTPOnly bool     // no commands
	NoOnward bool     // no forwarding, so that it is no jump host
	MaxFile  int      // bytes that a file may have (RLIMIT_FSIZE), in steps of 512; no limit when 0
	Umask    string   // of sessions; "022" when empty
}

// Host is one running server.
type Host struct {
	Hostname  string // 127.0.0.1
	Port      int    // of the wire that can be cut; sshd itself is behind it
	User      string
	HostKey   string            // SHA256:… of the first kind
	HostKeys  map[string]string // by kind
	ClientKey []byte            // PEM of a key that may sign in
	Dir       string            // a folder that belongs to the user, for files and services

	t       testing.TB
	account account
	options Options
	home    string // configuration and keys
	port    int    // of sshd
	server  *process
	wire    *wire
}

// Addr answers host and port.
func (h *Host) Addr() string { return net.JoinHostPort(h.Hostname, strconv.Itoa(h.Port)) }

// Start starts a server that ends with the test.
func Start(t testing.TB, o Options) *Host {
	t.Helper()
	h := &Host{Hostname: "127.0.0.1", t: t, options: o, HostKeys: map[string]string{}}
	h.must(h.prepare())
	h.must(h.boot())
	t.Cleanup(func() {
		if h.server != nil {
			h.server.end()
		}
	})
	var err error
	h.wire, err = newWire(net.JoinHostPort(h.Hostname, strconv.Itoa(h.port)))
	h.must(err)
	t.Cleanup(h.wire.close)
	h.Port = h.wire.port()
	return h
}

func (h *Host) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("sshtest: %v", err)
	}
}

// prepare makes folders and keys.
func (h *Host) prepare() (err error) {
	if h.account, err = findAccount(); err != nil {
		return err
	}
	h.User = h.account.name
	base, err := os.MkdirTemp("", "ignisfox-sshtest-") // not below t.TempDir, which lets nobody else in
	if err != nil {
		return err
	}
	h.t.Cleanup(func() { _ = os.RemoveAll(base) })
	h.home, h.Dir = filepath.Join(base, "sshd"), filepath.Join(base, "host")
	for _, dir := range []string{h.home, h.Dir} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if err := h.account.give(dir); err != nil {
			return err
		}
	}
	if err := os.Chmod(base, 0o755); err != nil {
		return err
	}
	client, public, err := newKey("ed25519")
	if err != nil {
		return err
	}
	h.ClientKey = client
	if err := h.account.write(filepath.Join(h.home, "authorized_keys"), []byte(public.line())); err != nil {
		return err
	}
	if len(h.options.HostKeys) == 0 {
		h.options.HostKeys = []string{"ed25519"}
	}
	return h.newHostKeys()
}

func (h *Host) newHostKeys() error {
	for i, kind := range h.options.HostKeys {
		private, public, err := newKey(kind)
		if err != nil {
			return err
		}
		if err := h.account.write(h.hostKeyFile(kind), private); err != nil {
			return err
		}
		h.HostKeys[kind] = public.fingerprint()
		if i == 0 {
			h.HostKey = public.fingerprint()
		}
	}
	return nil
}

func (h *Host) hostKeyFile(kind string) string { return filepath.Join(h.home, "host_"+kind) }

// Authorize lets another key sign in: one line of authorized_keys.
func (h *Host) Authorize(line string) {
	h.t.Helper()
	f, err := os.OpenFile(filepath.Join(h.home, "authorized_keys"), os.O_APPEND|os.O_WRONLY, 0)
	h.must(err)
	_, err = fmt.Fprintln(f, strings.TrimSpace(line))
	h.must(err)
	h.must(f.Close())
}
