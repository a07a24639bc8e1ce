//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockServe takes the lock that makes a second serve on the same SQLite file say so instead of starting: two servers
// would each keep caches and limits of their own. The kernel lets go of it when the process ends, however it ends.
// The other commands do not take it.
func lockServe(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the lock file %s: %w", path, cause(err))
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another ignisfox serve runs on this database (it holds %s). Stop it first; "+
				"several servers need PostgreSQL", path)
		}
		return nil, fmt.Errorf("the lock file %s: %w", path, err)
	}
	return func() { _ = f.Close() }, nil
}
