package pgtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	debianBinaries = "/usr/lib/postgresql/*/bin"
	dirPrefix      = "ignisfox-pgtest-"
	lockName       = "pgtest.lock"
)

type binaries struct{ initdb, postgres string }

// findBinaries looks along a search path, then in the folders of a pattern, highest version first.
func findBinaries(searchPath, pattern string) (binaries, error) {
	dirs := filepath.SplitList(searchPath)
	versions, _ := filepath.Glob(pattern)
	best, bestVersion := "", -1.0
	for _, d := range versions {
		if v, err := strconv.ParseFloat(filepath.Base(filepath.Dir(d)), 64); err == nil && v > bestVersion {
			best, bestVersion = d, v
		}
	}
	if best != "" {
		dirs = append(dirs, best)
	}
	for _, d := range dirs {
		b := binaries{filepath.Join(d, "initdb"), filepath.Join(d, "postgres")}
		_, err1 := exec.LookPath(b.initdb)
		_, err2 := exec.LookPath(b.postgres)
		if filepath.IsAbs(d) && err1 == nil && err2 == nil {
			return b, nil
		}
	}
	return binaries{}, fmt.Errorf("pgtest: initdb and postgres are neither in PATH nor in %s; run `make test-deps`, or install PostgreSQL's server package", pattern)
}

// unprivileged answers whom to run as: nil for ourselves, since only root is refused by PostgreSQL.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("pgtest: user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("pgtest: PostgreSQL does not run as root, and there is neither a user postgres nor nobody; run `make test-deps`")
}

// freePort picks a loopback port below the range the kernel gives to outgoing connections, so that a restart finds it still free.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 15000 + rand.IntN(17000)
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("pgtest: no free port: %w", err)
}

// openPath lets another user pass through the folders from dir up to, and without, the folder top: testing makes its temporary
// folders private to root. Folders outside top are not ours to change.
func openPath(dir, top string) error {
	for d := dir; d != top; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			return fmt.Errorf("pgtest: %w", err)
		}
		if info.Mode().Perm()&0o001 != 0 {
			continue
		}
		if !strings.HasPrefix(d, strings.TrimSuffix(top, "/")+"/") {
			return fmt.Errorf("pgtest: the server runs as another user, who cannot enter %s; use a folder below %s", d, top)
		}
		if err := os.Chmod(d, info.Mode().Perm()|0o011); err != nil {
			return fmt.Errorf("pgtest: %w", err)
		}
	}
	return nil
}

// freshDir makes a folder below parent for a lazily started server, and removes those that killed runs left there.
func freshDir(parent string) (string, error) {
	sweep(parent, time.Now())
	dir, err := os.MkdirTemp(parent, dirPrefix)
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	return dir, nil
}

// sweep removes folders whose lock nobody holds. One without a lock may be about to get one, so it is left for an hour.
func sweep(parent string, now time.Time) {
	dirs, _ := filepath.Glob(filepath.Join(parent, dirPrefix+"*"))
	for _, d := range dirs {
		info, err := os.Lstat(d)
		if err != nil || !info.IsDir() {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(d, lockName), os.O_RDWR|syscall.O_NOFOLLOW, 0)
		switch {
		case err == nil:
			if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
				_ = os.RemoveAll(d) // another user's folder stays; it is in nobody's way
			}
			_ = lock.Close()
		case errors.Is(err, os.ErrNotExist) && now.Sub(info.ModTime()) > time.Hour:
			_ = os.RemoveAll(d)
		}
	}
}

// takeLock marks the folder as held by this process. The kernel drops the mark when the process ends in whatever way.
func (s *Server) takeLock() error {
	if s.lock != nil {
		return nil
	}
	name := filepath.Join(s.dir, lockName)
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		// locked before it gets its name, so that no sweep sees it unlocked
		if f, err = os.CreateTemp(s.dir, lockName+"-"); err == nil {
			defer func() { _ = os.Remove(f.Name()) }() // its first name
			if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
				err = os.Link(f.Name(), name)
			}
		}
	} else if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		if f != nil {
			_ = f.Close()
		}
		return fmt.Errorf("pgtest: another server holds %s, or it cannot be written: %w", s.dir, err)
	}
	s.lock = f
	return nil
}

func (s *Server) unlock() {
	if s.lock != nil {
		_ = s.lock.Close()
		s.lock = nil
	}
}
