//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a program at a terminal of its own.
type terminal struct {
	master, slave *os.File
	cmd           *exec.Cmd
	exited        chan error

	mu    sync.Mutex
	shown bytes.Buffer
	grown chan struct{}
}

// atTerminal starts admin create-owner as somebody does who types the password.
func atTerminal(t *testing.T) *terminal {
	t.Helper()
	bin, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{master: master, slave: slave, exited: make(chan error, 1), grown: make(chan struct{}, 1)}
	x.cmd = exec.Command(filepath.Join(bin, "ignisfox"), "admin", "create-owner", "--email", "kim@example.com", "--name", "Kim",
		"--tenant", "Acme", "--password-file", "-", "--data-dir", filepath.Join(t.TempDir(), "data"))
	x.cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go x.follow()
	go func() { x.exited <- x.cmd.Wait() }()
	t.Cleanup(func() { _, _, _ = x.cmd.Process.Kill(), slave.Close(), master.Close() })
	return x
}

func (x *terminal) follow() {
	b := make([]byte, 1000)
	for {
		n, err := x.master.Read(b)
		x.mu.Lock()
		x.shown.Write(b[:n])
		x.mu.Unlock()
		select {
		case x.grown <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.String()
}

// await waits until the terminal shows a text.
func (x *terminal) await(t *testing.T, want string) {
	t.Helper()
	deadline := time.After(patience)
	for !strings.Contains(x.text(), want) {
		select {
		case <-x.grown:
		case <-deadline:
			t.Fatalf("the terminal never shows %q: %q", want, x.text())
		}
	}
}

func (x *terminal) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-x.exited:
		return err
	case <-time.After(patience):
		t.Fatalf("it does not end: %q", x.text())
		return nil
	}
}

func (x *terminal) echoes(t *testing.T) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(x.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func TestAPasswordThatIsTypedIsNotSeen(t *testing.T) {
	x := atTerminal(t)
	x.await(t, "Password: ")
	if x.echoes(t) {
		t.Error("the terminal echoes")
	}
	if _, err := io.WriteString(x.master, "correct horse battery\n"); err != nil {
		t.Fatal(err)
	}
	if err := x.ended(t); err != nil {
		t.Fatalf("%v: %q", err, x.text())
	}
	x.await(t, "The workspace is made")
	if strings.Contains(x.text(), "horse") {
		t.Errorf("the terminal shows the password: %q", x.text())
	}
	if !x.echoes(t) {
		t.Error("the echo stays off")
	}
}

// Whatever ends the program while it waits: the terminal is as it was.
func TestTheEchoComesBackWhenTheProgramIsStopped(t *testing.T) {
	for name, how := range map[string]func(x *terminal) error{
		"Ctrl-C":  func(x *terminal) error { _, err := x.master.Write([]byte{3}); return err },
		"Ctrl-\\": func(x *terminal) error { _, err := x.master.Write([]byte{28}); return err },
		"Ctrl-Z":  func(x *terminal) error { _, err := x.master.Write([]byte{26}); return err },
		"SIGTERM": func(x *terminal) error { return x.cmd.Process.Signal(syscall.SIGTERM) },
		"SIGHUP":  func(x *terminal) error { return x.cmd.Process.Signal(syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			x := atTerminal(t)
			x.await(t, "Password: ")
			if x.echoes(t) {
				t.Fatal("the terminal echoes")
			}
			if err := how(x); err != nil {
				t.Fatal(err)
			}
			if err := x.ended(t); err == nil {
				t.Error("it ended well")
			}
			if !x.echoes(t) {
				t.Error("the echo stays off")
			}
		})
	}
}
