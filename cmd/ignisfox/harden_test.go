//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// plainUser is whom a server runs as that root starts; another user's server runs as that user.
func plainUser() uint32 {
	if uid := os.Geteuid(); uid != 0 {
		return uint32(uid)
	}
	return 65534
}

// asPlain makes a command run as the plain user.
func asPlain(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: plainUser(), Gid: plainUser()}}
	}
}

// plainSite answers the program and a directory, both where the plain user can use them.
func plainSite(t *testing.T) (program, dir string) {
	t.Helper()
	bin, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(bin, "ignisfox"))
	if err != nil {
		t.Fatal(err)
	}
	top, err := os.MkdirTemp("", "ignisfox-plain-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	program, dir = filepath.Join(top, "ignisfox"), filepath.Join(top, "site")
	user := int(plainUser())
	for _, err := range []error{
		os.WriteFile(program, text, 0o755), os.Chmod(top, 0o755), os.Mkdir(dir, 0o700), os.Chown(dir, user, -1),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return program, dir
}

// A process that the kernel may dump belongs, under /proc, to its user; one that it may not belongs to root there, and no
// other process of that user may read its memory.
func TestNobodyCanReadKeysOutOfTheProcess(t *testing.T) {
	program, dir := plainSite(t)
	s, err := launch(program, dir, "server", []string{"IGNISFOX_DATA_DIR=" + dir + "/data", "IGNISFOX_LISTEN=127.0.0.1:0"}, asPlain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	if err := s.await(); err != nil {
		t.Fatal(err)
	}

	other := exec.CommandContext(t.Context(), "cat") // of the same user, unhardened: it shows what would be seen
	asPlain(other)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = in.Close(), other.Wait() }()

	if uid := ownerOf(t, other.Process.Pid); uid != plainUser() {
		t.Fatalf("an ordinary process belongs to %d, want %d: this test shows nothing here", uid, plainUser())
	}
	if uid := ownerOf(t, s.cmd.Process.Pid); uid == plainUser() {
		t.Error("other processes of the server's user can read its memory")
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	line := ""
	for l := range strings.Lines(string(limits)) {
		if strings.HasPrefix(l, "Max core file size") {
			line = l
		}
	}
	if f := strings.Fields(line); len(f) != 7 || f[4] != "0" || f[5] != "0" {
		t.Errorf("core files are possible: %q in\n%s", line, limits)
	}
}

func ownerOf(t *testing.T, pid int) uint32 {
	t.Helper()
	st, err := os.Stat(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		t.Fatal(err)
	}
	return st.Sys().(*syscall.Stat_t).Uid
}
