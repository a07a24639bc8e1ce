//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package seal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stranger is a user and group that own nothing.
const stranger = 65534

// ownersOf answers user and group of a file.
func ownersOf(t *testing.T, path string) (uid, gid uint32) {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	sys := st.Sys().(*syscall.Stat_t)
	return sys.Uid, sys.Gid
}

// openTo copies this test binary to where another user can run it, and answers it with a directory that belongs to that user.
func openTo(t *testing.T, uid int) (exe, dir string) {
	t.Helper()
	top, err := os.MkdirTemp("", "seal-owner-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	exe, dir = filepath.Join(top, "exe"), filepath.Join(top, "keys")
	write(t, exe, read(t, self))
	for _, err := range []error{os.Chmod(top, 0o755), os.Chmod(exe, 0o755), os.Mkdir(dir, 0o700), os.Chown(dir, uid, uid)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return exe, dir
}

// as runs the test binary as another user.
func as(t *testing.T, uid uint32, exe, path string, more ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(more, startInChild+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Root rotates for a server that runs as somebody else; whoever else rotates does it with files of his own.
func TestTheKEKFileKeepsItsOwner(t *testing.T) {
	uid := os.Geteuid()
	if uid == 0 {
		uid = stranger
	}
	exe, dir := openTo(t, uid)
	path := filepath.Join(dir, "kek")
	m := newMemory()
	s := started(t, m, "file:"+path)
	if err := os.Chown(path, uid, -1); err != nil {
		t.Fatal(err)
	}
	_, group := ownersOf(t, path)
	for _, step := range []Step{Rotate, Stage, Rotate, Prune} {
		if _, err := s.RotateKEK(t.Context(), step); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{path, path + ".lock"} {
			if u, g := ownersOf(t, name); u != uint32(uid) || g != group {
				t.Errorf("step %d: %s belongs to %d:%d, want %d:%d", step, name, u, g, uid, group)
			}
		}
	}
	if uid != os.Geteuid() {
		if out, err := as(t, uint32(uid), exe, path); err != nil || out != s.ring.Load().primary().id {
			t.Errorf("the server cannot read its KEK any more: %v, %s", err, out)
		}
		if err := os.Chown(path, uid, uid); err != nil {
			t.Fatal(err)
		}
		if out, err := as(t, uint32(uid), exe, path, rotateInChild+"=1"); err != nil || out == s.ring.Load().primary().id {
			t.Errorf("its own user cannot rotate any more: %v, %s", err, out)
		}
	}
}

// Who cannot give the new file to the old one's group changes nothing at all.
func TestARotationThatWouldTakeTheFileAwayIsRefused(t *testing.T) {
	exe, dir := openTo(t, os.Geteuid())
	path := filepath.Join(dir, "kek")
	write(t, path, []byte(kekLine("0badcafe", 'z')))
	if os.Geteuid() != 0 { // such a file cannot be made: one of our own group is rotated
		out, err := exec.CommandContext(t.Context(), "env", startInChild+"="+path, rotateInChild+"=1", exe).CombinedOutput()
		if err != nil || !strings.Contains(string(read(t, path)), string(out)) {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	for name, uid := range map[string]int{dir: stranger, path: stranger} {
		if err := os.Chown(name, uid, 0); err != nil {
			t.Fatal(err)
		}
	}
	before := listing(t, dir)
	out, err := as(t, stranger, exe, path, rotateInChild+"=1")
	if err == nil || !strings.Contains(out, "kek_owner") {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("it changed the files:\n%s\n%s", before, after)
	}
}

// The directory may belong to somebody who is less than root: a second name for one of root's files is not given away.
func TestAForeignFileInPlaceOfTheLockIsLeftAlone(t *testing.T) {
	_, dir := openTo(t, os.Geteuid())
	path, other := filepath.Join(dir, "kek"), filepath.Join(dir, "other")
	m := newMemory()
	s := started(t, m, "file:"+path)
	write(t, other, []byte("not ours"))
	if err := os.Link(other, path+".lock"); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(path, stranger, stranger); err != nil {
			t.Fatal(err)
		}
	}
	before := read(t, path)
	_, err := s.RotateKEK(t.Context(), Rotate)
	if uid, _ := ownersOf(t, other); uid != uint32(os.Geteuid()) {
		t.Errorf("the file now belongs to %d", uid)
	}
	if os.Geteuid() == 0 && (err == nil || string(read(t, path)) != string(before)) {
		t.Errorf("it rotated: %v", err)
	}
}
