package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	superuser = "postgres"
	dataName  = "pgtest-data"
	logName   = "pgtest.log"

	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
	portTries    = 10
)

// Options say how a server behaves.
type Options struct {
	// Durable keeps fsync and full-page writes on, as in production. It is off by default because tests are many times faster
	// without; what was committed still survives Kill either way, but not a crash of the machine.
	Durable bool
}

// Server is one PostgreSQL on a loopback port. Its methods are safe for concurrent use.
type Server struct {
	dir  string
	opts Options
	bin  binaries
	cred *syscall.Credential // nil: run as ourselves

	mu   sync.Mutex
	port int
	proc *process
	lock *os.File
}

// Start makes a fresh cluster below dir, which is created when missing, and starts a server on a free loopback port. A cluster left
// there by a killed run is replaced; one that a live process holds is an error. The directory stays the caller's to remove.
// As root the server runs as the user postgres, or nobody; directories of ours below the temporary directory are opened for it.
func Start(dir string, opts Options) (*Server, error) {
	bin, err := findBinaries(os.Getenv("PATH"), debianBinaries)
	if err != nil {
		return nil, err
	}
	cred, err := unprivileged()
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	s := &Server{dir: dir, opts: opts, bin: bin, cred: cred}
	if err := s.prepare(); err != nil {
		s.unlock()
		return nil, err
	}
	for range portTries {
		if s.port, err = freePort(); err != nil {
			break
		}
		if err = s.launch(); !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		s.unlock()
		return nil, err
	}
	return s, nil
}

// Port answers the loopback port, which Restart keeps.
func (s *Server) Port() int { return s.port }

// Stop shuts the server down in order, so that the next start needs no recovery. A stopped server stays stopped without error.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.unlock()
	return s.stop()
}

func (s *Server) stop() error {
	if s.proc == nil {
		return nil
	}
	s.proc.signal(syscall.SIGINT)
	if s.proc.waitFor(stopTimeout) {
		s.proc = nil
		return nil
	}
	s.proc.killAll()
	s.proc = nil
	return fmt.Errorf("pgtest: the server did not stop within %s and was killed; its log ends:\n%s", stopTimeout, s.logTail())
}

// Kill ends the server and each of its children by SIGKILL, as a crash would, and returns when they are gone.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		s.proc.killAll()
		s.proc = nil
	}
	s.unlock()
}

// discard ends a server whose data nobody wants: at once, but leaving no shared memory behind as Kill does.
func (s *Server) discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		s.proc.signal(syscall.SIGQUIT)
		if !s.proc.waitFor(stopTimeout) {
			s.proc.killAll()
		}
		s.proc = nil
	}
	s.unlock()
}

// Restart starts the server again on the same data and port, after Stop, after Kill (with recovery), or while it runs.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stop(); err != nil {
		return err
	}
	if err := s.takeLock(); err != nil {
		return err
	}
	return s.launch()
}

// prepare makes the directories and the cluster.
func (s *Server) prepare() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	if err := s.takeLock(); err != nil {
		return err
	}
	data := filepath.Join(s.dir, dataName)
	if err := os.RemoveAll(data); err != nil {
		return fmt.Errorf("pgtest: remove the cluster of an earlier run: %w", err)
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	if s.cred != nil {
		if err := openPath(s.dir, os.TempDir()); err != nil {
			return err
		}
		if err := os.Chown(data, int(s.cred.Uid), int(s.cred.Gid)); err != nil {
			return fmt.Errorf("pgtest: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.bin.initdb, "--pgdata="+data, "--username="+superuser, "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	s.dress(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: initdb: %w\n%s", err, out)
	}
	return nil
}

// errPortTaken says that another process took the port between our look and the server's bind.
var errPortTaken = errors.New("pgtest: the port was taken meanwhile")

// launch starts the server on s.port and returns when it accepts connections.
func (s *Server) launch() error {
	data := filepath.Join(s.dir, dataName)
	log, err := os.Create(filepath.Join(s.dir, logName))
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer log.Close() // the child has its own copy
	durable := "off"
	if s.opts.Durable {
		durable = "on"
	}
	cmd := exec.Command(s.bin.postgres, "-D", data, "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "jit=off",
		"-c", "fsync="+durable, "-c", "full_page_writes="+durable)
	cmd.Stdout, cmd.Stderr = log, log
	s.dress(cmd)
	p, err := startProcess(cmd)
	if err != nil {
		return fmt.Errorf("pgtest: start postgres: %w", err)
	}
	if err := awaitReady(p, filepath.Join(data, "postmaster.pid")); err != nil {
		p.killAll()
		tail := s.logTail()
		if strings.Contains(tail, "Address already in use") {
			return errPortTaken
		}
		return fmt.Errorf("%w; its log ends:\n%s", err, tail)
	}
	s.proc = p
	return nil
}

// awaitReady waits until the server says in its own pid file that it accepts connections. Asking the port instead could be
// answered by somebody else's server.
func awaitReady(p *process, pidFile string) error {
	deadline := time.After(startTimeout)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if b, err := os.ReadFile(pidFile); err == nil {
			lines := strings.Split(string(b), "\n")
			if len(lines) > 7 && lines[0] == strconv.Itoa(p.pid) && strings.TrimSpace(lines[7]) == "ready" {
				return nil
			}
		}
		select {
		case <-p.done:
			return errors.New("pgtest: postgres ended while it started")
		case <-deadline:
			return fmt.Errorf("pgtest: postgres was not ready within %s", startTimeout)
		case <-tick.C:
		}
	}
}

// dress gives a command the unprivileged user and an environment of its own, so that no PG* variable of the caller leaks in.
func (s *Server) dress(cmd *exec.Cmd) {
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + filepath.Dir(s.bin.postgres) + ":/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Setpgid: true}
}

func (s *Server) logTail() string {
	b, err := os.ReadFile(filepath.Join(s.dir, logName))
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4096):])
}
