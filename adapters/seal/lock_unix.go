//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package seal

import (
	"errors"
	"os"
	"syscall"

	"github.com/ignisfox/ignisfox/core/fault"
)

// lockFile keeps two rotations of the KEK file at path apart: each would drop the other's new key. The system lets go of
// the lock when the process ends, however it ends; the empty file PATH.lock stays, and belongs to whom the KEK does.
func lockFile(path string) (unlock func(), err error) {
	lock := path + ".lock"
	f, err := os.OpenFile(lock, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, unwritable(lock, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.New(fault.Conflict, "kek_rotation_running",
				"Another rotate-kek is at work. Wait until it has ended.")
		}
		return nil, unwritable(lock, err)
	}
	if err := keepOwner(f, path); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// keepOwner gives f to the user and group of the file called like, unless it is theirs. Whoever may write to the
// directory may be less than who runs this, so that f is changed by its handle, and only when it has no other name.
func keepOwner(f *os.File, like string) error {
	there, err := os.Lstat(like)
	if err != nil {
		return wrongOwner(like, err)
	}
	st, err := f.Stat()
	if err != nil {
		return wrongOwner(like, err)
	}
	was, ok := there.Sys().(*syscall.Stat_t)
	is, also := st.Sys().(*syscall.Stat_t)
	if !ok || !also {
		return wrongOwner(like, errors.New("owners cannot be seen"))
	}
	if was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	if !st.Mode().IsRegular() || is.Nlink != 1 {
		return wrongOwner(like, errors.New("the file beside it has another name too"))
	}
	if err := f.Chown(int(was.Uid), int(was.Gid)); err != nil {
		return wrongOwner(like, err)
	}
	return nil
}
