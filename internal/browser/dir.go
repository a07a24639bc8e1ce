package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	dirPrefix   = "ignisfox-browser-"
	removeTries = 100
	removePause = 20 * time.Millisecond
)

// heldDir is a folder that a lock on it marks as used by this process. The kernel drops the lock when the process ends in whatever
// way.
type heldDir struct {
	path string
	lock *os.File
}

// freshDir makes a folder below parent, and removes those that killed runs left there.
func freshDir(parent string) (*heldDir, error) {
	sweep(parent, time.Now())
	path, err := os.MkdirTemp(parent, dirPrefix)
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	lock, err := os.Open(path)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	return &heldDir{path, lock}, nil
}

// remove removes the folder. Children of the browser outlive it for moments and may write meanwhile, hence the tries.
func (d *heldDir) remove() {
	for range removeTries {
		if os.RemoveAll(d.path) == nil {
			break
		}
		time.Sleep(removePause)
	}
	_ = d.lock.Close()
}

// sweep removes folders that nobody holds. A new one may be about to be locked, so young ones are left.
func sweep(parent string, now time.Time) {
	dirs, _ := filepath.Glob(filepath.Join(parent, dirPrefix+"*"))
	for _, d := range dirs {
		info, err := os.Lstat(d)
		if err != nil || !info.IsDir() || now.Sub(info.ModTime()) < time.Hour {
			continue
		}
		lock, err := os.Open(d)
		if err != nil {
			continue // another user's stays; it is in nobody's way
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(d)
		}
		_ = lock.Close()
	}
}
