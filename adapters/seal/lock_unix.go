//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package seal

import (
	"errors"
	"os"
	"syscall"

	"github.com/ignisfox/ignisfox/core/fault"
)

// lockFile keeps two rotations apart: each would drop the other's new key. The system lets go of the lock when the
// process ends, however it ends; the empty file stays.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unwritable(path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.New(fault.Conflict, "kek_rotation_running",
				"Another rotate-kek is at work. Wait until it has ended.")
		}
		return nil, unwritable(path, err)
	}
	return func() { _ = f.Close() }, nil
}
