//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pluginhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// mine says whether a file is our user's.
func mine(st fs.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}

// ours says whether a file is root's or our user's.
func ours(st fs.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && (sys.Uid == 0 || int(sys.Uid) == os.Geteuid())
}

// openPlain opens a file for reading. It follows no link and does not wait for the other end of a pipe.
func openPlain(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

// lockFile locks a file until unlock or the end of the process; errLocked when another holds it.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return func() { _ = f.Close() }, nil
}

// killGroup ends a process with all that it started and that stayed in its group.
func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// busy says whether a program could not be started because a file descriptor of it is open for writing: another goroutine was
// between fork and exec when the copy was made.
func busy(err error) bool { return errors.Is(err, syscall.ETXTBSY) }
