package pluginhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
)

const (
	runPrefix    = "run-"
	socketPrefix = "ignisfox-sockets-"
	lockName     = "lock"
	linkName     = "sockets"
	// maxSockets is how long the path may be below which go-plugin makes "N/plugin-dirNNNNNNNNNN/pluginNNNNNNNNNN": the path of a
	// socket has 103 bytes on all systems.
	maxSockets = 103 - len("/199/plugin-dir4294967295/plugin4294967295")
)

// runDir is the directory of one run of the host: verified copies and sockets. It is locked while the host lives, so that the next one
// knows which are left behind and takes them away.
type runDir struct {
	path    string
	sockets string
	unlock  func()
}

// newRunDir makes one below dir and takes away those that dead hosts left.
func newRunDir(dir string) (*runDir, error) {
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "ignisfox-plugins-"+strconv.Itoa(os.Geteuid()))
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = private(dir)
	}
	if err != nil {
		return nil, err
	}
	done, err := lockWithin(filepath.Join(dir, lockName), 5*time.Second)
	if err != nil {
		return nil, unusable(dir, err)
	}
	defer done()
	sweep(dir)
	r := &runDir{}
	if r.path, err = os.MkdirTemp(dir, runPrefix); err != nil {
		return nil, unusable(dir, err)
	}
	if r.unlock, err = lockFile(filepath.Join(r.path, lockName)); err == nil {
		err = r.makeSockets()
	}
	if err != nil {
		_ = r.remove()
		return nil, unusable(dir, err)
	}
	return r, nil
}

// shorter answers where sockets go when the path within the run would be too long.
func shorter() []string { return []string{filepath.Clean(os.TempDir()), "/tmp"} }

// makeSockets makes the directory of the sockets: within the run, or in a temporary directory when that path would be too long. Then
// a link names it, for who sweeps.
func (r *runDir) makeSockets() error {
	r.sockets = filepath.Join(r.path, linkName)
	if len(r.sockets) <= maxSockets {
		return os.Mkdir(r.sockets, 0o700)
	}
	err := fmt.Errorf("its path and that of %s are too long for sockets", os.TempDir())
	for _, base := range shorter() {
		if len(filepath.Join(base, socketPrefix))+len("4294967295") > maxSockets {
			continue
		}
		var short string
		if short, err = os.MkdirTemp(base, socketPrefix); err == nil {
			r.sockets = short
			return os.Symlink(short, filepath.Join(r.path, linkName))
		}
	}
	return err
}

// remove takes the directory away.
func (r *runDir) remove() error {
	err := removeRun(r.path)
	if r.unlock != nil {
		r.unlock()
	}
	return err
}

func removeRun(path string) error {
	link := filepath.Join(path, linkName)
	if away, err := os.Readlink(link); err == nil && slices.Contains(shorter(), filepath.Dir(away)) &&
		strings.HasPrefix(filepath.Base(away), socketPrefix) {
		if st, err := os.Lstat(away); err == nil && st.IsDir() && mine(st) {
			_ = os.RemoveAll(away)
		}
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("pluginhost: the work directory: %w", err)
	}
	return nil
}

// sweep takes away what dead hosts left. Who calls it holds the lock of dir, so that none is being made.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), runPrefix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		unlock, err := lockFile(filepath.Join(path, lockName))
		if err != nil {
			continue // its host lives
		}
		_ = removeRun(path)
		unlock()
	}
}

// private makes a directory that nobody else can enter or replace, or refuses the one that is there. It answers it without symbolic
// links above it.
func private(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", unusable(dir, err)
	}
	over, err := filepath.EvalSymlinks(filepath.Dir(dir))
	if err != nil {
		return "", unusable(dir, err)
	}
	dir = filepath.Join(over, filepath.Base(dir))
	st, err := os.Lstat(dir)
	switch {
	case err != nil:
		return "", unusable(dir, err)
	case !st.IsDir() || !mine(st):
		return "", unusable(dir, errors.New("not a directory of the server's user"))
	case st.Mode().Perm()&0o077 != 0:
		return "", unusable(dir, fmt.Errorf("mode %04o lets others in; run: chmod 700 %s", st.Mode().Perm(), dir))
	}
	switch above, st, err := looseAbove(dir); {
	case err != nil:
		return "", unusable(dir, err)
	case st != nil:
		return "", unusable(dir, fmt.Errorf("%s above it belongs to another user or may be written to by all", above))
	}
	return dir, nil
}

func unusable(dir string, err error) error {
	return fault.Wrap(err, fault.Unavailable, "plugin_work_dir",
		fmt.Sprintf("The work directory of the plugins, %s, cannot be used. It must be a directory of the server's user with mode 0700.", dir))
}

// lockWithin waits for a lock that is held for moments only.
func lockWithin(path string, d time.Duration) (func(), error) {
	give := time.NewTimer(d)
	defer give.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		unlock, err := lockFile(path)
		if err == nil || !errors.Is(err, errLocked) {
			return unlock, err
		}
		select {
		case <-again.C:
		case <-give.C:
			return nil, err
		}
	}
}

// errLocked says that another process holds a lock.
var errLocked = errors.New("another process holds the lock")

// empty makes a directory anew.
func empty(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("pluginhost: %w", err)
	}
	return nil
}
