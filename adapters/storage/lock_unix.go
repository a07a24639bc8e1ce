//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package storage

import (
	"errors"
	"os"
	"syscall"

	"github.com/ignisfox/ignisfox/core/fault"
)

// lockFile keeps two servers off one SQLite file. The system lets go of the lock when the process ends, however it ends; the
// empty file stays.
func lockFile(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "database_file", "The lock file beside the database cannot be opened.")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.New(fault.Conflict, "database_in_use", "The database is in use: another ignisfox serve runs on this "+
				"database. Stop it first; several servers need PostgreSQL.")
		}
		return nil, fault.Wrap(err, fault.Unavailable, "database_file", "The lock file beside the database cannot be locked.")
	}
	return f.Close, nil
}
